"""Whole production jobs through the engine with stand-ins: what comes back, what goes wrong, how it is gone on with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from aiida import orm

from aiida_zif.plugins.lammps.production.report import ProductionReport
from aiida_zif.plugins.lammps.production.series import Series

pytestmark = pytest.mark.slow

Factory = Callable[..., Any]


def test_a_trajectory_comes_back_whole_whatever_its_parts(run_md: Factory) -> None:
    results, node = run_md()
    assert node.is_finished_ok, node.exit_message
    report = ProductionReport.from_node(results["output_parameters"])
    assert (report.ended, report.n_steps, report.n_parts, report.n_jobs) == ("completed", 800, 8, 1)
    assert [stage.n_looks for stage in report.stages] == [5, 20, 15]
    assert report.pressure_check is not None
    assert report.pressure_check.passed
    assert report.linkers is not None
    assert (report.linkers.n, report.linkers.n_broken_looks) == (32, 0)
    series = Series.from_node(results["series"])
    assert len(series) == 40
    assert series.stage.tolist() == [0] * 5 + [1] * 20 + [2] * 15
    assert series["coordination"] == pytest.approx(np.full(40, 4.0))
    assert series["density"][0] == pytest.approx(1.25, abs=0.1)
    snapshots = results["snapshots"]
    assert snapshots.per_frame["step"].tolist() == [600, 700, 800]
    assert snapshots.per_frame["stage"].tolist() == [2, 2, 2]
    assert results["final"].per_frame["velocities"].shape == (1, 272, 3)


def test_what_the_committee_does_not_trust_comes_back_counted_and_bounded(run_md: Factory) -> None:
    results, _ = run_md()
    report = ProductionReport.from_node(results["output_parameters"])
    untrusted = results["untrusted"]
    assert untrusted.n_frames == 7 < report.n_untrusted
    assert (untrusted.per_frame["max_force_deviation"] > 0.12).all()
    assert report.deviation.max == untrusted.per_frame["max_force_deviation"].max()
    assert sum(stage.n_untrusted for stage in report.stages) == report.n_untrusted


@pytest.mark.parametrize("standin", ["lmp_killed", "lmp_late"])
def test_a_run_that_was_interrupted_is_that_of_one_job(run_md: Factory, standin: str) -> None:
    whole, _ = run_md()
    _, first = run_md(standin)
    assert first.exit_status == {"lmp_killed": 432, "lmp_late": 400}[standin]
    early = ProductionReport.from_node(first.outputs.output_parameters)
    assert (early.n_steps, early.n_parts) == (100, 1)
    results, node = run_md(standin, restart=first.outputs.remote_folder)
    assert node.is_finished_ok, node.exit_message
    report = ProductionReport.from_node(results["output_parameters"])
    assert (report.n_steps, report.n_parts, report.n_parts_here, report.n_jobs) == (800, 8, 7, 2)
    for name, array in Series.from_node(whole["series"]).arrays().items():
        assert np.array_equal(array, Series.from_node(results["series"]).arrays()[name], equal_nan=True), name
    for kind in ("snapshots", "untrusted", "final"):
        assert results[kind].frame_ids() == whole[kind].frame_ids()


@pytest.mark.parametrize(
    ("standin", "status", "ended", "step"),
    [
        ("lmp_unreadable", 302, "crashed", 100),
        ("lmp_element", 304, "crashed", 100),
        ("lmp_pressure", 307, "pressure_wrong", 0),
        ("lmp_crash", 320, "crashed", 140),
        ("lmp_hot", 501, "temperature_runaway", 140),
        ("lmp_lost", 502, "lost_atoms", 140),
        ("lmp_hopeless", 503, "deviation_hopeless", 140),
        ("lmp_undefined", 505, "deviation_undefined", 140),
        ("lmp_broken", 507, "linkers_broken", None),
    ],
)
def test_fault_of_lammps_ends_in_its_exit_code(
    run_md: Factory, standin: str, status: int, ended: str, step: int | None
) -> None:
    parameters = orm.Dict(
        {"checkpoint_every": 100, "trust": 0.12, "lasting_break": 100.0, "halt": {"force_deviation": 50}}
    )
    results, node = run_md(standin, parameters=parameters)
    assert node.exit_status == status, node.exit_message
    report = ProductionReport.from_node(results["output_parameters"])
    assert report.ended == ended
    if step is not None:
        assert report.n_steps == step


def test_lammps_that_writes_nothing_and_python_that_does_not_run_are_named(
    run_md: Factory, generate_code: Factory
) -> None:
    _, silent = run_md("lmp_silent")
    assert silent.exit_status == 320
    assert "did not start" in silent.exit_message
    _, node = run_md(python=generate_code("/bin/false"))
    assert node.exit_status == 303


def test_a_broken_linker_ends_the_run_with_its_part_and_none_of_its_frames_comes_back(run_md: Factory) -> None:
    parameters = orm.Dict({"checkpoint_every": 100, "trust": 0.01, "lasting_break": 100.0})
    results, _ = run_md("lmp_broken", parameters=parameters)
    report = ProductionReport.from_node(results["output_parameters"])
    assert report.linkers is not None
    assert report.linkers.first_broken_step == 120
    assert report.n_steps == 400  # the break lasts from step 120 to 320
    assert results["untrusted"].per_frame["step"].max() <= 100


def test_the_wall_time_that_is_shorter_than_a_part_is_named(run_md: Factory, generate_code: Factory) -> None:
    parameters = orm.Dict({"checkpoint_every": 800})
    _, node = run_md("lmp_late", parameters=parameters)
    assert node.exit_status == 402, node.exit_message


def test_a_folder_of_another_trajectory_is_not_gone_on_with(run_md: Factory) -> None:
    _, first = run_md("lmp_late")
    with pytest.raises(ValueError, match="restart: found a job with other stages"):
        run_md(
            restart=first.outputs.remote_folder, stages=orm.List([{"kind": "nvt", "temperature": 300, "steps": 100}])
        )
    gone = orm.RemoteData(first.outputs.remote_folder.get_remote_path() + "/nowhere", computer=first.computer).store()
    _, node = run_md(restart=gone)
    assert node.exit_status == 306, node.exit_message
