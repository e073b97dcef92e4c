"""Whole jobs through the engine with stand-ins for LAMMPS: what goes wrong in a job has its exit code."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from lammps_toy import PARAMETERS

pytestmark = pytest.mark.slow

Factory = Callable[..., Any]


@pytest.fixture
def explore(explore_inputs: dict[str, Any], generate_code: Factory) -> Factory:
    """Run one exploration with a stand-in: (results, node)."""

    def run(standin: str, **changes: Any) -> Any:
        from aiida.engine import run_get_node
        from aiida.plugins import CalculationFactory

        parameters = explore_inputs["parameters"] | {"lower": 0.05, "upper": 1.0}
        inputs = explore_inputs | {"code": generate_code(standin), "parameters": parameters} | changes
        return run_get_node(CalculationFactory("zif.lammps"), **inputs)

    return run


def test_packed_runs_come_back(explore: Factory) -> None:
    results, node = explore("lmp_ok")
    assert node.is_finished_ok, node.exit_message
    summary = results["output_parameters"].get_dict()
    assert [run["ended"] for run in summary["runs"]] == ["completed"] * 3
    assert summary["n_explored"] == 6 + 10 + 6
    assert results["candidates"].n_frames > 0
    assert results["control"].n_frames == 5


@pytest.mark.parametrize(
    ("standin", "status", "ended"),
    [
        ("lmp_silent", 300, {"not_run"}),
        ("lmp_unreadable", 302, {"crashed", "not_run"}),
        ("lmp_element", 304, {"crashed", "not_run"}),
        ("lmp_crash", 320, {"crashed", "not_run"}),
        ("lmp_late", 400, {"walltime", "not_run"}),
        ("lmp_contact", 500, {"completed"}),
        ("lmp_hot", 501, {"temperature_runaway"}),
        ("lmp_lost", 502, {"lost_atoms"}),
        ("lmp_hopeless", 503, {"deviation_hopeless"}),
        ("lmp_undefined", 505, {"deviation_undefined"}),
    ],
)
def test_fault_of_lammps_ends_in_its_exit_code(explore: Factory, standin: str, status: int, ended: set[str]) -> None:
    results, node = explore(standin)
    assert node.exit_status == status, node.exit_message
    assert {run["ended"] for run in results["output_parameters"]["runs"]} == ended


@pytest.mark.parametrize("lanes", [1, 2])
def test_model_that_cannot_hold_the_crystal_costs_its_own_runs_only(explore: Factory, lanes: int) -> None:
    stages = [{"kind": "nvt", "temperature": 300, "steps": 40}]
    runs = [{"label": f"r{i}", "start": 0, "seed": 1 + i, "driver": i % 2, "stages": stages} for i in range(4)]
    parameters = PARAMETERS | {"lower": 0.05, "upper": 1.0, "preflight": 20}
    options = {"resources": {"num_machines": 1, "num_mpiprocs_per_machine": lanes}}
    results, node = explore("lmp_unfit", runs=runs, parameters=parameters, metadata={"options": options})
    assert node.is_finished_ok, node.exit_message
    summary = results["output_parameters"].get_dict()
    assert [run["ended"] for run in summary["runs"]] == ["completed", "grounded"] * 2
    assert sorted((run["driver"], run["ended"]) for run in summary["preflight"])[-1] == (1, "deviation_hopeless")
    assert summary["n_explored"] == 2 * 4
    assert "deviation hopeless" in summary["runs"][1]["detail"]


def test_atoms_lost_with_a_dying_process_are_told_from_other_crashes(explore: Factory) -> None:
    results, _ = explore("lmp_lost_hard")
    assert "lost_atoms" in {run["ended"] for run in results["output_parameters"]["runs"]}


def test_python_that_does_not_run_is_named(explore: Factory, generate_code: Factory) -> None:
    _, node = explore("lmp_ok", python=generate_code("/bin/false"))
    assert node.exit_status == 303
