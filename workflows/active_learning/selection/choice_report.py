"""The report of a choice: every explored frame is chosen, or has one reason (no AiiDA)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np

from aiida_zif.plugins.data.record import Report
from aiida_zif.plugins.lammps.exploration.report import ExplorationReport, Histogram
from aiida_zif.plugins.lammps.statistics import Deviation
from aiida_zif.plugins.selection import Sieved, full_chain
from aiida_zif.plugins.selection.budget import OVER_BUDGET


class Choice(Report):
    """``report`` of ``select_frames``: what became of every explored frame of one system in one cycle.

    :param n_explored: frames that were looked at; ``n_selected`` and ``not_chosen`` add up to it.
    :param n_accurate: below the lower trust level.
    :param n_candidate: inside the trust window.
    :param n_failed: above the upper trust level, or not physical.
    :param n_control: frames drawn at random beside the chosen ones.
    :param selected_by_condition: chosen frames by the label of their MD run.
    :param not_chosen: the other frames by the reason why not.
    :param runs_ended: MD runs by how they ended.
    :param deviation: of the physical frames, eV/Å.
    :param histogram: of the same.
    :param lower: trust level, eV/Å, as ``upper``.
    :param strategy: names of the strategies, in their order.
    """

    n_explored: int
    n_accurate: int
    n_candidate: int
    n_failed: int
    n_selected: int
    n_control: int = 0
    selected_by_condition: dict[str, int] = {}
    not_chosen: dict[str, int] = {}
    runs_ended: dict[str, int] = {}
    deviation: Deviation = Deviation()
    histogram: Histogram = Histogram()
    lower: float | None = None
    upper: float | None = None
    strategy: list[str] = ["window"]

    @property
    def n_unaffordable(self) -> int:
        """Frames that are worth a label and were left out because no labels were left."""
        return self.not_chosen.get(OVER_BUDGET, 0)


def choice_report(
    explored: ExplorationReport,
    n_returned: int,
    sieved: Sieved,
    runs: np.ndarray,
    selection: Mapping[str, Any],
    n_control: int = 0,
) -> Choice:
    """Return what became of every explored frame: it is chosen, or it has one reason why not.

    :param explored: summary of the exploration.
    :param n_returned: candidates that came back from it.
    :param sieved: of the candidates.
    :param runs: index of the run of each candidate, shape (N,).
    :param selection: that the choice was made by.
    :param n_control: frames drawn at random beside the choice.
    """
    labels = [run.label for run in explored.runs]
    conditions = Counter(
        labels[runs[index]] if runs[index] < len(labels) else str(runs[index]) for index in sieved.kept
    )
    return Choice(
        n_explored=explored.n_explored,
        n_accurate=explored.n_accurate,
        n_candidate=explored.n_candidate,
        n_failed=explored.n_failed,
        n_selected=len(sieved.kept),
        n_control=n_control,
        selected_by_condition=dict(sorted(conditions.items())),
        not_chosen=reasons(explored, n_returned, sieved),
        runs_ended=dict(sorted(Counter(run.ended for run in explored.runs if run.ended is not None).items())),
        deviation=explored.deviation,
        histogram=explored.histogram,
        lower=selection["lower"],
        upper=selection["upper"],
        strategy=full_chain(selection["strategy"]),
    )


def reasons(explored: ExplorationReport, n_returned: int, sieved: Sieved) -> dict[str, int]:
    """Return the number of frames by the reason for which they were not chosen, where they were explored or here."""
    counts = Counter(sieved.reasons)
    for run in explored.runs:
        counts.update(run.failed_reasons)
        counts["failed"] -= sum(run.failed_reasons.values())
    counts["failed"] += explored.n_failed
    if explored.keep == "any":
        counts["not_kept_by_harvest"] += explored.n_accurate + explored.n_candidate - n_returned
    else:
        counts["accurate"] += explored.n_accurate
        counts["not_kept_by_harvest"] += explored.n_candidate - n_returned
    return {reason: count for reason, count in sorted(counts.items()) if count}
