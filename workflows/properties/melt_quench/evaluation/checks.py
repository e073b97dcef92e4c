"""Did the linkers last, and was the committee trusted: over all legs (no AiiDA)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from aiida_zif.plugins.words import counted
from aiida_zif.workflows.properties.melt_quench.evaluation.legs import LegResult
from aiida_zif.workflows.properties.melt_quench.plan import STAGES, seed_of
from aiida_zif.workflows.properties.melt_quench.report import LegDone, LinkersKept, Trust
from aiida_zif.workflows.properties.melt_quench.settings import MeltQuenchSettings

AT_THE_END = ("relax_npt", "relax_nvt")
"""Stages of the glass: there every linker must be whole."""


def legs_done(legs: Sequence[LegResult], settings: MeltQuenchSettings) -> list[LegDone]:
    """Return what became of every leg."""
    melted = {leg.leg.replica for leg in legs if leg.leg.is_melt and leg.is_complete}
    return [_leg_done(leg, settings, leg.leg.is_melt or leg.leg.replica in melted) for leg in legs]


def _leg_done(result: LegResult, settings: MeltQuenchSettings, was_run: bool) -> LegDone:
    """What became of a leg that left nothing is in the log of the work chain."""
    leg, report = result.leg, result.report
    if report is None:
        ended = "failed" if was_run else "not_run"
        return LegDone(name=leg.label(), replica=leg.replica, rate=leg.rate, ended=ended)
    deviations = {stage.name: stage.max_deviation for stage in report.stages if stage.max_deviation is not None}
    worst = max(deviations, key=lambda name: deviations[name], default=None)
    return LegDone(
        name=leg.label(),
        replica=leg.replica,
        rate=leg.rate,
        process=result.process,
        ended=report.ended,
        detail=report.detail or "",
        seed=seed_of(settings, leg),
        n_steps=report.n_steps,
        n_steps_requested=report.n_steps_requested,
        n_jobs=report.n_jobs,
        wall_s=report.wall_s,
        n_looks=report.n_looks,
        n_untrusted=report.n_untrusted,
        max_deviation=None if worst is None else deviations[worst],
        worst_stage=worst,
        n_broken_looks=report.linkers.n_broken_looks if report.linkers else 0,
    )


def linkers_of(legs: Sequence[LegResult]) -> LinkersKept:
    """Return whether every linker was whole in the glasses; in the melt one may be stretched for a moment."""
    reports = [leg.report for leg in legs if leg.report is not None and leg.report.linkers is not None]
    if not reports:
        return LinkersKept(why="no trajectory has a check of its linkers")
    known = [report.linkers for report in reports if report.linkers is not None]
    reasons: Counter[str] = Counter()
    for linkers in known:
        reasons.update(linkers.reasons)
    gone = [leg.leg.label() for leg in legs if leg.report is not None and leg.report.ended == "linkers_broken"]
    glasses = [stage for report in reports for stage in report.stages if stage.name in AT_THE_END]
    at_end, seen = sum(stage.n_broken for stage in glasses), sum(stage.n_looks for stage in glasses)
    if gone:
        why = f"a linker broke and stayed broken in {', '.join(gone)}"
    elif at_end:
        why = f"a linker was broken in {at_end} of {counted(seen, 'sampled frame')} of the glasses"
    elif seen:
        why = f"every linker was intact in {counted(seen, 'sampled frame')} of the glasses"
    else:
        why = "no frame of a glass was sampled"
    if reasons:
        why += "; " + ", ".join(f"{count} x {reason}" for reason, count in sorted(reasons.items()))
    return LinkersKept(
        n=known[0].n,
        n_looks=sum(report.n_looks for report in reports),
        n_broken_looks=sum(linkers.n_broken_looks for linkers in known),
        passed=False if gone or at_end else True if seen else None,
        why=why,
    )


def trust_of(legs: Sequence[LegResult], settings: MeltQuenchSettings, n_models: int, n_returned: int) -> Trust:
    """Return how often the committee disagreed by more than the level, stage by stage.

    :param n_returned: frames that came back.
    """
    reports = [leg.report for leg in legs if leg.report is not None]
    stages = [stage for report in reports for stage in report.stages]
    looks = {name: sum(stage.n_looks for stage in stages if stage.name == name) for name in STAGES}
    above = {name: sum(stage.n_untrusted for stage in stages if stage.name == name) for name in STAGES}
    largest = {stage.name: 0.0 for stage in stages if stage.max_deviation is not None}
    for stage in stages:
        if stage.max_deviation is not None:
            largest[stage.name] = max(largest[stage.name], stage.max_deviation)
    worst = max(largest, key=lambda name: largest[name], default=None)
    n_looks, n_untrusted = sum(looks.values()), sum(above.values())
    judged = settings.trust is not None and n_models > 1
    return Trust(
        level=settings.trust,
        n_models=n_models,
        n_looks=n_looks,
        n_untrusted=n_untrusted,
        n_returned=n_returned,
        share=n_untrusted / n_looks if judged and n_looks else None,
        share_by_stage={name: above[name] / looks[name] for name in STAGES if judged and looks[name]},
        worst_stage=worst,
        max_deviation=None if worst is None else largest[worst],
    )
