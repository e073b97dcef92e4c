"""LAMMPS for real: a small crystal is heated, held, quenched and relaxed by a small model, from cell to verdict."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from aiida_zif.workflows.properties.melt_quench.curves import LegCurves
from aiida_zif.workflows.properties.melt_quench.naming import Leg
from aiida_zif.workflows.properties.melt_quench.report import GlassReport
from aiida_zif.workflows.properties.melt_quench.settings import MeltQuenchSettings

LMP = shutil.which("lmp")
pytestmark = [pytest.mark.codes, pytest.mark.skipif(LMP is None, reason="no lmp on the PATH")]

SHORT = {
    "thermalisation": 0.02, "equilibration": 0.05, "heating": 0.15, "hold": 0.05, "relax_npt": 0.05, "relax_nvt": 0.05,
    "start_temperature": 100.0, "melt_temperature": 300.0, "glass_temperature": 100.0, "rates": [1000.0, 4000.0],
    "timestep": 0.5, "thermostat_time": 50.0, "barostat_time": 500.0, "sample_every": 10, "snapshots": 4,
    "halt": {"temperature": 15000.0}, "chemistry": {"intact": False}, "pressure_check": True, "trust": 1e-6,
}  # fmt: skip


def test_a_crystal_is_melted_and_quenched_by_the_real_code(
    localhost: Any, atoms: Any, potential: Callable[[], Any]
) -> None:
    from aiida import orm
    from aiida.engine import run_get_node
    from aiida.plugins import WorkflowFactory

    wanted = MeltQuenchSettings.model_validate({**SHORT, "system": "zinc"})
    md = {
        "code": orm.InstalledCode(localhost, str(LMP), label="lmp", prepend_text="export OMP_NUM_THREADS=1"),
        "python": orm.InstalledCode(localhost, sys.executable, label="python"),
        "metadata": {"options": {"resources": {"num_machines": 1, "num_mpiprocs_per_machine": 1}}},
    }
    results, node = run_get_node(
        WorkflowFactory("zif.melt_quench"),
        md={"md": md},
        committee={"model_0": potential(), "model_1": potential()},
        structure=orm.StructureData(ase=atoms),
        settings=orm.Dict(wanted.as_dict()),
    )
    assert node.is_finished_ok, node.exit_message
    report = GlassReport.from_node(results["report"])
    assert [leg.ended for leg in report.legs] == ["completed"] * 3
    assert report.memory.why.startswith("not compared: ")  # hydrogen makes no linker
    assert report.is_glass is not True
    assert [leg.n_steps for leg in report.legs] == [leg.n_steps_requested for leg in report.legs]
    curves = LegCurves.from_node(results["curves"]).legs
    slow, fast = (curves[Leg(0, rate)].of_stage(0) for rate in (1000.0, 4000.0))
    assert len(slow["density"]) > len(fast["density"]) > 1  # as a few atoms fluctuate, no more can be asked of them
    assert np.isfinite(slow["density"]).all()
    assert report.states["crystal"].density.value is not None
