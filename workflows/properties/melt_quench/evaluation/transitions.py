"""Onset of melting, glass transitions and their dependence on the rate, from the curves of the legs (no AiiDA)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from aiida_zif.plugins.analysis.glass import onset as melting
from aiida_zif.plugins.analysis.glass import transition as glass
from aiida_zif.plugins.data.measured import Measured
from aiida_zif.workflows.engine.seeds import derive_seed
from aiida_zif.workflows.properties.melt_quench.evaluation.legs import LegResult, with_stage
from aiida_zif.workflows.properties.melt_quench.evaluation.states import settled
from aiida_zif.workflows.properties.melt_quench.report import RateSlope, Transition, glass_at
from aiida_zif.workflows.properties.melt_quench.settings import MeltQuenchSettings

SLOPE_METHOD = "straight line of Tg against log10 of the rate within every replica, mean over replicas"


def onset_of(legs: Sequence[LegResult], seed: int) -> Transition | None:
    """Return the onset of melting on heating; None where no replica was heated to the end."""
    by_replica = {}
    for leg in with_stage(legs, "heating"):
        four_fold = leg.blocks("heating")["four_fold"]
        if not np.isfinite(four_fold).all() or not leg.has("crystal"):
            continue
        of_crystal = float(np.mean(settled(leg, "crystal", "four_fold")))
        own_seed = derive_seed(seed, "onset", leg.leg.replica)
        found = melting.onset_of_melting(leg.targets("heating"), four_fold, of_crystal, own_seed)
        by_replica[str(leg.leg.replica)] = kelvin(found.at, found.error, "bootstrap", 1, found.why_not or found.remark)
    if not by_replica:
        return None
    known = [one for one in by_replica.values() if one.value is not None]
    if not known:
        reasons = "; ".join(sorted({one.remark for one in by_replica.values()}))
        return Transition(
            temperature=kelvin(np.nan, np.nan, "none", 0, f"no onset: {reasons}"),
            method=melting.METHOD,
            by_replica=by_replica,
        )
    mean = glass.over_replicas([float(one.value or 0.0) for one in known], [one.error or np.nan for one in known])
    lower = melting.BLOCKS_GO_TOGETHER if mean.error_from == "bootstrap" else ""
    remark = "; ".join(filter(None, [mean.remark, lower if any(one.remark == lower for one in known) else ""]))
    if len(known) < len(by_replica):
        remark = f"{len(known)} of {len(by_replica)} replicas melt on heating, mean over these; {remark}"
    temperature = kelvin(mean.at, mean.error, mean.error_from, mean.n, remark)
    return Transition(temperature=temperature, method=melting.METHOD, by_replica=by_replica)


def glass_transitions(
    legs: Sequence[LegResult], settings: MeltQuenchSettings, quantity: glass.Quantity
) -> tuple[dict[str, Transition], RateSlope]:
    """Return the glass transition of every rate by one quantity, and its slope against log10 of the rate."""
    found, fits = {}, {}
    rates = sorted(settings.rates)
    for rate in rates:
        quenched = with_stage(legs, "quench", rate)
        if not quenched:
            continue
        length = min(len(leg.blocks("quench")) for leg in quenched)
        curves = [leg.blocks("quench")[quantity][:length] for leg in quenched]
        seed = derive_seed(settings.seed, "transition", quantity, f"{rate:g}")
        fits[rate] = glass.glass_transition(quenched[0].targets("quench")[:length], curves, quantity, seed)
        by_replica = {
            str(leg.leg.replica): kelvin(kink.at, kink.error, "bootstrap", 1, kink.why_not)
            for leg, kink in zip(quenched, fits[rate].kinks, strict=True)
        }
        fit = fits[rate]
        temperature = kelvin(fit.at, fit.error, fit.error_from, fit.n, fit.remark)
        method = glass.METHOD.format(quantity=quantity)
        found[glass_at(rate)] = Transition(temperature=temperature, method=method, by_replica=by_replica)
    return found, slope_of(found, rates, settings.replicas)


def slope_of(transitions: dict[str, Transition], rates: Sequence[float], n_replicas: int) -> RateSlope:
    """Return the slope against log10 of the rate, paired within replicas; without a value where it has none."""
    values, errors = np.full((2, n_replicas, len(rates)), np.nan)
    for column, rate in enumerate(rates):
        transition = transitions.get(glass_at(rate))
        for replica, one in (transition.by_replica if transition else {}).items():
            values[int(replica), column] = np.nan if one.value is None else one.value
            errors[int(replica), column] = np.nan if one.error is None else one.error
    slope = glass.slope_with_rate(rates, values, errors)
    remark = "; ".join(filter(None, [slope.why_not, slope.remark]))
    measured = kelvin(slope.value, slope.error, slope.error_from, slope.n, remark, "K per decade")
    return RateSlope(slope=measured, rates=list(rates), method=SLOPE_METHOD)


def kelvin(value: float, error: float, source: str, n: int, remark: str, unit: str = "K") -> Measured:
    """Return a temperature as it is reported; one that is not there has no value, and its remark says why."""
    if not np.isfinite(value):
        return Measured(unit=unit, remark=remark)
    known = bool(np.isfinite(error) and error > 0)
    return Measured(
        value=float(value),
        error=float(error) if known else None,
        error_from=source if known else "none",  # type: ignore[arg-type]
        n=n,
        unit=unit,
        remark=remark,
    )
