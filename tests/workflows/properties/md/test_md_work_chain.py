"""One trajectory goes on over jobs that run out of time, and stops where going on is in vain; nothing is lost."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from aiida import orm
from fake_children import Answer, Child, Ending, Run, in_turn, run_chain

from aiida_zif.plugins.lammps.production.report import ProductionReport
from aiida_zif.workflows.properties.md.checkpoints import steps_done
from aiida_zif.workflows.properties.md.layout import MdLayout, kind_of_models
from aiida_zif.workflows.properties.md.parts import MOST_PARTS, steps_of_part

pytestmark = pytest.mark.slow

Factory = Callable[..., Any]
STAGES = [{"kind": "nvt", "name": "hold", "steps": 1000, "temperature": [300.0, 300.0]}]


def job(child: Child, n_steps: int, status: int = 0, message: str | None = None) -> Ending:
    """A job that brought its trajectory to a step."""
    ended = "completed" if n_steps == 1000 else "walltime"
    report = ProductionReport(
        system="zif4", n_atoms=272, n_models=2, driver=0, stages=[], n_steps=n_steps, n_steps_requested=1000,
        ended=ended, timestep=0.5, sample_every=10, n_looks=n_steps // 10, coordination_cutoff=2.5, n_parts=4, n_jobs=1,
        steps_per_s=20.0,
    )  # fmt: skip
    series = orm.ArrayData()
    series.set_array("n", np.array([n_steps]))
    folder = orm.RemoteData(remote_path=f"/scratch/{child.link}", computer=child.inputs.code.computer)
    outputs = {"output_parameters": orm.Dict(report.as_dict()), "series": series, "remote_folder": folder}
    return Ending(outputs, status, message)


@pytest.fixture
def trajectory(md: Factory, committee: Factory, zif4: Any) -> Factory:
    """Take a trajectory to its end; the worker dies after every step."""

    def run(*answers: Answer, **inputs: Any) -> Run:
        from aiida_zif.plugins.data.frames import FramesData

        start = FramesData(zif4.get_chemical_symbols(), zif4.positions[None], zif4.cell[:][None], system="zif4")
        given = {
            "md": md(*inputs.pop("split", (1, 1))), "committee": committee(), "frames": start,
            "stages": orm.List(STAGES), "parameters": orm.Dict({"timestep": 0.5, "seed": 3}),
        }  # fmt: skip
        return run_chain("zif.md", {**given, **inputs}, in_turn(*answers), checkpoints=True)

    return run


def test_a_trajectory_of_one_job_brings_what_the_job_brought(trajectory: Factory) -> None:
    run = trajectory(lambda child: job(child, 1000))
    assert run.exit_code is None
    assert run.waves == [["attempt_0"]]
    assert "restart" not in run.children[0].inputs
    assert ProductionReport.from_node(run.outputs["output_parameters"]).n_steps == 1000
    assert set(run.outputs) == {"output_parameters", "series", "remote_folder"}


def test_a_job_out_of_walltime_is_followed_by_one_from_its_folder(trajectory: Factory) -> None:
    run = trajectory(
        lambda child: job(child, 400, 400, "walltime"),
        lambda child: job(child, 800, 400, "walltime"),
        lambda child: job(child, 1000),
    )
    assert run.exit_code is None
    assert run.waves == [["attempt_0"], ["attempt_1"], ["attempt_2"]]
    restarts = [child.inputs.get("restart") for child in run.children]
    assert [one and one.get_remote_path() for one in restarts] == [None, "/scratch/attempt_0", "/scratch/attempt_1"]
    assert len({child.inputs.parameters.uuid for child in run.children}) == 1


def test_jobs_that_bring_no_step_end_in_a_named_exit_code_with_what_was_done(trajectory: Factory) -> None:
    run = trajectory(lambda child: job(child, 400, 400), *[lambda child: job(child, 400, 400)] * 3)
    assert run.exit_code.status == 450
    assert "400 of 1000 steps" in run.exit_code.message
    assert len(run.children) == 4
    assert "series" in run.outputs


def test_a_job_that_was_killed_from_outside_is_run_again_from_the_last_checkpoint(trajectory: Factory) -> None:
    run = trajectory(
        lambda child: job(child, 400, 400),
        lambda child: Ending({}, 140, "The node of the job failed"),
        lambda child: job(child, 1000),
    )
    assert run.exit_code is None
    assert [child.inputs.restart.get_remote_path() for child in run.children[1:]] == ["/scratch/attempt_0"] * 2


def test_a_job_that_left_no_report_but_checkpoints_is_gone_on_with_from_its_folder(
    trajectory: Factory, tmp_path: Path
) -> None:
    (tmp_path / "done").mkdir()
    for name in ("0000.npz", "0001.npz", "0001.restart", "0001.final", "plan.json"):
        (tmp_path / "done" / name).touch()

    def killed(child: Child) -> Ending:
        child.inputs.code.computer.configure()
        folder = orm.RemoteData(remote_path=str(tmp_path), computer=child.inputs.code.computer)
        return Ending({"remote_folder": folder}, 432, "The job was cut off")

    parameters = orm.Dict({"timestep": 0.5, "seed": 3, "checkpoint_every": 200})
    run = trajectory(killed, lambda child: job(child, 1000), parameters=parameters)
    assert run.exit_code is None
    assert run.children[1].inputs.restart.get_remote_path() == str(tmp_path)
    assert steps_done(run.children[0].node) == 400
    (tmp_path / "done" / "0001.restart").unlink()
    run = trajectory(killed, lambda child: job(child, 1000), parameters=parameters)
    assert "restart" not in run.children[1].inputs


def test_a_job_that_excepts_at_once_or_leaves_nothing_is_not_run_for_ever(trajectory: Factory) -> None:
    run = trajectory(*[lambda child: Ending({}, 300, "LAMMPS left no output")] * 5)
    assert run.exit_code.status == 350
    assert "[300] LAMMPS left no output" in run.exit_code.message
    assert len(run.children) == 2
    broken = trajectory(lambda child: Ending(exception="disk full"))
    assert broken.exit_code.status == 350
    assert "disk full" in broken.exit_code.message


def test_a_trajectory_that_ran_away_is_not_run_again_and_keeps_what_it_saw(trajectory: Factory) -> None:
    run = trajectory(lambda child: job(child, 300, 501, "too hot"))
    assert run.exit_code.status == 450
    assert "[501] too hot" in run.exit_code.message
    assert len(run.children) == 1
    assert "output_parameters" in run.outputs


def timed(child: Child) -> Ending:
    """A short trajectory that is fastest on one rank of two threads."""
    resources = child.inputs.metadata.options.resources
    speed = {(2, 1): 10.0, (1, 2): 15.0}[resources["num_mpiprocs_per_machine"], resources["num_cores_per_mpiproc"]]
    ending = job(child, 60)
    report = ending.outputs["output_parameters"].get_dict()
    return Ending({"output_parameters": orm.Dict({**report, "steps_per_s": speed})})


def test_every_split_is_timed_once_and_the_fastest_is_found_again(md: Factory, committee: Factory, zif4: Any) -> None:
    from aiida_zif.plugins.data.frames import FramesData

    start = FramesData(zif4.get_chemical_symbols(), zif4.positions[None], zif4.cell[:][None])
    given = {"md": md(2, 1), "committee": committee(), "frames": start}
    first = run_chain("zif.time_md", given, timed, checkpoints=True)
    assert first.waves == [["ranks_2_threads_1"], ["ranks_1_threads_2"]]
    layout = MdLayout.from_node(first.outputs["layout"])
    assert (layout.n_ranks, layout.n_threads, layout.steps_per_s) == (1, 2, 15.0)
    assert len(layout.tried) == 2
    again = run_chain("zif.time_md", given, timed)
    assert (again.children, again.outputs["layout"].uuid) == ([], first.outputs["layout"].uuid)
    others = run_chain("zif.time_md", {**given, "committee": committee(1)}, timed)
    assert len(others.children) == 2


def test_nothing_timed_ends_in_a_named_exit_code(md: Factory, committee: Factory, zif4: Any) -> None:
    from aiida_zif.plugins.data.frames import FramesData

    start = FramesData(zif4.get_chemical_symbols(), zif4.positions[None], zif4.cell[:][None])
    given = {"md": md(1, 1), "committee": committee(), "frames": start}
    run = run_chain("zif.time_md", given, lambda child: Ending({}, 300, "nothing"))
    assert run.exit_code.status == 340


def test_a_trajectory_takes_the_layout_and_is_cut_into_parts_by_its_speed(trajectory: Factory) -> None:
    layout = MdLayout(n_ranks=1, n_threads=2, steps_per_s=20.0, formula="C96H96N64Zn16", n_atoms=272, models="a test")
    run = trajectory(lambda child: job(child, 1000), split=(2, 1), layout=orm.Dict(layout.as_dict()))
    child = run.children[0]
    assert child.inputs.metadata.options.resources["num_mpiprocs_per_machine"] == 1
    assert child.inputs.metadata.options.resources["num_cores_per_mpiproc"] == 2
    assert child.inputs.parameters["checkpoint_every"] == 9000
    assert child.inputs.parameters.creator is not None


def test_a_part_takes_minutes_and_is_a_multiple_of_the_looks() -> None:
    assert steps_of_part(20.0, 100_000, 40) == 9000
    assert steps_of_part(1e-4, 1000, 50) == 50
    assert steps_of_part(1.0, 10 * MOST_PARTS * 450, 1) == 4500


def test_models_of_one_architecture_are_of_one_kind() -> None:
    assert kind_of_models("tensorflow", 6.0, 2_000_000, 4) == kind_of_models("tensorflow", 6.0, 2_000_900, 4)
    assert kind_of_models("tensorflow", 6.0, 2_000_000, 4) != kind_of_models("tensorflow", 6.0, 900_000, 4)
    assert kind_of_models("tensorflow", 6.0, 2_000_000, 4) != kind_of_models("tensorflow", 6.0, 2_000_000, 1)
