"""What a labelling job says of every frame and of itself: the report that its parser writes (no AiiDA)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from aiida_zif.plugins.cp2k.aimd.outcome import PartOutcome
from aiida_zif.plugins.cp2k.batches.cost import hill_formula
from aiida_zif.plugins.cp2k.levels import Level
from aiida_zif.plugins.cp2k.reading.labels import NOT_CONVERGED, NOT_REACHED, NOT_READ, Label, Rejection
from aiida_zif.plugins.cp2k.reading.outputs import MainOutput
from aiida_zif.plugins.cp2k.reading.scf import diagnose
from aiida_zif.plugins.cp2k.reading.why_stopped import ABORTED
from aiida_zif.plugins.data.record import Entry, Report
from aiida_zif.plugins.jobs.interruptions import Ending

GAVE_UP = "SCF run NOT converged"
"""With these words later versions of CP2K abort where 2023.1 warns."""


class ScfLoop(Entry):
    """How the self-consistency of a frame went that did not converge.

    :param verdict: one of :data:`aiida_zif.plugins.cp2k.reading.scf.VERDICTS`.
    :param slope: decades a step at the end of the loop, negative where it converges; None where it is no number.
    :param missing: decades from the last value down to the threshold; None likewise.
    :param steps: of the loop.
    """

    verdict: str
    slope: float | None = None
    missing: float | None = None
    steps: int | None = None


class RejectedFrame(Entry):
    """A frame that is no label.

    :param index: among the frames asked for.
    :param reason: one word for counting, such as ``scf_not_converged``.
    :param detail: for reading.
    :param step: number of the step or snapshot that was to label it.
    :param frame_id: content hash; None in dynamics, where CP2K makes the frames.
    :param scf: of its loop, where that failed.
    """

    index: int
    reason: str
    detail: str = ""
    step: int | None = None
    frame_id: str | None = None
    scf: ScfLoop | None = None


class Stop(Entry):
    """What ended a job before its last frame.

    :param cause: such as ``out_of_walltime``.
    :param detail: for reading.
    :param index: of the frame that the job was at; None where CP2K gave its loop up, which is a verdict on the frame.
    """

    cause: str
    detail: str
    index: int | None


class ScfSteps(Entry):
    """Steps to self-consistency of the frames of a job."""

    mean: float
    max: int


class LevelName(Entry):
    """A level of theory by its hash, and in words."""

    hash: str
    line: str


class JobReport(Report):
    """``output_parameters`` of ``zif.cp2k``.

    :param n_requested: frames asked for; each is labelled or rejected.
    :param n_evaluated: frames or MD steps that the main output reports.
    :param stopped: what ended the job before its last frame, if anything did.
    :param wall_s: s, the whole job.
    :param first_frame_s: s, start-up and the first frame.
    :param seconds_per_frame: s, mean of the others (of the first where there is no other).
    :param formula: Hill formula of the cell, under which times are found again.
    :param mode: ``batch`` or ``aimd``.
    :param rung: name of the rung of the level that the job took, if any.
    :param dynamics: what the job brought of an AIMD run.
    """

    n_requested: int = 0
    n_labelled: int = 0
    n_evaluated: int = 0
    rejected: list[RejectedFrame] = []
    stopped: Stop | None = None
    scf_steps: ScfSteps | None = None
    wall_s: float | None = None
    seconds_per_frame: float | None = None
    first_frame_s: float | None = None
    cp2k_version: str | None = None
    exceeded_walltime: bool = False
    formula: str | None = None
    n_atoms: int | None = None
    level: LevelName | None = None
    mode: str = "batch"
    rung: str | None = None
    dynamics: PartOutcome | None = None


def job_report(
    labels: Sequence[Label],
    rejected: Sequence[Rejection],
    main: MainOutput,
    stop: Ending | None,
    symbols: Sequence[str],
    level: Level,
) -> JobReport:
    """Return what a job has to say, but for what it was asked to do.

    :param labels: the good frames.
    :param rejected: the others.
    :param main: main output.
    :param stop: what ended the run before its last frame, if something did.
    :param symbols: chemical symbols of the frames.
    :param level: level of theory.
    """
    steps = [evaluation.scf_steps for evaluation in main.evaluations.values()]
    rejected, stopped = _blame(rejected, main, stop, level)
    spent = times(main)
    return JobReport(
        n_requested=len(labels) + len(rejected),
        n_labelled=len(labels),
        n_evaluated=len(main.evaluations),
        rejected=[_entry(one) for one in rejected],
        stopped=stopped,
        scf_steps=ScfSteps(mean=float(np.mean(steps)), max=max(steps)) if steps else None,
        wall_s=spent["wall_s"],
        seconds_per_frame=spent["seconds_per_frame"],
        first_frame_s=spent["first_frame_s"],
        cp2k_version=main.version,
        exceeded_walltime=main.out_of_time,
        formula=hill_formula(symbols),
        n_atoms=len(symbols),
        level=LevelName(hash=level.hash, line=level.line),
    )


def times(main: MainOutput) -> dict[str, float | None]:
    """Return wall times in s: of the job, of its first frame with the start-up, and of one of the others.

    In dynamics CP2K counts the evaluation of the start into the time of the first step, which is therefore taken
    to last as long as the steps after it.
    """
    seconds = [one.seconds for one in main.evaluations.values() if one.seconds is not None]
    dynamics = any(one.temperature is not None for one in main.evaluations.values())
    others = seconds[1:] if dynamics and len(seconds) > 1 else seconds
    following = float(np.mean(others)) if others else None
    first = main.wall_s - (following or 0.0) * len(seconds) if main.wall_s is not None else None
    return {
        "wall_s": main.wall_s if main.wall_s is not None else float(sum(seconds)),
        "seconds_per_frame": following if following is not None else first,
        "first_frame_s": first,
    }


def with_frame_ids(report: JobReport, ids: Sequence[str]) -> JobReport:
    """Return the report with the content hash of every rejected frame.

    :param ids: of the frames asked for; empty in dynamics, where CP2K makes them.
    """
    rejected = [one.model_copy(update={"frame_id": ids[one.index] if ids else None}) for one in report.rejected]
    return report.model_copy(update={"rejected": rejected})


def _entry(one: Rejection) -> RejectedFrame:
    entry = RejectedFrame(index=one.index, step=one.step, reason=one.reason, detail=one.detail)
    return entry.model_copy(update={"scf": ScfLoop(**one.scf.as_dict())}) if one.scf else entry


def _blame(
    rejected: Sequence[Rejection], main: MainOutput, stop: Ending | None, level: Level
) -> tuple[list[Rejection], Stop | None]:
    """Say in which frame the run ended and why; where CP2K gave its loop up, that is the verdict on the frame."""
    missing = [one for one in rejected if one.reason in (NOT_REACHED, NOT_READ)]
    if stop is None or not missing:
        return list(rejected), None
    first = min(missing, key=lambda one: one.step)
    threshold = level.settings["energy"]["SCF"]["EPS_SCF"]
    loop = diagnose(main.unfinished, threshold) if main.unfinished else None
    gave_up = stop.cause == ABORTED and GAVE_UP in stop.detail
    if loop and gave_up:
        verdict = Rejection(first.index, first.step, NOT_CONVERGED, loop.in_words(), loop)
        rejected = [verdict if one is first else one for one in rejected]
    detail = stop.detail + (f" ({loop.in_words()})" if loop else "")
    return list(rejected), Stop(cause=stop.cause, detail=detail, index=None if gave_up else first.index)
