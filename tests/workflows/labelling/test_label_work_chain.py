"""Labelling goes on where a job was cut off, fixes what can be fixed, and accounts for every frame once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest
from aiida import orm
from fake_children import Answer, Ending, Run, in_turn, run_chain

Factory = Callable[..., Any]
WALLTIME = {"exit_status": 400, "exit_message": "Out of walltime"}
ABORT = {"exit_status": 304, "exit_message": "CP2K stopped with an error: Cholesky"}


@pytest.fixture(scope="module")
def label(codes: dict[str, Any], options: dict[str, Any]) -> Factory:
    """Label frames to the end; nothing is taken from the profile, and a job holds ten frames."""
    from aiida_zif.plugins.cp2k.levels import load_level

    level = orm.Dict(load_level("gfn1-xtb").as_dict()).store()

    def run(frames: Any, *answers: Answer, checkpoints: bool = False, task: Any = None, **inputs: Any) -> Run:
        cp2k = {"code": codes["cp2k"], "level": level, "metadata": {"options": options}}
        given = {"cp2k": cp2k, "frames": frames, "task": orm.Dict({"mode": "batch", **(task or {})}), "reuse": False}
        return run_chain("zif.label", given | inputs, in_turn(*answers), checkpoints)

    return run


@pytest.fixture(scope="module")
def batch(block: Factory) -> Factory:
    """Answer that labels a batch but for the frames named with a reason, or with a verdict on their loop."""

    def answer(rejected: Mapping[int, str] | None = None, cause: str = "out_of_walltime", **ending: Any) -> Answer:
        def label_frames(child: Any) -> Ending:
            frames, reasons = child.inputs.frames, rejected or {}
            good = [index for index in range(frames.n_frames) if index not in reasons]
            missing = [index for index, why in reasons.items() if why == "not_reached"]
            stopped = {"cause": cause, "detail": "Cholesky", "index": min(missing)} if missing else None
            parameters = {
                "n_labelled": len(good),
                "n_evaluated": frames.n_frames - len(missing),
                "rejected": [entry(frames, index, why) for index, why in reasons.items()],
                "stopped": stopped,
                "wall_s": 10.0,
                "first_frame_s": 60.0,
                "seconds_per_frame": 60.0,
            }
            level = {"hash": child.inputs.level["hash"], "line": "GFN1-xTB"}
            labelled = {"labelled": block(of=frames, only=good, level_of_theory=level)} if good else {}
            return Ending({"output_parameters": orm.Dict(parameters), **labelled}, **ending)

        return label_frames

    return answer


def entry(frames: Any, index: int, why: str) -> dict[str, Any]:
    """Entry of a rejected frame; a verdict on its loop stands for one whose loop failed."""
    loop = why in ("nearly_there", "stalled", "oscillating", "diverging")
    scf = {"scf": {"verdict": why}} if loop else {}
    reason = "scf_not_converged" if loop else why
    return {"index": index, "frame_id": frames.frame_ids()[index], "reason": reason, "detail": "told", **scf}


@pytest.fixture(scope="module")
def cut_off(label: Factory, batch: Factory, frames: Factory) -> Run:
    """Six frames: one is broken, two are not reached, of which one is broken too."""
    first = batch({0: "net_force", 4: "not_reached", 5: "not_reached"}, **WALLTIME)
    return label(frames(6), first, batch({1: "force_too_large"}), checkpoints=True)


def test_only_frames_that_were_not_reached_are_tried_again(cut_off: Run) -> None:
    first, second = cut_off.children
    assert second.inputs.frames.frame_ids() == first.inputs.frames.frame_ids()[4:]


def test_the_frames_of_a_second_try_have_a_creator(cut_off: Run) -> None:
    assert cut_off.children[1].inputs.frames.creator.process_label == "pick_frames"


def test_every_job_is_linked_with_its_attempt_and_makes_one_block(cut_off: Run) -> None:
    assert [child.link for child in cut_off.children] == ["attempt_0", "attempt_1"]
    assert {name: node.n_frames for name, node in cut_off.outputs["blocks"].items()} == {"attempt_0": 3, "attempt_1": 1}


def test_the_report_counts_every_frame_once(cut_off: Run) -> None:
    report = cut_off.outputs["report"].get_dict()
    assert report["n_labelled"] == 4
    assert report["n_rejected"] == {"net_force": 1, "force_too_large": 1}
    assert {one["index"]: one["frame_id"] for one in report["rejected"]} == {
        index: cut_off.children[0].inputs.frames.frame_ids()[index] for index in (0, 5)
    }
    assert (report["n_jobs"], report["wall_s"]) == (2, 20.0)


def test_a_labelling_that_was_cut_off_and_went_on_is_a_success(cut_off: Run) -> None:
    assert cut_off.exit_code is None


def test_energies_of_earlier_jobs_show_the_next_one_what_is_usual(cut_off: Run) -> None:
    first, second = cut_off.children
    assert "references" not in first.inputs
    assert second.inputs.references["energies_per_atom"] == pytest.approx([-5.0 / 6] * 3, abs=1e-6)


def test_energies_of_earlier_cycles_show_the_first_job_what_is_usual(
    label: Factory, batch: Factory, frames: Factory, block: Factory, cut_off: Run
) -> None:
    level = cut_off.children[0].inputs.level["hash"]
    same, other = (block(4, level_of_theory={"hash": word, "line": "x"}).store() for word in (level, "other"))
    run = label(frames(2), batch(), earlier={"same": same, "other": other})
    assert len(run.children[0].inputs.references["energies_per_atom"]) == 4


def test_a_cut_off_job_is_not_repeated_if_every_frame_has_a_verdict(
    label: Factory, batch: Factory, frames: Factory
) -> None:
    run = label(frames(3), batch({0: "net_force"}, **WALLTIME))
    assert run.exit_code is None
    assert len(run.children) == 1


def test_a_job_that_brought_nothing_back_is_repeated_as_it_was(label: Factory, batch: Factory, frames: Factory) -> None:
    given = frames(2)
    run = label(given, lambda child: Ending(exit_status=131, exit_message="node failure"), batch())
    assert run.exit_code is None
    assert run.children[1].inputs.frames.uuid == given.uuid
    assert list(run.outputs["blocks"]) == ["attempt_1"]


def test_it_gives_up_after_a_few_jobs_in_vain_and_names_the_last_one(label: Factory, frames: Factory) -> None:
    failed, excepted = Ending(exit_status=311, exit_message="no output"), Ending(exception="OSError: disk full")
    run = label(frames(2), lambda child: failed, lambda child: excepted)
    assert len(run.children) == 3
    assert run.exit_code.status == 310
    assert f"verdi calcjob outputcat {run.children[-1].node.pk}" in run.exit_code.message
    assert run.outputs["report"]["n_rejected"] == {"not_reached": 2}


def test_a_frame_that_broke_the_run_is_tried_alone_after_the_others(
    label: Factory, batch: Factory, frames: Factory
) -> None:
    first = batch({2: "not_reached", 3: "not_reached", 4: "not_reached"}, "cp2k_aborted", **ABORT)
    alone = batch({0: "not_reached"}, "cp2k_aborted", **ABORT)
    run = label(frames(5), first, batch(), alone, checkpoints=True)
    ids = run.children[0].inputs.frames.frame_ids()
    assert [child.inputs.frames.frame_ids() for child in run.children[1:]] == [ids[3:], ids[2:3]]
    assert run.exit_code is None
    assert run.outputs["report"]["n_labelled"] == 4
    (lost,) = run.outputs["report"]["rejected"]
    assert (lost["index"], lost["frame_id"], lost["reason"]) == (2, ids[2], "cp2k_aborted")
    assert lost["detail"] == "Cholesky"


@pytest.fixture(scope="module")
def recovered(label: Factory, batch: Factory, frames: Factory) -> Run:
    """Four frames: the loops of two are nearly there, of which one needs a second rung."""
    return label(frames(4), batch({1: "nearly_there", 2: "nearly_there"}), batch({1: "stalled"}), batch())


def test_frames_whose_loop_failed_climb_a_rung_together(recovered: Run) -> None:
    first, second, third = recovered.children
    assert "rung" not in first.inputs
    assert second.inputs.frames.frame_ids() == first.inputs.frames.frame_ids()[1:3]
    assert (second.inputs.rung["name"], third.inputs.rung["name"]) == ("more_steps", "other_minimiser")
    assert third.inputs.frames.frame_ids() == first.inputs.frames.frame_ids()[2:3]


def test_every_use_of_a_rung_is_counted(recovered: Run) -> None:
    report = recovered.outputs["report"]
    assert report["tried"] == {"more_steps": 2, "other_minimiser": 1}
    assert report["recovered"] == {"more_steps": 1, "other_minimiser": 1}
    assert (report["n_labelled"], report["n_rejected"], report["n_flagged"]) == (4, {}, 0)


def test_the_rung_of_a_job_has_a_creator(recovered: Run) -> None:
    assert recovered.children[1].inputs.rung.creator.process_label == "continue_batch"


def test_a_frame_that_only_smearing_could_mend_is_no_label_unless_it_is_allowed(
    label: Factory, batch: Factory, frames: Factory
) -> None:
    stubborn = [batch({0: "diverging"})] * 3
    refused = label(frames(1), *stubborn)
    assert refused.outputs["report"]["n_rejected"] == {"needs_smearing": 1}
    allowed = label(frames(1), *stubborn, batch(), task={"gates": {"smearing": True}})
    assert allowed.children[-1].inputs.rung["changes_physics"]
    assert allowed.outputs["report"]["n_flagged"] == 1


def test_frames_with_overlapping_atoms_are_refused_without_a_job(
    label: Factory, batch: Factory, frames: Factory
) -> None:
    good = frames(3)
    positions = good.positions
    positions[1, 0] = positions[1, 2] + [0.3, 0.0, 0.0]  # Zn on H
    given = type(good)(good.symbols, positions, good.cells, system="zinc")
    run = label(given, batch())
    assert run.children[0].inputs.frames.frame_ids() == [given.frame_ids()[0], given.frame_ids()[2]]
    (refused,) = run.outputs["report"]["rejected"]
    assert (refused["index"], refused["reason"], refused["frame_id"]) == (1, "atoms_overlap", given.frame_ids()[1])


def test_a_batch_of_nothing_but_overlaps_says_so(label: Factory, batch: Factory, frames: Factory) -> None:
    good = frames(1)
    positions = np.zeros_like(good.positions)
    run = label(type(good)(good.symbols, positions, good.cells), batch())
    assert not run.children
    assert run.exit_code.status == 310
    assert "1 atoms_overlap" in run.exit_code.message


@pytest.fixture(scope="module")
def in_pieces(label: Factory, batch: Factory, frames: Factory) -> Run:
    """Twenty frames of a minute each, of which nothing was known; five minutes a job, two jobs at a time."""
    return label(frames(20), batch(), task={"batch_time": 300.0}, concurrent=2, checkpoints=True)


def test_a_pilot_comes_first_and_then_jobs_of_the_time_asked_for(in_pieces: Run) -> None:
    assert [child.inputs.frames.n_frames for child in in_pieces.children] == [3, 4, 4, 5, 4]
    assert in_pieces.outputs["report"]["n_labelled"] == 20


def test_as_many_jobs_run_at_a_time_as_there_is_room_for(in_pieces: Run) -> None:
    assert in_pieces.waves == [["attempt_0"], ["attempt_1", "attempt_2"], ["attempt_3", "attempt_4"]]


def test_a_labelling_without_a_single_label_has_a_report_of_the_causes(
    label: Factory, batch: Factory, frames: Factory
) -> None:
    run = label(frames(2), batch({0: "net_force", 1: "net_force"}, exit_status=510))
    assert run.exit_code.status == 310
    assert "2 net_force" in run.exit_code.message
    assert len(run.children) == 1
    assert run.outputs["report"]["n_rejected"] == {"net_force": 2}


def test_no_frames_need_no_job(label: Factory, batch: Factory, frames: Factory) -> None:
    run = label(frames(0), batch())
    assert run.exit_code is None
    assert not run.children
    assert run.outputs["report"]["n_labelled"] == 0


def test_an_aimd_task_is_refused_before_anything_is_stored(label: Factory, batch: Factory, frames: Factory) -> None:
    with pytest.raises(ValueError, match=r"zif\.aimd"):
        label(frames(1), batch(), task={"mode": "aimd", "temperature": 300.0, "steps": 4, "seed": 1})
