"""Systems that fail while others learn: counted, left out, and reported (no AiiDA)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from aiida_zif.plugins.data.record import Record
from aiida_zif.plugins.lammps.exploration.report import ExplorationReport
from aiida_zif.plugins.words import counts_in_words
from aiida_zif.workflows.active_learning.selection.choice_report import Choice
from aiida_zif.workflows.labelling.label_report import LabelReport

STRIKES = 2
"""Cycles in a row that a system may fail before it is left out; one is bad luck."""

LOST = ("crashed", "not_run")
"""How MD runs end of which nothing is known."""


class Standing(Record):
    """Whether a system takes part.

    :param failures: cycles in a row in which it failed.
    :param cause: of the last failure; None if it did not fail in the last cycle.
    :param quarantined: whether it is left out.
    """

    failures: int = 0
    cause: str | None = None
    quarantined: bool = False


Systems = Mapping[str, Standing]


def labelling_failure(report: LabelReport | None, budget: float) -> str | None:
    """Return why a labelling failed, or None.

    :param report: of it; None if it ended without one.
    :param budget: share of the frames that may get no label.
    """
    if report is None:
        return "the labelling ended without a report"
    lost, labelled = report.n_lost, report.n_labelled
    if labelled and lost <= budget * (lost + labelled):
        return None
    causes = counts_in_words(report.n_rejected)
    return f"{lost} of {lost + labelled} frames got no label ({causes})" if lost else "not one frame got a label"


def cycle_failure(
    exploration: ExplorationReport | None,
    selection: Choice | None,
    report: LabelReport | None,
    budget: float,
    hopeless: float,
) -> str | None:
    """Return why a cycle of one system failed, or None.

    :param exploration: what was explored; None if no frame came back.
    :param selection: what became of the explored frames; None if nothing could be chosen.
    :param report: of the labelling; None if there was none.
    :param budget: share of the frames that may get no label.
    :param hopeless: share of the explored frames from which on those that are not worth a label are a failure.
    """
    if selection is None:
        lost = [run.label for run in (exploration.runs if exploration else ()) if run.ended in LOST]
        return f"MD runs were lost: {', '.join(lost)}" if lost else "the exploration returned no frame"
    if report is None and is_hopeless(selection, hopeless):
        return f"{selection.n_failed} of {selection.n_explored} frames are above the upper level or not physical"
    return labelling_failure(report, budget) if selection.n_selected else None


def is_hopeless(selection: Choice, share: float) -> bool:
    """Whether at least ``share`` of the explored frames of a system are not worth a label."""
    return bool(selection.n_explored) and selection.n_failed >= share * selection.n_explored


def updated(systems: Systems, failures: Mapping[str, str | None]) -> dict[str, Standing]:
    """Return the systems after one more cycle.

    :param systems: before it.
    :param failures: of every system that took part why it failed, or None.
    """
    after = dict(systems)
    for name, cause in failures.items():
        count = after.get(name, Standing()).failures + 1 if cause else 0
        after[name] = Standing(failures=count, cause=cause, quarantined=count >= STRIKES)
    return after


def opened(failures: Mapping[str, str | None]) -> dict[str, Standing]:
    """Return the systems after the first labelling, which must not fail: without it there is nothing to start from."""
    return {
        name: Standing(failures=int(cause is not None), cause=cause, quarantined=cause is not None)
        for name, cause in failures.items()
    }


def taking_part(names: Iterable[str], systems: Systems) -> list[str]:
    """Return the systems of a campaign that are not left out, by name.

    :param names: of all its systems.
    :param systems: standing of those of which one is known.
    """
    return sorted(name for name in names if not systems.get(name, Standing()).quarantined)
