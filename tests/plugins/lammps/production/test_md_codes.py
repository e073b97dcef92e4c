"""LAMMPS for real: an interrupted run takes the path of an uninterrupted one, energy is kept, nothing leaks."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from lammps_toy import SYMBOLS, start_frame

from aiida_zif.plugins.lammps.production.report import ProductionReport
from aiida_zif.plugins.lammps.production.series import Series

Factory = Callable[..., Any]
LMP = shutil.which("lmp")
pytestmark = [pytest.mark.codes, pytest.mark.skipif(LMP is None, reason="no lmp on the PATH")]

STAGES: dict[str, list[dict[str, Any]]] = {
    "ramp": [
        {"kind": "minimise", "steps": 5},
        {"kind": "ramp", "temperature": [200, 600], "pressure": [0.0, 0.5], "coupling": "iso", "steps": 240},
    ],
    "aniso": [{"kind": "npt", "temperature": 300, "pressure": 0.2, "coupling": "aniso", "steps": 240}],
    "tri": [{"kind": "npt", "temperature": 300, "pressure": 0.2, "coupling": "tri", "steps": 240}],
    "mixed": [
        {"kind": "equilibrate", "temperature": 300, "pressure": 0.1, "coupling": "iso", "steps": 110},
        {"kind": "nvt", "temperature": 300, "steps": 50},
        {"kind": "npt", "temperature": 300, "pressure": 0.1, "coupling": "iso", "steps": 80},
    ],
}
KILL_ONCE = """#!/bin/sh
if [ -e earlier ]; then exec {lmp} "$@"; fi
setsid {lmp} "$@" &
while ! grep -q "^1[23]0 " part_0001.thermo 2> /dev/null && kill -0 $! 2> /dev/null; do sleep 0.02; done
kill -9 -- -$!
wait $!
"""
"""LAMMPS that somebody ends in the middle of its second part with all of its processes, unless it goes on from an
earlier job."""


@pytest.fixture
def toy_md(md_inputs: dict[str, Any], generate_model: Factory, generate_code: Factory) -> Factory:
    """Run one job of the small system with the real LAMMPS: (results, node)."""

    def run(stages: list[dict[str, Any]], parameters: dict[str, Any], **changes: Any) -> Any:
        from aiida import orm
        from aiida.engine import run_get_node
        from aiida.plugins import CalculationFactory, DataFactory

        positions, cell = start_frame()
        settings = {"sample_every": 10, "checkpoint_every": 80, "pressure_check": False, "thermostat_time": 20.0}
        own = {name: value for name, value in md_inputs.items() if name != "topology"}
        inputs = own | {
            "code": generate_code(str(LMP)),
            "committee": {f"model_{index}": generate_model(index) for index in range(2)},
            "frames": DataFactory("zif.frames")(SYMBOLS, [positions], [cell], system="toy"),
            "stages": orm.List(stages),
            "parameters": orm.Dict(settings | {"halt": {"temperature": 15000}} | parameters),
        }
        return run_get_node(CalculationFactory("zif.lammps.md"), **inputs | changes)

    return run


@pytest.mark.parametrize("kind", list(STAGES))
def test_a_run_that_is_killed_and_gone_on_with_is_the_uninterrupted_one(
    toy_md: Factory, generate_code: Factory, tmp_path: Path, kind: str
) -> None:
    stages = [{**STAGES[kind][-1], "snapshots": 4}] if len(STAGES[kind]) == 1 else STAGES[kind]
    whole, node = toy_md(stages, {})
    assert node.is_finished_ok, node.exit_message
    killer = tmp_path / "lmp_kill_once"
    killer.write_text(KILL_ONCE.format(lmp=LMP))
    killer.chmod(0o755)
    code = generate_code(str(killer))
    _, first = toy_md(stages, {}, code=code)
    assert first.exit_status == 432, first.exit_message
    assert ProductionReport.from_node(first.outputs.output_parameters).n_steps in (80, 160)
    again, node = toy_md(stages, {}, code=code, restart=first.outputs.remote_folder)
    assert node.is_finished_ok, node.exit_message
    curves = [Series.from_node(results["series"]).arrays() for results in (whole, again)]
    for name, array in curves[0].items():
        assert np.array_equal(array, curves[1][name], equal_nan=True), name
    for name in ("positions", "cells", "velocities"):
        assert np.array_equal(whole["final"].get_array(name), again["final"].get_array(name)), name
    assert whole["snapshots"].frame_ids() == again["snapshots"].frame_ids()


def test_no_thermostat_or_barostat_of_a_stage_acts_on_the_next(toy_md: Factory) -> None:
    # a part ends where the first stage does: its restart file still holds the barostat
    npt = {"kind": "npt", "temperature": 300, "pressure": 0.5, "coupling": "iso", "steps": 80}
    still = {"kind": "nvt", "temperature": 300, "steps": 80}
    results, node = toy_md([npt, still, npt], {})
    assert node.is_finished_ok, node.exit_message
    volume = Series.from_node(results["series"])
    assert np.ptp(volume.of_stage(0)["volume"]) > 0.1
    assert np.ptp(volume.of_stage(1)["volume"]) == 0.0
    log = "".join(path.read_text() for path in sorted(remote(node).glob("part_000[12].log")))
    assert re.search("Resetting global fix info.*\n.*move_", log) is None


def test_velocities_of_the_start_are_used_and_those_of_the_end_come_back(toy_md: Factory) -> None:
    from aiida.plugins import DataFactory

    positions, cell = start_frame()
    turn = np.linalg.qr(np.random.default_rng(4).normal(size=(3, 3)))[0]
    turn *= np.linalg.det(turn)
    speeds = np.random.default_rng(5).normal(scale=0.02, size=(1, len(SYMBOLS), 3))
    turned = {"system": "toy", "per_frame": {"velocities": speeds}}
    start = DataFactory("zif.frames")(SYMBOLS, [positions @ turn], [cell @ turn], **turned)

    def after_one_step(timestep: float) -> np.ndarray:
        every = {"timestep": timestep, "sample_every": 1, "checkpoint_every": 1}
        results, node = toy_md([{"kind": "nvt", "temperature": 900, "steps": 1}], every, frames=start)
        assert node.is_finished_ok, node.exit_message
        final = results["final"]
        assert np.array_equal(final.per_frame["step"], [1])
        velocities: np.ndarray = final.get_array("velocities")[0] @ np.linalg.inv(final.cells[0])
        return velocities

    # what forces add in a step is linear in it; along the cell vectors nothing depends on how LAMMPS turns the cell
    at_once = 2 * after_one_step(1e-3) - after_one_step(2e-3)
    expected = speeds[0] @ np.linalg.inv(cell @ turn)
    assert np.allclose(at_once, expected, rtol=0.0, atol=1e-6 * np.abs(expected).max())


def test_a_single_model_is_never_doubted_and_leaves_no_deviation(toy_md: Factory, generate_model: Factory) -> None:
    results, node = toy_md(STAGES["aniso"], {}, committee={"only": generate_model(0)})
    assert node.is_finished_ok, node.exit_message
    report = ProductionReport.from_node(results["output_parameters"])
    assert (report.n_models, report.deviation_every, report.deviation.max) == (1, None, None)
    assert np.isnan(Series.from_node(results["series"])["deviation_max"]).all()


def test_a_committee_that_disagrees_everywhere_is_halted_and_its_frames_come_back(toy_md: Factory) -> None:
    parameters = {"trust": 1e-4, "halt": {"temperature": 15000, "force_deviation": 2e-3}, "max_untrusted": 5}
    results, node = toy_md(STAGES["ramp"], parameters)
    assert node.exit_status == 503, node.exit_message
    report = ProductionReport.from_node(results["output_parameters"])
    assert report.ended == "deviation_hopeless"
    assert report.n_steps < 240
    assert 0 < results["untrusted"].n_frames <= 5


def test_the_pressure_of_a_model_is_minus_the_derivative_of_its_energy(toy_md: Factory) -> None:
    results, node = toy_md(STAGES["tri"], {"pressure_check": True})
    assert node.is_finished_ok, node.exit_message
    check = ProductionReport.from_node(results["output_parameters"]).pressure_check
    assert check is not None
    assert check.passed
    assert set(check.components) == {"xx", "yy", "zz", "yz", "xz", "xy", "pressure"}
    assert max(abs(one.difference or 0.0) for one in check.components.values()) < check.tolerance / 3


def test_the_wall_time_ends_a_job_in_time_and_the_next_goes_on(toy_md: Factory) -> None:
    stages = [{"kind": "nvt", "temperature": 300, "steps": 200_000}]
    options = {"resources": {"num_machines": 1, "num_mpiprocs_per_machine": 1}, "max_wallclock_seconds": 75}
    parameters = {"checkpoint_every": 500, "sample_every": 100, "timestep": 0.05}
    _, first = toy_md(stages, parameters, metadata={"options": options})
    assert first.exit_status == 400, first.exit_message
    report = ProductionReport.from_node(first.outputs.output_parameters)
    assert report.n_steps % 500 == 0
    assert 0 < report.n_steps < 200_000


def remote(node: Any) -> Path:
    return Path(node.outputs.remote_folder.get_remote_path())
