"""LAMMPS for real: an interrupted run takes the path of an uninterrupted one, energy is kept, nothing leaks."""

from __future__ import annotations

import lzma
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from lammps_toy import FIXTURES, SYMBOLS, TYPE_MAP, start_frame

from aiida_zif.plugins.deepmd.models.frozen import constant_content
from aiida_zif.plugins.lammps import structure
from aiida_zif.plugins.lammps.production.inputs import Trajectory, part_input
from aiida_zif.plugins.lammps.production.parts import cut, strides_of
from aiida_zif.plugins.lammps.production.report import ProductionReport
from aiida_zif.plugins.lammps.production.series import Series
from aiida_zif.plugins.lammps.production.settings import Settings, check_stages

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
sed '/^# steps 80 /,/^clear/s/^next chunk/if "$(step) >= 120" then "shell kill -9 0"\\n&/' stint.in > killed.in
mv killed.in stint.in
setsid --wait {lmp} "$@"
"""
"""LAMMPS that is ended with all of its processes in the middle of its second part, unless it goes on from an earlier
job."""
WRONG_VIRIAL = """#!/bin/sh
sed "/^# pressure/,/^clear/s/^compute virial/fix a all addforce 0.5 0 0\\nfix_modify a virial yes\\n&/" stint.in > wrong
mv wrong stint.in
exec {lmp} "$@"
"""
"""LAMMPS whose virial holds, where it is checked, what no energy belongs to."""


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
    assert ProductionReport.from_node(first.outputs.output_parameters).n_steps == 80
    assert "120 " in (remote(first) / "part_0001.thermo").read_text()
    assert not (remote(first) / "part_0001.end").exists()
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


def test_ranks_and_threads_change_the_trajectory_by_rounding_only(toy_md: Factory, generate_code: Factory) -> None:
    mpirun = shutil.which("mpirun", path=str(Path(sys.executable).parent))
    if mpirun is None:
        pytest.skip("no mpirun beside Python")
    stages = [{**STAGES["ramp"][1], "steps": 40}]
    code = generate_code(str(LMP))
    code.computer.set_mpirun_command([mpirun, "-np", "{tot_num_mpiprocs}"])
    python = generate_code(sys.executable)
    volumes = []
    for ranks, threads in ((1, 1), (2, 1), (1, 2)):
        resources = {"num_machines": 1, "num_mpiprocs_per_machine": ranks, "num_cores_per_mpiproc": threads}
        metadata = {"options": {"resources": resources, "withmpi": ranks > 1}}
        results, node = toy_md(stages, {"checkpoint_every": 20}, code=code, python=python, metadata=metadata)
        assert node.is_finished_ok, node.exit_message
        layout = ProductionReport.from_node(results["output_parameters"]).layout
        assert (layout.n_ranks, layout.n_threads) == (ranks, threads)
        volumes.append(Series.from_node(results["series"])["volume"])
    assert volumes[1] == pytest.approx(volumes[0], rel=1e-5)
    assert volumes[2] == pytest.approx(volumes[0], rel=1e-5)


def test_a_spoiled_member_is_caught_in_a_quench_and_its_frames_come_back(
    toy_md: Factory, generate_model: Factory
) -> None:
    quench = [{"kind": "ramp", "name": "quench", "temperature": [600, 200], "pressure": 0.0, "steps": 160}]
    results, _ = toy_md(quench, {})
    healthy = ProductionReport.from_node(results["output_parameters"]).deviation.max
    committee = {"model_0": generate_model(0), "model_1": generate_model(content=spoiled(model_bytes(1)))}
    results, node = toy_md(quench, {"trust": 2 * healthy}, committee=committee)
    assert node.is_finished_ok, node.exit_message
    report, untrusted = ProductionReport.from_node(results["output_parameters"]), results["untrusted"]
    assert report.stage("quench").n_untrusted == report.n_untrusted > 0
    assert untrusted.n_frames == report.n_untrusted
    assert (untrusted.per_frame["max_force_deviation"] > 2 * healthy).all()


def test_a_virial_without_an_energy_is_refused_with_both_numbers(
    toy_md: Factory, generate_code: Factory, tmp_path: Path
) -> None:
    wrong = tmp_path / "lmp_wrong_virial"
    wrong.write_text(WRONG_VIRIAL.format(lmp=LMP))
    wrong.chmod(0o755)
    results, node = toy_md(STAGES["tri"], {"pressure_check": True}, code=generate_code(str(wrong)))
    assert node.exit_status == 307, node.exit_message
    report = ProductionReport.from_node(results["output_parameters"])
    assert report.pressure_check is not None
    assert (report.n_steps, report.pressure_check.passed) == (0, False)
    components = report.pressure_check.components
    name, worst = max(components.items(), key=lambda one: abs(one[1].difference))
    assert f"the virial gives {worst.virial:.3f} GPa for {name}" in node.exit_message
    assert f"finite differences of the energy give {worst.minus_dedv:.3f} GPa" in node.exit_message


def test_energy_is_kept_without_a_thermostat_as_well_as_the_time_step_allows(tmp_path: Path) -> None:
    fluctuations = {timestep: energies_of(tmp_path / f"{timestep}", timestep) for timestep in (1.0, 0.5)}
    # the error of velocity Verlet is of second order in the time step
    assert fluctuations[1.0][0] < 0.05 * fluctuations[1.0][1]
    assert fluctuations[1.0][0] > 2.5 * fluctuations[0.5][0]


def energies_of(folder: Path, timestep: float) -> tuple[float, float]:
    """Standard deviations of total and of kinetic energy over 100 fs, in eV, without a thermostat."""
    (folder / "done").mkdir(parents=True)
    settings = Settings.from_dict({"timestep": timestep, "sample_every": 2, "seed": 3})
    steps = int(100 / timestep)
    stages = check_stages([{"kind": "nvt", "temperature": 300, "steps": steps}], settings)
    positions, cell = start_frame()
    strides = strides_of(stages, settings, 1, len(SYMBOLS))
    whole = Trajectory(stages, settings, strides, TYPE_MAP, 1, len(SYMBOLS), structure.lammps_cell(cell))
    commands = part_input(cut(stages, settings, strides)[0], whole)
    free, number = re.subn(r"^fix move_0 all nvt .*$", "fix move_0 all nve", commands, flags=re.MULTILINE)
    assert number == 1
    (folder / "part.in").write_text("variable now timer\nvariable late equal 0\n" + free)
    masses = structure.masses(TYPE_MAP)
    (folder / "start.data").write_text(structure.data_file(SYMBOLS, positions, cell, TYPE_MAP, masses))
    (folder / "model_0.pb").write_bytes(model_bytes(0))
    subprocess.run([str(LMP), "-in", "part.in", "-screen", "none"], cwd=folder, check=True, capture_output=True)
    table = np.loadtxt(folder / "part_0000.thermo")
    kinetic = table[:, 5]
    return float((table[:, 3] + kinetic).std()), float(kinetic.std())


def model_bytes(index: int) -> bytes:
    return lzma.decompress((FIXTURES / "models" / f"model_{index}.pb.xz").read_bytes())


def spoiled(content: bytes) -> bytes:
    """A model whose fitting net gives three times what it should."""
    for kind in (0, 1):
        stored = constant_content(content, f"final_layer_type_{kind}/matrix".encode())
        assert stored is not None
        node, numbers = stored
        wrong = (3 * np.frombuffer(numbers, dtype="<f4")).tobytes()
        content = content.replace(node, node.replace(numbers, wrong, 1), 1)
    return content


def remote(node: Any) -> Path:
    return Path(node.outputs.remote_folder.get_remote_path())
