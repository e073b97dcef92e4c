"""Criteria by which a campaign is converged, or learns nothing (no AiiDA)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import takewhile
from typing import Any

import numpy as np

from aiida_zif.workflows.active_learning.state.history import CycleRecord, Histogram, RunMean
from aiida_zif.workflows.active_learning.state.verdict import Criterion
from aiida_zif.workflows.campaign.schema.convergence import (
    AccurateShare,
    Convergence,
    Deviation,
    HeldOutError,
    Observable,
)

BULKY: dict[str, Any] = {"histograms": {}, "observables": {}}
"""Parts of a record that only criteria of the last cycles read, and what is left of them."""

LEAST_GAIN = 0.02
"""Share by which the held-out error must fall, and share of accurate frames must rise, to count as learning."""


def remembered(history: Sequence[CycleRecord], cycles: int) -> list[CycleRecord]:
    """Return the records as the next verdict needs them: distributions of the last cycles only, figures of all.

    Every verdict is stored with its history, so that what it keeps of every cycle grows with their square.

    :param cycles: in which a criterion must hold.
    """
    seen_again = max(cycles, 2) - 1
    older, newer = history[:-seen_again], history[-seen_again:]
    return [*(record.model_copy(update=BULKY) for record in older), *newer]


def convergence_criteria(asked: Convergence, history: Sequence[CycleRecord]) -> list[Criterion]:
    """Compare what the last cycles found with what the campaign asks for.

    :param asked: section ``convergence`` of the campaign; criteria that are None are not asked for.
    :param history: one record a cycle, oldest first.
    :returns: one entry a criterion; it is met if it held in each of the last ``cycles`` cycles. ``found`` is of the
        last cycle.
    """
    last = history[-asked.cycles :]
    entries = []
    for name, look in LOOKS.items():
        limit_of = getattr(asked, name)
        if limit_of is None:
            continue
        looks = [look(limit_of, record) for record in last]
        held = sum(holds for holds, *_ in looks)
        _, found, limit, words = looks[-1]
        met = held == asked.cycles
        often = how_often(held, len(last), asked.cycles)
        entries.append(Criterion(name=name, met=met, found=found, limit=limit, words=words + often))
    if asked.observable is not None:
        entries.append(observable_criterion(asked.observable, asked.cycles, history))
    return entries


def how_often(held: int, seen: int, asked: int) -> str:
    """Say in how many of the last cycles a criterion held, empty if a single one is asked for.

    :param seen: cycles that were looked at; in the beginning fewer than ``asked``.
    """
    if asked == 1:
        return ""
    if seen < asked:
        return f", held in {held} of {seen} so far, {asked} cycles in a row asked"
    return f", held in {held} of the last {asked} cycles"


def look_at_deviation(asked: Deviation, record: CycleRecord) -> tuple[bool, Any, float, str]:
    """Compare a quantile of the deviation of the worst system with its limit."""
    quantile, below = asked.quantile, asked.below
    found, system = worst({name: quantile_of(h, quantile) for name, h in record.histograms.items()})
    if found is None:
        return False, None, below, "no explored frame has a deviation"
    words = f"{quantile:.0%} of the physical frames of {system} deviate by less than {found:.3g} eV/Å, {below:g} asked"
    return found < below, found, below, words


def look_at_held_out_error(asked: HeldOutError, record: CycleRecord) -> tuple[bool, Any, float, str]:
    """Compare the upper end of the confidence interval of the held-out error with its limit."""
    below, error = asked.below, record.held_out
    if error is None:
        return False, None, below, "there are too few held-out frames to say how sure their error is"
    words = (
        f"held-out force RMSE {error.rmse:.3g} eV/Å, at {asked.confidence:.0%} confidence at most "
        f"{error.high:.3g}, {below:g} asked"
    )
    return error.high < below, error.high, below, words


def look_at_accurate_share(asked: AccurateShare, record: CycleRecord) -> tuple[bool, Any, float, str]:
    """Compare the share of accurate frames of the worst system with its limit."""
    above = asked.above
    found, system = worst({name: -share for name, share in record.accurate_share.items()})
    if found is None:
        return False, None, above, "no frame was explored"
    return -found > above, -found, above, f"{-found:.1%} of the frames of {system} are accurate, {above:.1%} asked"


LOOKS: dict[str, Callable[[Any, CycleRecord], tuple[bool, Any, float, str]]] = {
    "deviation": look_at_deviation,
    "held_out_error": look_at_held_out_error,
    "accurate_share": look_at_accurate_share,
}


def observable_criterion(asked: Observable, cycles: int, history: Sequence[CycleRecord]) -> Criterion:
    """Ask whether an observable agrees between the last cycles and between the members that drove its runs.

    Every run (one condition of one system) is compared with itself: the largest distance of any of its values from
    their mean, relative to that mean, must not exceed the tolerance.
    """
    name, tolerance, last = asked.name, asked.tolerance, history[-max(cycles, 2) :]

    def look(words: str, found: float | None = None) -> Criterion:
        met = found is not None and found <= tolerance
        return Criterion(name="observable", met=met, found=found, limit=tolerance, words=words)

    values: dict[str, list[RunMean]] = {}
    for record in last:
        for mean in record.observables.get(name, []):
            values.setdefault(f"{mean.system} at {mean.run}", []).append(mean)
    if len(last) < max(cycles, 2):
        return look(f"{name} is known of {len(last)} cycles only")
    compared = {run: means for run, means in values.items() if len(means) > 1}
    if not compared:
        return look(f"no run reported {name} more than once")
    if not any(len({mean.driver for mean in means}) > 1 for means in compared.values()):
        return look(f"{name} comes from one member of the committee only")
    found, run = worst({run: relative_spread([mean.mean for mean in means]) for run, means in compared.items()})
    return look(f"{name} of {run} differs by {found:.1%} between cycles and members, {tolerance:.1%} allowed", found)


def learns_nothing(history: Sequence[CycleRecord], patience: int) -> str | None:
    """Say why labels are no longer worth their cost, or return None.

    That is so if, although each of the last ``patience`` cycles paid for labels, the best held-out error among them is
    not better by 2 % than the best before, and the share of accurate frames did not rise by 2 % either: a committee
    that is taken to hotter places may learn these while its held-out error stands still. Cycles at other stages of a
    curriculum do not compare, so that only the latest stage counts.
    """
    stages = history[-1].stages
    history = list(takewhile(lambda record: record.stages == stages, reversed(history)))[::-1]
    recent, before = history[-patience:], history[:-patience]
    errors = [[r.held_out.rmse for r in part if r.held_out is not None] for part in (before, recent)]
    if len(recent) < patience or not all(errors) or not all(record.n_labelled for record in recent):
        return None
    shares = [[min(r.accurate_share.values(), default=0.0) for r in part] for part in (before, recent)]
    if min(errors[1]) < (1 - LEAST_GAIN) * min(errors[0]) or max(shares[1]) > max(shares[0]) + LEAST_GAIN:
        return None
    spent = sum(record.n_labelled for record in recent)
    return (
        f"{spent} labels of the last {patience} cycles taught nothing: the held-out force RMSE went from "
        f"{min(errors[0]):.3g} to {min(errors[1]):.3g} eV/Å, the share of accurate frames from {max(shares[0]):.0%} to "
        f"{max(shares[1]):.0%}"
    )


def worst(values: Mapping[str, float | None]) -> tuple[float | None, str]:
    """Return the largest value and whose it is; (None, "") if there is none."""
    known = {name: value for name, value in values.items() if value is not None}
    name = max(sorted(known), key=lambda key: known[key], default="")
    return known.get(name), name


def relative_spread(values: Sequence[float]) -> float:
    """Return the largest distance from the mean, relative to it; infinite around a mean of zero unless all agree."""
    mean = float(np.mean(values))
    distance = float(np.max(np.abs(np.asarray(values) - mean)))
    return distance / abs(mean) if mean else (0.0 if distance == 0 else float("inf"))


def quantile_of(histogram: Histogram, quantile: float) -> float | None:
    """Return a quantile from a histogram, evenly between the edges of a bin; None if nothing was counted."""
    counts = np.asarray(histogram.counts, dtype=float)
    if not counts.sum():
        return None
    share = np.concatenate([[0.0], np.cumsum(counts)]) / counts.sum()
    return float(np.interp(quantile, share, histogram.edges[: len(share)]))
