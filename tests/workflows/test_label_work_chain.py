"""Labelling goes on where a job was cut off, and accounts for every frame once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from aiida import orm
from fake_children import Answer, Ending, Run, in_turn, run_chain

from aiida_zif.workflows.label import LabelWorkChain

Factory = Callable[..., Any]
WALLTIME = {"exit_status": 400, "exit_message": "Out of walltime"}
AIMD = {"mode": "aimd", "temperature": 300.0, "timestep": 0.5, "steps": 20, "stride": 4, "seed": 3}


@pytest.fixture(scope="module")
def label(codes: dict[str, Any], options: dict[str, Any]) -> Factory:
    """Label frames, or an AIMD run, to the end."""
    from aiida_zif.plugins.cp2k.levels import load_level

    cp2k = {
        "code": codes["cp2k"],
        "level": orm.Dict(load_level("gfn1-xtb").as_dict()).store(),
        "metadata": {"options": options},
    }

    def run(frames: Any, *answers: Answer, checkpoints: bool = False, **task: Any) -> Run:
        inputs = {"cp2k": cp2k, "frames": frames, "task": orm.Dict(task or {"mode": "batch"})}
        return run_chain("zif.label", inputs, in_turn(*answers), checkpoints)

    return run


@pytest.fixture(scope="module")
def batch(block: Factory) -> Callable[..., Answer]:
    """Answer that labels a batch but for the frames named with a reason."""

    def answer(rejected: dict[int, str] | None = None, **ending: Any) -> Answer:
        def label_frames(child: Any) -> Ending:
            frames, reasons = child.inputs.frames, rejected or {}
            good = [index for index in range(frames.n_frames) if index not in reasons]
            ids = frames.frame_ids()
            entries = [{"index": index, "frame_id": ids[index], "reason": why} for index, why in reasons.items()]
            parameters = {"n_labelled": len(good), "rejected": entries, "wall_s": 10.0}
            labelled = {"labelled": block(of=frames, only=good)} if good else {}
            return Ending({"output_parameters": orm.Dict(parameters), **labelled}, **ending)

        return label_frames

    return answer


@pytest.fixture(scope="module")
def aimd(block: Factory) -> Callable[..., Answer]:
    """Answer that labels these steps of an AIMD run, and does not come to some others."""

    def answer(steps: list[int], n_lost: int = 0, **ending: Any) -> Answer:
        def label_steps(child: Any) -> Ending:
            lost = [{"index": len(steps) + index, "frame_id": None, "reason": "not_reached"} for index in range(n_lost)]
            parameters = {"n_labelled": len(steps), "rejected": lost, "wall_s": 10.0}
            per_frame = {"step": np.array(steps)}
            labelled = {"labelled": block(len(steps), n_lost, per_frame=per_frame)} if steps else {}
            return Ending({"output_parameters": orm.Dict(parameters), **labelled}, **ending)

        return label_steps

    return answer


@pytest.fixture(scope="module")
def cut_off(label: Factory, batch: Factory, frames: Factory) -> Run:
    """Six frames: one does not converge, two are not reached, of which one is broken."""
    first = batch({0: "scf_not_converged", 4: "not_reached", 5: "not_reached"}, **WALLTIME)
    return label(frames(6), first, batch({1: "force_too_large"}), checkpoints=True)


def test_only_frames_that_were_not_reached_are_tried_again(cut_off: Run) -> None:
    first, second = cut_off.children
    assert second.inputs.frames.frame_ids() == first.inputs.frames.frame_ids()[4:]


def test_the_frames_of_a_second_try_have_a_creator(cut_off: Run) -> None:
    assert cut_off.children[1].inputs.frames.creator.process_label == "pick_unfinished"


def test_every_job_is_linked_with_its_attempt_and_makes_one_block(cut_off: Run) -> None:
    assert [child.link for child in cut_off.children] == ["attempt_0", "attempt_1"]
    assert {name: node.n_frames for name, node in cut_off.outputs["blocks"].items()} == {"attempt_0": 3, "attempt_1": 1}


def test_the_report_counts_every_frame_once(cut_off: Run) -> None:
    report = cut_off.outputs["report"].get_dict()
    assert report["n_labelled"] == 4
    assert report["n_rejected"] == {"scf_not_converged": 1, "force_too_large": 1}
    assert len({entry["frame_id"] for entry in report["rejected"]}) == 2
    assert (report["n_jobs"], report["wall_s"]) == (2, 20.0)


def test_a_labelling_that_was_cut_off_and_went_on_is_a_success(cut_off: Run) -> None:
    assert cut_off.exit_code is None


def test_a_cut_off_job_is_not_repeated_if_every_frame_has_a_verdict(
    label: Factory, batch: Factory, frames: Factory
) -> None:
    run = label(frames(3), batch({0: "scf_not_converged"}, **WALLTIME))
    assert run.exit_code is None
    assert len(run.children) == 1


def test_frames_that_no_try_came_to_are_reported_as_such_once(
    label: Factory, batch: Factory, frames: Factory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(LabelWorkChain, "MAX_ATTEMPTS", 2)
    first = batch({1: "not_reached", 2: "not_reached"}, **WALLTIME)
    run = label(frames(3), first, batch({0: "not_reached", 1: "not_reached"}, **WALLTIME))
    assert run.exit_code is None
    assert len(run.children) == 2
    assert run.outputs["report"]["n_labelled"] == 1
    assert run.outputs["report"]["n_rejected"] == {"not_reached": 2}


def test_a_job_that_brought_nothing_back_is_repeated_as_it_was(label: Factory, batch: Factory, frames: Factory) -> None:
    given = frames(2)
    run = label(given, lambda child: Ending(exit_status=131, exit_message="node failure"), batch())
    assert run.exit_code is None
    assert run.children[1].inputs.frames.uuid == given.uuid
    assert list(run.outputs["blocks"]) == ["attempt_1"]


def test_it_gives_up_after_a_few_tries_and_names_the_last_job(
    label: Factory, frames: Factory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(LabelWorkChain, "MAX_ATTEMPTS", 2)
    failed, excepted = Ending(exit_status=311, exit_message="no output"), Ending(exception="OSError: disk full")
    run = label(frames(2), lambda child: failed, lambda child: excepted)
    assert len(run.children) == 2
    assert run.exit_code.status == 310
    assert f"verdi calcjob outputcat {run.children[-1].node.pk}" in run.exit_code.message


def test_a_labelling_without_a_single_label_has_a_report_of_the_causes(
    label: Factory, batch: Factory, frames: Factory
) -> None:
    run = label(frames(2), batch({0: "scf_not_converged", 1: "scf_not_converged"}, exit_status=450))
    assert run.exit_code.status == 310
    assert len(run.children) == 1
    assert run.outputs["report"]["n_rejected"] == {"scf_not_converged": 2}


def test_no_frames_need_no_job(label: Factory, batch: Factory, frames: Factory) -> None:
    run = label(frames(0), batch())
    assert run.exit_code is None
    assert not run.children
    assert run.outputs["report"]["n_labelled"] == 0


@pytest.fixture(scope="module")
def interrupted(label: Factory, aimd: Factory, frames: Factory) -> Run:
    """An AIMD run of 20 steps that is cut off after 8, and again after 4 more."""
    endings = aimd([4, 8], n_lost=3, **WALLTIME), aimd([4], n_lost=2, **WALLTIME), aimd([4, 8])
    return label(frames(1), *endings, **AIMD)


def test_an_interrupted_run_goes_on_from_its_last_frame(interrupted: Run) -> None:
    first, second, _ = interrupted.children
    assert second.inputs.frames.n_frames == 1
    np.testing.assert_array_equal(second.inputs.frames.positions[0], first.node.outputs.labelled.positions[-1])


def test_an_interrupted_run_does_the_steps_that_are_left(interrupted: Run) -> None:
    assert [child.inputs.task["steps"] for child in interrupted.children] == [20, 12, 8]
    assert interrupted.outputs["report"]["n_labelled"] == 5
    assert interrupted.outputs["report"]["n_rejected"] == {}


def test_the_continuation_of_a_run_differs_in_steps_and_velocities_only(interrupted: Run) -> None:
    tasks = [child.inputs.task.get_dict() for child in interrupted.children]
    assert all({**task, "steps": 20, "seed": 3} == AIMD for task in tasks)
    assert len({task["seed"] for task in tasks}) == 3


def test_a_run_with_less_than_a_stride_left_is_finished(label: Factory, aimd: Factory, frames: Factory) -> None:
    run = label(frames(1), aimd([4, 8, 12, 16, 20], n_lost=1, **WALLTIME), **{**AIMD, "steps": 22})
    assert run.exit_code is None
    assert len(run.children) == 1


def test_a_run_that_was_stopped_before_its_first_label_begins_again(
    label: Factory, aimd: Factory, frames: Factory
) -> None:
    run = label(frames(1), aimd([], n_lost=5, **WALLTIME), aimd([4, 8, 12, 16, 20]), **AIMD)
    assert run.exit_code is None
    assert run.children[1].inputs.task.get_dict() == AIMD
    assert run.outputs["report"]["n_labelled"] == 5
