"""An AIMD run goes on where a job was cut off, takes every step once, and accounts for every frame."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from aiida import orm
from fake_children import Answer, Ending, Run, in_turn, run_chain

Factory = Callable[..., Any]
WALLTIME = {"exit_status": 400, "exit_message": "Out of walltime"}
AIMD = {"mode": "aimd", "temperature": 300.0, "timestep": 0.5, "steps": 20, "stride": 4, "seed": 3}


@pytest.fixture(scope="module")
def run_aimd(codes: dict[str, Any], options: dict[str, Any], frames: Factory) -> Factory:
    """Take an AIMD run to its end."""
    from aiida_zif.plugins.cp2k.levels import load_level

    cp2k = {
        "code": codes["cp2k"],
        "level": orm.Dict(load_level("gfn1-xtb").as_dict()).store(),
        "metadata": {"options": options},
    }

    def run(*answers: Answer, checkpoints: bool = False, **task: Any) -> Run:
        inputs = {"cp2k": cp2k, "frames": frames(1), "task": orm.Dict({**AIMD, **task}), "reuse": False}
        return run_chain("zif.aimd", inputs, in_turn(*answers), checkpoints)

    return run


@pytest.fixture(scope="module")
def job(block: Factory) -> Callable[..., Answer]:
    """Answer that labels steps, rejects others for a reason, and leaves restart files of some more."""

    def answer(
        steps: list[int], restarts: tuple[int, ...] = (), rejected: dict[int, str] | None = None, **ending: Any
    ) -> Answer:
        def take_steps(child: Any) -> Ending:
            task, reasons = child.inputs.task, rejected or {}
            verdicts = [*steps, *(step for step, why in reasons.items() if why != "not_reached")]
            stride = None if task["stride"] == "auto" else task["stride"]
            dynamics = {
                "first_step": task.get_dict().get("first_step", 0),
                "last_step": max([*verdicts, *restarts, 0]),
                "labelled_up_to": max([*verdicts, task["label_after"]]),
                "last_label": max(steps, default=None),
                "restart_steps": list(restarts),
                "stride": stride,
            } | ending.pop("measured", {})
            entries = [{"index": 0, "frame_id": None, "step": at, "reason": why} for at, why in reasons.items()]
            parameters = {"n_labelled": len(steps), "rejected": entries, "wall_s": 10.0, "dynamics": dynamics}
            outputs: dict[str, Any] = {"output_parameters": orm.Dict(parameters), "retrieved": left_behind(restarts)}
            if steps:
                outputs["labelled"] = block(len(steps), seed=steps[0], per_frame={"step": np.array(steps)})
            return Ending(outputs, **ending)

        return take_steps

    return answer


def left_behind(restarts: tuple[int, ...]) -> orm.FolderData:
    """What is retrieved: the restart files of these steps, the newest first."""
    folder = orm.FolderData()
    for name, step in zip(("aiida-1.restart", "aiida-1.restart.bak-1"), restarts, strict=False):
        text = f"&MOTION\n STEP_START_VAL {step}\n&END MOTION\n&FORCE_EVAL\n&END FORCE_EVAL\n"
        folder.base.repository.put_object_from_bytes(text.encode(), name)
    return folder


@pytest.fixture(scope="module")
def interrupted(run_aimd: Factory, job: Factory) -> Run:
    """A run of 20 steps that is cut off at step 10, and again at 15."""
    return run_aimd(job([4, 8], (10,), **WALLTIME), job([12], (15,), **WALLTIME), job([16, 20]), checkpoints=True)


def test_every_step_on_the_grid_is_labelled_once(interrupted: Run) -> None:
    blocks = interrupted.outputs["blocks"].values()
    assert [step for block in blocks for step in block.get_array("step")] == [4, 8, 12, 16, 20]
    assert interrupted.exit_code is None


def test_a_part_goes_on_from_what_was_retrieved_of_the_one_before(interrupted: Run) -> None:
    first, second, third = interrupted.children
    assert second.inputs.restart.uuid == first.node.outputs.retrieved.uuid
    assert third.inputs.restart.uuid == second.node.outputs.retrieved.uuid
    assert [child.inputs.task["first_step"] for child in interrupted.children] == [0, 10, 15]


def test_the_tasks_of_all_parts_have_a_creator_and_the_seed_of_the_run(interrupted: Run) -> None:
    tasks = [child.inputs.task for child in interrupted.children]
    assert [task.creator.process_label for task in tasks] == ["begin_run", "continue_run", "continue_run"]
    assert {task["seed"] for task in tasks} == {3}


def test_the_report_says_which_steps_every_job_took(interrupted: Run) -> None:
    report = interrupted.outputs["report"].get_dict()
    assert report["parts"] == [[0, 10], [10, 15], [15, 20]]
    assert (report["n_jobs"], report["n_wanted"], report["n_labelled"], report["n_rejected"]) == (3, 5, 5, {})
    assert (report["stride"], report["wall_s"]) == (4, 30.0)


def test_jobs_are_linked_as_attempts(interrupted: Run) -> None:
    assert [child.link for child in interrupted.children] == ["attempt_0", "attempt_1", "attempt_2"]
    assert list(interrupted.outputs["blocks"]) == ["attempt_0", "attempt_1", "attempt_2"]


def test_without_a_restart_file_the_run_goes_on_from_its_last_label(run_aimd: Factory, job: Factory) -> None:
    run = run_aimd(job([4, 8], **WALLTIME), job([12, 16, 20]))
    first, second = run.children
    assert "restart" not in second.inputs
    assert (second.inputs.task["first_step"], second.inputs.task["label_after"]) == (8, 8)
    assert second.inputs.task["seed"] != 3
    np.testing.assert_array_equal(second.inputs.frames.positions[0], first.node.outputs.labelled.positions[-1])
    assert run.outputs["report"]["n_labelled"] == 5


def test_a_run_may_be_cut_off_as_often_as_it_gets_on(run_aimd: Factory, job: Factory) -> None:
    pieces = [job([step], (step,), **WALLTIME) for step in range(4, 40, 4)]
    run = run_aimd(*pieces, job([40]), steps=40)
    assert len(run.children) == 10
    assert run.outputs["report"]["n_labelled"] == 10
    assert run.outputs["report"]["n_rejected"] == {}


def test_a_run_that_does_not_get_on_is_given_up_and_keeps_its_labels(run_aimd: Factory, job: Factory) -> None:
    run = run_aimd(job([4, 8], (10,), **WALLTIME), job([], **WALLTIME))
    assert len(run.children) == 4
    assert run.exit_code is None
    assert run.outputs["report"]["n_rejected"] == {"not_reached": 3}


def test_a_job_that_brought_nothing_back_is_repeated_as_it_was(run_aimd: Factory, job: Factory) -> None:
    run = run_aimd(lambda child: Ending(exit_status=131, exit_message="node failure"), job([4, 8, 12, 16, 20]))
    first, second = run.children
    assert second.inputs.task.uuid == first.inputs.task.uuid
    assert run.exit_code is None


def test_a_run_without_a_single_label_names_its_last_job(run_aimd: Factory) -> None:
    run = run_aimd(lambda child: Ending(exit_status=311, exit_message="no output"))
    assert len(run.children) == 3
    assert run.exit_code.status == 310
    assert f"verdi calcjob outputcat {run.children[-1].node.pk}" in run.exit_code.message


def test_a_frame_that_was_rejected_is_not_tried_again(run_aimd: Factory, job: Factory) -> None:
    run = run_aimd(job([4], (10,), {8: "scf_not_converged", 12: "not_reached"}, **WALLTIME), job([12, 16, 20]))
    assert run.children[1].inputs.task["label_after"] == 8
    assert run.outputs["report"]["n_rejected"] == {"scf_not_converged": 1}


def test_a_ramp_climbs_to_its_end(run_aimd: Factory, job: Factory) -> None:
    run = run_aimd(job([10, 20], (20,)), job([30, 40], (40,)), steps=40, stride=10, temperature=[300.0, 800.0])
    assert [child.inputs.task["temperature"] for child in run.children] == [300.0, 800.0]
    assert run.outputs["report"]["parts"] == [[0, 20], [20, 40]]


def test_a_measured_stride_holds_for_the_rest_of_the_run(run_aimd: Factory, job: Factory) -> None:
    measured = {"stride": 30, "autocorrelation_fs": 14.2, "n_measured": 400, "last_step": 400}
    run = run_aimd(
        job(list(range(30, 400, 30)), (400,), measured=measured),
        job(list(range(420, 601, 30))),
        steps=600,
        timestep=1.0,
        stride="auto",
    )
    assert [child.inputs.task["stride"] for child in run.children] == ["auto", 30]
    report = run.outputs["report"].get_dict()
    assert (report["stride"], report["autocorrelation_fs"], report["n_measured"]) == (30, 14.2, 400)
    assert (report["n_wanted"], report["n_labelled"]) == (20, 20)


@pytest.mark.parametrize(
    ("task", "words"), [({"mode": "batch"}, "zif.label"), ({"thermostat": "andersen"}, "one of csvr, nose, langevin")]
)
def test_an_impossible_run_is_refused(run_aimd: Factory, task: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        run_aimd(**task)
