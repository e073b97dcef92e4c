"""Progress of a running campaign: current activity, share done, estimated time left."""

from __future__ import annotations

import time
from dataclasses import dataclass

from aiida import orm
from aiida.common.links import LinkType

from aiida_zif.provenance.campaigns.view import CampaignView, Step
from aiida_zif.provenance.campaigns.workload import job_progress, label_units, stage_work, step_units
from aiida_zif.provenance.queries.links import calcjobs_of
from aiida_zif.provenance.words import VERBS, clock, readable
from aiida_zif.workflows.active_learning.state.curriculum import conditions, longest, md_steps
from aiida_zif.workflows.campaign.schema.resources import Resources
from aiida_zif.workflows.training.schedule import training_steps

STAGES = ("explore", "label", "train", "test")
"""Order inside a cycle of the stages that take time; cycle 0 has no exploration."""

PACED_BY = 5
"""Number of last cycles whose pace is used for the estimate."""

UNITS = {"label": "frames", "train": "steps", "explore": "frames"}


@dataclass(frozen=True)
class Activity:
    """One thing that runs now; ``done`` and ``total`` are None where nothing can be counted."""

    cycle: int
    stage: str
    name: str
    done: int | None
    total: int | None
    unit: str
    elapsed_s: float
    detail: str = ""

    @property
    def line(self) -> str:
        """One readable line, such as ``cycle 2: labelling zif4, 4 of 12 frames, 1 min 23 s elapsed``."""
        parts = [f"cycle {self.cycle}: {VERBS.get(self.stage, self.stage)} {readable(self.name)}".rstrip()]
        if self.done is not None:
            parts.append(f"{self.done}{f' of {self.total}' if self.total else ''} {self.unit}")
        if self.detail:
            parts.append(self.detail)
        return ", ".join([*parts, f"{clock(self.elapsed_s)} elapsed"])


def current_activity(view: CampaignView) -> list[Activity]:
    """Return what runs now, one entry a job; a step between two jobs gives one entry without numbers.

    :param view: the campaign, freshly loaded.
    """
    if view.node.is_terminated:
        return []
    found = []
    for step in view.steps:
        if step.is_running:
            jobs = [job for job in calcjobs_of([step.node]) if not job.is_terminated]
            found += [job_activity(step, job) for job in jobs] or [
                Activity(step.cycle, step.stage, step.name, None, None, "", step.wall_s)
            ]
    return found


def job_activity(step: Step, job: orm.CalcJobNode) -> Activity:
    """Return how far one running job is; for labels, on top of what earlier jobs of the step brought."""
    done, total = job_progress(step.stage, job)
    name, unit = step.name, UNITS.get(step.stage, "")
    if step.stage == "label":
        total = step_units(step)
        if done is not None:
            done += sum(label_units(other) for other in calcjobs_of([step.node]) if other.is_terminated)
            done = min(done, total)
        unit = "MD steps" if step.node.inputs.task["mode"] == "aimd" else unit
    elif step.stage in ("train", "explore"):
        name = call_label(job)
    return Activity(
        step.cycle,
        step.stage,
        name,
        done,
        total,
        unit,
        seconds_since(job.ctime.timestamp()),
        "" if done else state_of(job),
    )


# -- how long it may take ------------------------------------------------------------------------------------


def expected_remaining_s(view: CampaignView) -> float | None:
    """Estimate the seconds until the campaign ends, if it uses all the cycles that it may use.

    Every stage is counted in units (see :func:`stage_work`); the pace of a unit comes from the stages of this
    campaign that have ended, and from a rough prior as long as there is none.

    :param view: the campaign, freshly loaded.
    :returns: None if the campaign has ended.
    """
    if view.node.is_terminated:
        return None
    last, paces = view.settings.limits.cycles, {stage: pace(view, stage) for stage in STAGES}
    return sum(
        remaining_of_stage_s(view, stage, cycle, paces[stage])
        for cycle in range(view.last_cycle, last + 1)
        for stage in STAGES[0 if cycle else 1 :]
    )


def remaining_of_stage_s(view: CampaignView, stage: str, cycle: int, pace_s: float) -> float:
    """Return the expected rest of one stage of one cycle in seconds, 0 if the campaign is past it.

    :param pace_s: seconds that a unit is expected to take.
    """
    # systems take turns to be explored and labelled, so that only what follows both shows that a stage is over
    later = [name for name in ("train", "test") if STAGES.index(name) > STAGES.index(stage)]
    if cycle < view.last_cycle or any(view.of(name, cycle) for name in later):
        return 0.0
    done, total = stage_work(view, stage, cycle)
    if done >= total:
        return 0.0
    steps, expected = view.of(stage, cycle), total * pace_s
    elapsed = seconds_since(min(step.begun for step in steps)) if steps else 0.0
    share = done / total
    # What the stage itself shows counts more and more, and alone from half-way on.
    trust = min(1.0, 2 * share)
    estimate = (trust * elapsed / share if share else 0.0) + (1 - trust) * expected
    return max(estimate - elapsed, 0.05 * (1 - share) * expected)


def pace(view: CampaignView, stage: str) -> float:
    """Return the seconds that a unit of a stage takes, from the newest cycles that ended, or else from the prior."""
    cycles = [cycle for cycle in range(view.last_cycle, -1, -1) if has_ended(view.of(stage, cycle))][:PACED_BY]
    seconds = sum(view.wall_s(stage, cycle) for cycle in cycles)
    units = sum(step_units(step) for cycle in cycles for step in view.of(stage, cycle))
    return seconds / units if units else prior_pace(view, stage)


def has_ended(steps: list[Step]) -> bool:
    """Whether there are steps, and all of them have ended."""
    return bool(steps) and not any(step.is_running for step in steps)


def prior_pace(view: CampaignView, stage: str) -> float:
    """Return the estimated time of a unit on two cores in s, start-up of the code included.

    Measured with CP2K 2023.1 (GFN1-xTB) and small networks on ZIF-4 (272 atoms), scaled linearly in size.
    """
    settings, resources = view.settings, Resources.from_node(view.node.inputs.resources)
    size = max(len(structure.sites) for structure in view.node.inputs.systems.values()) / 272
    if stage == "label":
        return 2.5 * size * (1.0 if "xtb" in settings.level_of_theory.name else 40.0)
    if stage == "train":
        steps = training_steps(settings.training.steps, view.last_cycle, settings.limits.cycles)
        return (20 + 0.04 * size * steps) / resources.train.at_a_time
    if stage == "explore":
        explored = longest(settings.exploration)
        runs = len(conditions(explored))
        turns = -(-runs // resources.explore.lanes)
        return 12 + 0.015 * size * md_steps(explored) / runs * turns
    return 20.0


# -- words ---------------------------------------------------------------------------------------------------


def call_label(node: orm.ProcessNode) -> str:
    """Return the label under which a process was called, empty if nothing called it."""
    links = node.base.links.get_incoming(link_type=(LinkType.CALL_CALC, LinkType.CALL_WORK)).all()
    return links[0].link_label if links else ""


def state_of(job: orm.CalcJobNode) -> str:
    """Return the state of a job that has no results yet, as text."""
    state = job.get_state()
    if state is None:
        return "created"
    return "starting" if state.value == "withscheduler" else str(state.value)


def seconds_since(moment: float) -> float:
    """Return the seconds from a moment, in s since 1970, until now."""
    return max(time.time() - moment, 0.0)
