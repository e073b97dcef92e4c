"""Amount of work of the stages of a campaign, and how much of it is done."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from aiida import orm

from aiida_zif.plugins.cp2k.batches.report import JobReport
from aiida_zif.provenance.campaigns.view import CampaignView, Step
from aiida_zif.provenance.queries.links import calcjobs_of, inputs_under
from aiida_zif.workflows.active_learning.selection.choice_report import Choice
from aiida_zif.workflows.active_learning.state.quarantine import taking_part
from aiida_zif.workflows.active_learning.state.verdict import Verdict
from aiida_zif.workflows.engine.naming import of_kind
from aiida_zif.workflows.structures.recipe import StartRecipe

Progress = Callable[[Path], tuple[int, int | None]]


def stage_work(view: CampaignView, stage: str, cycle: int) -> tuple[float, float]:
    """Return the units of one stage of one cycle that are done, and all of them.

    :param view: the campaign.
    :param stage: ``label`` (units: SCF steps), ``train`` (models), ``explore`` (systems) or ``test`` (one).
    :param cycle: number of the cycle, begun or still to come.
    """
    steps = view.of(stage, cycle)
    done = sum(step_done(step) for step in steps)
    if stage == "label":
        return done, max(sum(map(step_units, steps)), planned_labels(view, cycle))
    planned = {"train": view.settings.training.models, "explore": len(systems_of_cycle(view, cycle))}
    begun = sum(map(step_units, steps))
    return done, max(begun, planned["explore"]) if stage == "explore" else begun or planned.get(stage, 1)


def systems_of_cycle(view: CampaignView, cycle: int) -> list[str]:
    """Return the systems that take part in a cycle: all that the last verdict before it has not left out."""
    verdicts = [step.report for step in view.of("judge") if step.cycle < cycle and step.report]
    return taking_part(view.settings.systems, Verdict.from_dict(verdicts[-1]).systems if verdicts else {})


def step_units(step: Step) -> int:
    """Return how many units one step is."""
    inputs = step.node.inputs
    if step.stage == "label":
        return int(inputs.task["steps"]) if inputs.task["mode"] == "aimd" else inputs.frames.n_frames
    if step.stage == "train":
        return len(inputs_under(step.node, "seeds"))
    return len(inputs_under(step.node, "starts")) if step.stage == "explore" else 1


def step_done(step: Step) -> float:
    """Return the units of a step that are done, fractions of running jobs included."""
    if not step.is_running:
        return step_units(step)
    jobs = calcjobs_of([step.node])
    if step.stage == "label":
        done = sum((label_units(job) if job.is_terminated else job_progress("label", job)[0] or 0) for job in jobs)
        return min(done, step_units(step))
    return min(sum(job_share(step.stage, job) * job_units(job) for job in jobs), step_units(step))


def job_units(job: orm.CalcJobNode) -> int:
    """Return the number of units of a job: a training may have several members."""
    return len(inputs_under(job, "seeds")) or 1


def job_share(stage: str, job: orm.CalcJobNode) -> float:
    """Return the share of one job that is done, from 0 to 1."""
    if job.is_terminated:
        return 1.0
    done, total = job_progress(stage, job)
    return min(done / total, 1.0) if done and total else 0.0


def label_units(job: orm.CalcJobNode) -> int:
    """Return the SCF steps that an ended labelling job brought."""
    if "output_parameters" not in job.outputs:
        return 0
    report = JobReport.from_node(job.outputs.output_parameters)
    return report.n_labelled if report.dynamics is None else report.dynamics.last_step - report.dynamics.first_step


def planned_labels(view: CampaignView, cycle: int) -> int:
    """Return the SCF steps that the labelling of a cycle will take, from what is known so far."""
    if cycle == 0:
        return sum(planned_first_labels(view))
    chosen = sum(one.n_selected + one.n_control for one in view.reports("select", Choice, cycle) if one.n_selected)
    decided = {step.name for step in view.of("select", cycle) if step.report}
    selection, waiting = view.settings.selection, set(systems_of_cycle(view, cycle)) - decided
    return int(chosen + len(waiting) * (selection.per_cycle + selection.control))


def planned_first_labels(view: CampaignView) -> list[int]:
    """Return the SCF steps of every labelling with which the campaign begins, from its plan."""
    plan: Any = next((node for node in view.node.called if node.process_label == "plan_campaign"), None)
    planned = {name: plan.outputs[name] for name in plan.outputs} if plan is not None else {}
    tasks, starts = of_kind("task", planned), of_kind("start", planned)
    return [
        int(task["steps"] if task["mode"] == "aimd" else StartRecipe.from_node(starts[name]).n_frames)
        for name, task in tasks.items()
    ]


# -- inside a running job ------------------------------------------------------------------------------------


def job_progress(stage: str, job: orm.CalcJobNode) -> tuple[int | None, int | None]:
    """Look into the folder of a running job: what is done, and of how much.

    :returns: (None, None) if the folder is not on this machine or holds nothing to count.
    """
    folder, reader = local_folder(job), progress_reader(stage)
    if folder is None or reader is None:
        return None, None
    try:
        return reader(folder)
    except (OSError, ValueError):  # the code is writing this very moment, or the folder is just being cleaned
        return None, None


def local_folder(job: orm.CalcJobNode) -> Path | None:
    """Return the work folder of a job if this machine can open it without a connection."""
    path = job.get_remote_workdir()
    if not path or job.computer is None or job.computer.transport_type != "core.local":
        return None
    folder = Path(path)
    return folder if folder.is_dir() else None


def progress_reader(stage: str) -> Progress | None:
    """Return the function of a stage's plugin that counts what a job has done so far."""
    if stage == "label":
        from aiida_zif.plugins.cp2k.progress import labelled_so_far

        return labelled_so_far
    if stage == "train":
        from aiida_zif.plugins.deepmd.progress import steps_so_far

        return steps_so_far
    if stage == "explore":
        from aiida_zif.plugins.lammps.exploration.progress import frames_so_far

        return frames_so_far
    return None
