"""Whole chains with a stand-in for LAMMPS: jobs are submitted, run, parsed and judged as on a cluster."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from aiida_zif.plugins.lammps.production.report import ProductionReport
from aiida_zif.plugins.lammps.production.series import Series
from aiida_zif.workflows.properties.melt_quench.report import GlassReport
from aiida_zif.workflows.properties.melt_quench.settings import MeltQuenchSettings

pytestmark = pytest.mark.slow

Factory = Callable[..., Any]
STANDINS = Path(__file__).parents[2] / "codes"
STAGES = [
    {"kind": "ramp", "name": "heat", "temperature": [300, 900], "pressure": 0.0, "coupling": "iso", "steps": 400},
    {"kind": "hold", "temperature": 900, "pressure": 0.0, "coupling": "iso", "steps": 200, "snapshots": 2},
]


@pytest.fixture
def run(localhost: Any, committee: Factory, zif4: Any) -> Factory:
    """Run a chain to its end: (results, node); ``standin`` names the stand-in for LAMMPS."""
    from aiida import orm
    from aiida.engine import run_get_node
    from aiida.plugins import WorkflowFactory

    def chain(entry_point: str, standin: str, **inputs: Any) -> Any:
        md = {
            "code": orm.InstalledCode(localhost, str(STANDINS / standin), label=standin),
            "python": orm.InstalledCode(localhost, sys.executable, label="python"),
            "metadata": {"options": {"resources": {"num_machines": 1, "num_mpiprocs_per_machine": 1}}},
        }
        md = {"md": {"md": md} if entry_point == "zif.melt_quench" else md}
        return run_get_node(WorkflowFactory(entry_point), committee=committee(), **md, **inputs)

    return chain


def trajectory(zif4: Any) -> dict[str, Any]:
    """Inputs of a short trajectory of ZIF-4 in six parts."""
    from aiida import orm

    from aiida_zif.plugins.data.frames import FramesData

    return {
        "frames": FramesData(zif4.get_chemical_symbols(), zif4.positions[None], zif4.cell[:][None], system="zif4"),
        "topology": orm.StructureData(ase=zif4),
        "stages": orm.List(STAGES),
        "parameters": orm.Dict({"checkpoint_every": 100, "trust": 0.12}),
    }


def test_a_ramp_that_was_killed_goes_on_and_gives_the_curve_of_the_uninterrupted_one(run: Factory, zif4: Any) -> None:
    whole, _ = run("zif.md", "lmp_ok", **trajectory(zif4))
    killed, node = run("zif.md", "lmp_killed", **trajectory(zif4))
    assert node.is_finished_ok, node.exit_message
    assert len(node.called) == 2
    assert ProductionReport.from_node(killed["output_parameters"]).n_jobs == 2
    curves = [Series.from_node(one["series"])["density"] for one in (whole, killed)]
    np.testing.assert_array_equal(*curves)


def test_a_trajectory_that_gets_too_hot_keeps_what_it_saw_and_names_the_cause(run: Factory, zif4: Any) -> None:
    results, node = run("zif.md", "lmp_hot", **trajectory(zif4))
    assert node.exit_status == 450
    assert "[501] The temperature passed its limit" in node.exit_message
    assert len(node.called) == 1
    assert len(Series.from_node(results["series"]))


def test_a_melt_quench_runs_from_crystal_to_verdict(run: Factory, zif4: Any) -> None:
    from aiida import orm

    wanted = MeltQuenchSettings.model_validate(
        {"thermalisation": 0.05, "equilibration": 0.1, "heating": 0.2, "hold": 0.1, "relax_npt": 0.1, "relax_nvt": 0.1,
         "rates": [6000.0], "replicas": 2, "timestep": 0.5, "thermostat_time": 50.0, "barostat_time": 500.0,
         "sample_every": 10, "snapshots": 4, "trust": 0.12, "system": "zif4"}
    )  # fmt: skip
    results, node = run(
        "zif.melt_quench", "lmp_ok", structure=orm.StructureData(ase=zif4), settings=orm.Dict(wanted.as_dict()),
        concurrent=2,
    )  # fmt: skip
    assert node.is_finished_ok, node.exit_message
    assert results["glass"]["replica_1_at_6000"].n_frames == 4
    report = GlassReport.from_node(results["report"])
    assert report.outcome == "completed"
    assert all(leg.process for leg in report.legs)
    assert report.trust.n_untrusted > 0
    assert results["untrusted"].n_frames == report.trust.n_returned > 0
    assert report.states["melt"].density.value < report.states["crystal"].density.value  # the stand-in expands
    assert report.is_glass is False
    assert report.verdict.startswith("This is no glass: the melt never melted.")
    orphans = [
        link.node
        for process in node.called_descendants
        for link in process.base.links.get_incoming(node_class=orm.Data).all()
        if link.node.creator is None and not is_input(link.node, node)
    ]
    assert orphans == []


def is_input(data: Any, node: Any) -> bool:
    return data.uuid in {one.uuid for one in node.base.links.get_incoming().all_nodes()}
