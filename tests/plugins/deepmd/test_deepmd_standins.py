"""Whole jobs through the engine with stand-in executables: what goes wrong in a job has its exit code."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow

Factory = Callable[..., Any]
CODES = Path(__file__).parents[2] / "codes"


@pytest.fixture
def train(localhost: Any, small_blocks: dict[str, Any], small_parameters: dict[str, Any]) -> Factory:
    """Run one training with a stand-in: (results, node)."""

    def run(standin: str, seed: int = 1, **inputs: Any) -> Any:
        from aiida.engine import run_get_node
        from aiida.plugins import CalculationFactory

        inputs = {"dataset": small_blocks, "parameters": small_parameters, "seed": seed} | inputs
        return run_get_node(CalculationFactory("zif.deepmd.train"), code=load_code(localhost, standin), **inputs)

    return run


def load_code(computer: Any, standin: str) -> Any:
    """A stand-in as a code."""
    from aiida import orm

    return orm.InstalledCode(computer=computer, filepath_executable=str(CODES / standin), label=standin).store()


@pytest.mark.parametrize(
    ("standin", "status"),
    [("dp_nan", 410), ("dp_truncated", 400), ("dp_silent", 300), ("dp_no_model", 301), ("dp_swapped", 304)],
)
def test_fault_of_dp_ends_in_its_exit_code(train: Factory, standin: str, status: int) -> None:
    results, node = train(standin)
    assert node.exit_status == status, node.exit_message
    assert "potential" not in results


def test_committee_is_trained_and_tested(train: Factory, localhost: Any, small_blocks: dict[str, Any]) -> None:
    from aiida.engine import run_get_node
    from aiida.plugins import CalculationFactory

    committee = {}
    for seed in range(3):
        results, node = train("dp_ok", seed)
        assert node.is_finished_ok, node.exit_message
        committee[f"m{seed}"] = results["potential"]
    results, node = run_get_node(
        CalculationFactory("zif.deepmd.test"),
        code=load_code(localhost, "dp_ok"),
        committee=committee,
        blocks=small_blocks,
        metadata={"options": {"resources": {"num_machines": 1, "num_mpiprocs_per_machine": 2}}},
    )
    assert node.is_finished_ok, node.exit_message
    assert set(results["output_parameters"]["b"]["models"]) == {"m0", "m1", "m2"}
    assert (results["errors"].get_array("a__max_force_deviation") > 0).all()


@pytest.fixture
def train_pack(localhost: Any, small_blocks: dict[str, Any], small_parameters: dict[str, Any]) -> Factory:
    """Train two members in one job with a stand-in: (results, node)."""

    def run(standin: str, **inputs: Any) -> Any:
        from aiida import orm
        from aiida.engine import run_get_node
        from aiida.plugins import CalculationFactory

        shared = {"dataset": small_blocks, "parameters": small_parameters}
        resources = {"num_machines": 1, "num_mpiprocs_per_machine": 2}
        return run_get_node(
            CalculationFactory("zif.deepmd.train_pack"),
            code=load_code(localhost, standin),
            seeds={"model_0": orm.Int(1), "model_1": orm.Int(2)},
            metadata={"options": {"resources": resources}},
            **{**shared, **inputs},
        )

    return run


def test_a_member_that_fails_takes_no_other_along(train_pack: Factory) -> None:
    results, node = train_pack("dp_one_nan")
    assert node.exit_status == 420
    assert "1 of 2 members failed: model_1 [410]" in node.exit_message
    assert list(results["potential"]) == ["model_0"]
    assert sorted(results["learning_curve"]) == ["model_0", "model_1"]
    assert results["failures"]["model_1"][0] == 410
    assert results["potential"]["model_0"].creator.pk == node.pk


@pytest.mark.parametrize("packed", [False, True])
def test_a_training_that_was_cut_off_goes_on_from_its_checkpoint(
    train: Factory, train_pack: Factory, packed: bool
) -> None:
    run = train_pack if packed else train
    cut, first = run("dp_cut")
    assert first.exit_status == (420 if packed else 400)
    whole, second = run("dp_cut", restart=first.outputs.remote_folder)
    assert second.is_finished_ok, second.exit_message
    numbers, curve = cut["output_parameters"], whole["learning_curve"]
    if packed:
        numbers, curve = numbers["model_1"], curve["model_1"]
    assert numbers["checkpoint"] == 20
    assert curve.get_array("step").tolist() == list(range(41))
