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
