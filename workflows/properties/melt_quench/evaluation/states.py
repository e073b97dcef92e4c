"""Density, enthalpy, coordination and deviation of crystal, melt and glasses, each with its error (no AiiDA)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from aiida_zif.plugins.analysis.drift import drift_of
from aiida_zif.plugins.analysis.errors import block_error, combine
from aiida_zif.plugins.analysis.glass.transition import over_replicas
from aiida_zif.plugins.data.measured import ErrorFrom, Measured
from aiida_zif.workflows.properties.melt_quench.evaluation.legs import LegResult, with_stage
from aiida_zif.workflows.properties.melt_quench.report import CRYSTAL, MELT, State, glass_at
from aiida_zif.workflows.properties.melt_quench.settings import MeltQuenchSettings

SETTLED = 0.5
"""The last share of a stage counts: the rest is relaxation."""


def states_of(legs: Sequence[LegResult], settings: MeltQuenchSettings, n_atoms: int) -> dict[str, State]:
    """Return the states that some replica reached: means over the last half of their stage at constant pressure.

    :param n_atoms: of the cell.
    """
    stages: dict[str, tuple[str, float | None]] = {CRYSTAL: ("crystal", None), MELT: ("melt", None)}
    stages |= {glass_at(rate): ("relax_npt", rate) for rate in sorted(settings.rates)}
    same_temperature = settings.glass_temperature == settings.start_temperature
    found = {}
    for name, (stage, rate) in stages.items():
        of_state = with_stage(legs, stage, rate)
        if not of_state:
            continue
        quantities = {key: _quantity(of_state, stage, *how, n_atoms) for key, how in QUANTITIES.items()}
        above = above_crystal(legs, of_state, n_atoms) if rate is not None and same_temperature else None
        drifting = {key: drift for key in DRIFT if (drift := _drift(of_state, stage, key, n_atoms)) is not None}
        deviation = _deviation(of_state, stage)
        found[name] = State(**quantities, deviation=deviation, above_crystal=above, drifting=drifting)
    return found


QUANTITIES: dict[str, tuple[str, str, bool]] = {
    "temperature": ("temperature", "K", False),
    "pressure": ("pressure", "GPa", False),
    "density": ("density", "g/cm³", False),
    "enthalpy": ("enthalpy", "eV/atom", True),
    "coordination": ("coordination", "", False),
    "four_fold": ("four_fold", "", False),
}
"""Field of a state → name in the curves, unit, whether it is divided by the number of atoms."""


DRIFT = ("density", "enthalpy", "coordination")
"""Quantities that are looked at for whether they still change."""


def _drift(legs: Sequence[LegResult], stage: str, key: str, n_atoms: int) -> Measured | None:
    """Change of a quantity within the blocks that are averaged; None where it is not beyond chance."""
    name, unit, per_atom = QUANTITIES[key]
    found = drift_of([settled(leg, stage, name) / (n_atoms if per_atom else 1) for leg in legs])
    if not found.is_clear:
        return None
    remark = "second half of what is averaged less the first: not settled"
    return Measured(value=found.change, error=found.error, error_from="blocks", n=len(legs), unit=unit, remark=remark)


def _quantity(
    legs: Sequence[LegResult], stage: str, quantity: str, unit: str, per_atom: bool, n_atoms: int
) -> Measured:
    series = [settled(leg, stage, quantity) / (n_atoms if per_atom else 1) for leg in legs]
    return measured(series, unit)


def _deviation(legs: Sequence[LegResult], stage: str) -> Measured | None:
    series = [settled(leg, stage, "deviation_mean") for leg in legs]
    return measured(series, "eV/Å") if any(len(one) for one in series) else None


def settled(leg: LegResult, stage: str, quantity: str) -> np.ndarray:
    """Return a quantity in the last half of the blocks of a stage, without what was not measured; shape (B,)."""
    values = leg.blocks(stage)[quantity]
    values = values[int(len(values) * (1 - SETTLED)) :]
    return np.asarray(values[np.isfinite(values)])


def measured(series: Sequence[np.ndarray], unit: str) -> Measured:
    """Return the mean over replicas with its error.

    :param series: blocks, one array a replica; those without a block are left out.
    """
    known = [one for one in series if len(one)]
    if not known:
        return Measured(unit=unit, remark="not measured")
    return as_measured(combine(known), unit)


def as_measured(estimate: Any, unit: str) -> Measured:
    """Return an estimate of :mod:`aiida_zif.plugins.analysis.errors` as it is reported."""
    error = None if np.isnan(estimate.error) else float(estimate.error)
    n = None if np.isnan(estimate.n) else max(1, round(float(estimate.n)))
    source: ErrorFrom = estimate.error_from if error is not None else "none"
    return Measured(value=float(estimate.mean), error=error, error_from=source, n=n, unit=unit, remark=estimate.remark)


def above_crystal(legs: Sequence[LegResult], glasses: Sequence[LegResult], n_atoms: int) -> Measured | None:
    """Return the enthalpy of the glass above that of its own crystal, meV/atom: what replicas share drops out.

    :param legs: all, among them the melts.
    :param glasses: quenches of one rate.
    """
    crystals = {leg.leg.replica: leg for leg in with_stage(legs, "crystal")}
    values, errors = [], []
    for glass in glasses:
        crystal = crystals.get(glass.leg.replica)
        if crystal is None:
            continue
        pair = [
            block_error(settled(glass, "relax_npt", "enthalpy")),
            block_error(settled(crystal, "crystal", "enthalpy")),
        ]
        values.append((pair[0].mean - pair[1].mean) / n_atoms * 1000.0)
        errors.append(float(np.hypot(pair[0].error, pair[1].error)) / n_atoms * 1000.0)
    if not values:
        return None
    mean = over_replicas(values, errors)
    error = None if np.isnan(mean.error) or mean.error == 0.0 else mean.error
    source: ErrorFrom = "replicas" if mean.error_from == "replicas" else "blocks"
    remark = mean.remark.replace("of its fit", "of its blocks").replace("of the fits", "of the blocks")
    return Measured(
        value=mean.at, error=error, error_from=source if error else "none", n=mean.n, unit="meV/atom", remark=remark
    )
