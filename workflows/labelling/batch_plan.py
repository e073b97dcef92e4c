"""Which frames of a batch are labelled next, in which jobs, and when a frame is given up (no AiiDA).

Every job either decides on a frame (label, rejection, next rung) or counts as in vain, so the work ends.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any

from pydantic import ConfigDict

from aiida_zif.plugins.cp2k.batches.cost import FrameCost, frames_per_job
from aiida_zif.plugins.cp2k.batches.report import JobReport, RejectedFrame, Stop
from aiida_zif.plugins.cp2k.levels.recovery import Rung, next_rung
from aiida_zif.plugins.cp2k.reading.labels import NOT_CONVERGED, NOT_REACHED
from aiida_zif.plugins.cp2k.reading.why_stopped import ABORTED, DISK_FULL, EXIT_REQUESTED, OUT_OF_TIME, UNREAD
from aiida_zif.plugins.data.record import Entry, Report
from aiida_zif.plugins.jobs.interruptions import BLAMELESS

PILOT = 3
"""Frames of the first job where nothing is known of their cost."""

MOST_IN_VAIN = 3
"""Jobs in a row that evaluate nothing; then the cause is none of the frames."""

MOST_JOBS = 16
"""Jobs planned at a time."""

HARDER = 3
"""Times as long as a usual frame takes one that needs a rung."""

NEEDS_SMEARING = "needs_smearing"

NO_FRAMES_FAULT = BLAMELESS | {DISK_FULL, EXIT_REQUESTED}
"""What stops a job whatever its frames are."""


class WaitingFrame(Entry):
    """A frame without a verdict.

    :param rung: name of the rung that it needs; None: the level's own settings.
    :param alone: whether it gets a job of its own, because it stopped one.
    """

    index: int
    rung: str | None = None
    alone: bool = False


class PlannedJob(Report):
    """One job: the frames that it labels, and by which rung."""

    indices: list[int]
    rung: str | None = None


class BatchPlan(Report):
    """Where a batch stands between two jobs.

    :param waiting: frames without a verdict in the order of work.
    :param jobs: the next jobs.
    :param rejected: frames that were given up.
    :param own_costs: ``[s of the first frame, s of a further one]`` of jobs of this batch.
    :param known_costs: the same of earlier jobs.
    :param in_vain: jobs in a row that brought nothing.
    :param blamed: whether the last job may have been stopped by its frame.
    :param unread: whether a job came to its end with an output that is not read.
    :param tried: frames by the rung that they needed.
    :param recovered: labels by rung.
    :param n_decided: frames that a job gave a verdict on, good or bad.
    :param n_flagged: labels whose rung changes the physics.
    :param wall_s: s, of all jobs so far.
    :param last_cause: why the last job ended early, for reading.
    """

    model_config = ConfigDict(frozen=False)  # each step works on a copy of its own

    waiting: list[WaitingFrame] = []
    jobs: list[PlannedJob] = []
    rejected: list[RejectedFrame] = []
    own_costs: list[tuple[float, float]] = []
    known_costs: list[tuple[float, float]] = []
    in_vain: int = 0
    blamed: bool = False
    unread: bool = False
    tried: dict[str, int] = {}
    recovered: dict[str, int] = {}
    n_labelled: int = 0
    n_decided: int = 0
    n_flagged: int = 0
    n_jobs: int = 0
    wall_s: float = 0.0
    last_cause: str | None = None

    def model_post_init(self, _: Any) -> None:
        """Have all of it written: the next step may go on from any of its numbers."""
        self.__pydantic_fields_set__.update(type(self).model_fields)


def begin(order: Sequence[int], refused: Sequence[RejectedFrame], costs: Sequence[FrameCost]) -> BatchPlan:
    """Return the plan of a batch of which nothing is labelled yet.

    :param order: indices of the frames to label, in the order of work.
    :param refused: the frames that no job shall see.
    :param costs: of earlier jobs, of the layout to be used.
    """
    return BatchPlan(
        waiting=[WaitingFrame(index=index) for index in order],
        rejected=list(refused),
        known_costs=[(cost.first_frame_s, cost.seconds_per_frame) for cost in costs],
    )


def with_jobs(plan: BatchPlan, batch_time: float) -> BatchPlan:
    """Return the plan with its next jobs; none if nothing is left to try.

    Frames by the level's own settings come first, cut into jobs of equal size that take about ``batch_time``; a
    small pilot finds out what a frame costs if nobody knows; after a job in vain the pieces are smaller, so that one
    of them starts elsewhere. Frames that stopped a job, each alone, and frames that
    need a rung come when the others are done.

    :param batch_time: s.
    """
    result = plan.model_copy(deep=True)
    result.jobs = []
    if plan.in_vain >= MOST_IN_VAIN or plan.unread:
        often = "a job" if plan.unread else f"{plan.in_vain} jobs in a row"
        detail = f"{often} brought nothing: {plan.last_cause}"
        result.rejected += [
            RejectedFrame(index=frame.index, reason=NOT_REACHED, detail=detail) for frame in plan.waiting
        ]
        result.waiting = []
        return result
    usual = [frame.index for frame in plan.waiting if frame.rung is None and not frame.alone]
    size = frames_per_job(_costs(plan), batch_time)
    if usual:
        pilot = size is None and len(usual) > 2 * PILOT and not plan.in_vain
        chunks = [usual[:PILOT]] if pilot else _chunks(usual, size, at_least=1 + plan.in_vain * plan.blamed)
        jobs = [_job(chunk, None) for chunk in chunks]
    else:
        jobs = [_job([one.index], one.rung) for one in plan.waiting if one.alone]
        for rung in dict.fromkeys(one.rung for one in plan.waiting if not one.alone):
            indices = [one.index for one in plan.waiting if one.rung == rung and not one.alone]
            chunks = _chunks(indices, max(1, size // HARDER) if size else None)
            jobs += [_job(chunk, rung) for chunk in chunks]
    result.jobs = jobs[:MOST_JOBS]
    return result


def settle(plan: BatchPlan, reports: Sequence[JobReport | None], ladder: Sequence[Rung], smearing: bool) -> BatchPlan:
    """Return the plan after its jobs: every frame of theirs has a verdict, or waits again.

    :param reports: of the jobs in their order, None of a job that brought none.
    :param ladder: rungs of the level.
    :param smearing: whether rungs that change the physics may be tried.
    """
    result = plan.model_copy(deep=True)
    waiting = {frame.index: frame for frame in result.waiting}
    for job, report in zip(plan.jobs, reports, strict=True):
        _count(result, job, report, ladder)
        before = len(waiting)
        for index in job.indices if report else ():
            frame, entry = waiting.pop(index), _entry_of(index, job, report)
            if entry is None:
                continue
            again, why = _next(frame, entry, report, job, ladder, smearing)
            if again is None:
                result.rejected.append(entry.model_copy(update={**why, "index": index}))
                continue
            waiting[index] = again
            if again.rung is not None and again.rung != frame.rung:
                result.tried[again.rung] = result.tried.get(again.rung, 0) + 1
        # A frame that fails by itself is settled, but where nothing ever went well it is not the frame.
        settled = len(job.indices) == 1 and len(waiting) < before and result.n_decided
        result.in_vain = 0 if _decided(job, report) else result.in_vain + (not settled)
    result.waiting = list(waiting.values())
    return result


def _count(plan: BatchPlan, job: PlannedJob, report: JobReport | None, ladder: Sequence[Rung]) -> None:
    """Add up what a job brought, and how it ended."""
    stopped = report.stopped if report else None
    plan.n_jobs += 1
    plan.blamed = stopped is not None and stopped.cause not in NO_FRAMES_FAULT
    plan.last_cause = f"{stopped.cause}, {stopped.detail}" if stopped else None
    if report and stopped and stopped.cause == UNREAD and not report.n_labelled:
        plan.unread = True  # the next job would compute in vain too
    if report is None:
        plan.last_cause = "no output was returned"
        return
    decided = _decided(job, report)
    plan.n_decided += decided
    plan.n_labelled += report.n_labelled
    plan.wall_s += report.wall_s or 0.0
    if job.rung is not None and report.n_labelled:
        plan.recovered[job.rung] = plan.recovered.get(job.rung, 0) + report.n_labelled
        flagged = any(rung.name == job.rung and rung.changes_physics for rung in ladder)
        plan.n_flagged += report.n_labelled if flagged else 0
    elif job.rung is None and decided > 1 and report.seconds_per_frame:
        following = report.seconds_per_frame
        plan.own_costs.append((report.first_frame_s or following, following))


def _entry_of(index: int, job: PlannedJob, report: JobReport | None) -> RejectedFrame | None:
    """What a job says of a frame that it rejected, None of a label."""
    entries = report.rejected if report else ()
    return next((entry for entry in entries if job.indices[entry.index] == index), None)


def _decided(job: PlannedJob, report: JobReport | None) -> int:
    """How many frames of a job have a verdict, good or bad."""
    if report is None:
        return 0
    return len(job.indices) - sum(entry.reason == NOT_REACHED for entry in report.rejected)


def _next(
    frame: WaitingFrame,
    entry: RejectedFrame,
    report: JobReport | None,
    job: PlannedJob,
    ladder: Sequence[Rung],
    smearing: bool,
) -> tuple[WaitingFrame | None, dict[str, Any]]:
    """What is tried next with a rejected frame, or else (None) reason and detail of its end."""
    if entry.reason == NOT_CONVERGED:
        return _climb(frame, entry, ladder, smearing)
    if entry.reason != NOT_REACHED:
        return None, {}
    said = report.stopped if report else None
    stopped = said or Stop(cause=NOT_REACHED, detail=entry.detail, index=None)
    if stopped.cause in NO_FRAMES_FAULT or stopped.index is None or job.indices[stopped.index] != frame.index:
        return frame, {}
    ending = {"reason": stopped.cause, "detail": stopped.detail}
    if stopped.cause == OUT_OF_TIME:
        return (frame, {}) if _decided(job, report) else (None, ending)
    # What CP2K itself says of a frame by itself is final; a process that was killed may have been killed by chance.
    alone = frame.alone or (len(job.indices) == 1 and stopped.cause == ABORTED)
    return (None, ending) if alone else (frame.model_copy(update={"alone": True}), {})


def _climb(
    frame: WaitingFrame, entry: RejectedFrame, ladder: Sequence[Rung], smearing: bool
) -> tuple[WaitingFrame | None, dict[str, Any]]:
    """The next rung for a frame by the look of its loop, or why there is none."""
    rung = next_rung(ladder, frame.rung, entry.scf.verdict if entry.scf else "stalled")
    if rung is None:
        last = frame.rung or "the level's own settings"
        return None, {"detail": f"{entry.detail}; {last} was the last that could be tried"}
    if rung.changes_physics and not smearing:
        detail = f"{entry.detail}; only {rung.name} is left, which changes the physics (labelling.gates.smearing)"
        return None, {"reason": NEEDS_SMEARING, "detail": detail}
    return WaitingFrame(index=frame.index, rung=rung.name), {}


def _costs(plan: BatchPlan) -> list[FrameCost]:
    return [FrameCost(1, 1, first, following, 0, "batch") for first, following in plan.own_costs or plan.known_costs]


def _job(indices: Sequence[int], rung: str | None) -> PlannedJob:
    return PlannedJob(indices=sorted(indices), rung=rung)


def _chunks(indices: Sequence[int], size: int | None, at_least: int = 1) -> list[list[int]]:
    """Consecutive pieces of at most ``size`` (None: all in one), as equal as can be."""
    pieces = min(max(math.ceil(len(indices) / (size or len(indices))), at_least), len(indices))
    bounds = [round(piece * len(indices) / pieces) for piece in range(pieces + 1)]
    return [list(indices[low:high]) for low, high in itertools.pairwise(bounds)]
