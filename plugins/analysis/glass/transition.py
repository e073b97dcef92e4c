"""Glass transition: the kink of density or enthalpy on cooling over replicas, and its slope against the rate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from aiida_zif.plugins.analysis.errors import replica_error
from aiida_zif.plugins.analysis.glass.kink import Kink, find_kink

Quantity = Literal["density", "enthalpy"]
CHANGE: dict[Quantity, int] = {"density": -1, "enthalpy": 1}
"""Sign of the slope of the liquid less that of the glass: a liquid expands more, and takes up more heat."""

FEWEST_RATES = 3
FEWEST_DECADES = 1.0

METHOD = (
    "two lines that meet with a smooth bend (hyperbola, Patrone et al., Polymer 87, 246 (2016)), fitted to the "
    "{quantity} on cooling against the target temperature; error by bootstrap of the residuals and between replicas"
)


@dataclass(frozen=True)
class Fitted:
    """A temperature over replicas, or why there is none; NaN where there is none.

    :param at: mean over the replicas that have a kink, K.
    :param error: the larger one of the spread between replicas and their own errors, K.
    :param error_from: which one it is: ``replicas`` or ``bootstrap``.
    :param n: replicas behind it.
    :param kinks: those of the replicas.
    """

    at: float
    error: float
    error_from: str
    n: int
    kinks: tuple[Kink, ...]
    remark: str = ""

    @property
    def found(self) -> bool:
        """Whether there is a transition."""
        return bool(np.isfinite(self.at))


def glass_transition(
    temperatures: ArrayLike, curves: Sequence[ArrayLike], quantity: Quantity, seed: int, draws: int = 200
) -> Fitted:
    """Return the temperature at which the curves of independent replicas have their kink.

    Every replica is fitted by itself. Where not every one has a kink, their mean curve is fitted; where that has none,
    there is no transition to speak of.

    :param temperatures: asked for, K, shape (B,), the same for all replicas.
    :param curves: one a replica, shape (B,) each: density in g/cm³ or enthalpy in eV.
    :param seed: of the bootstrap.
    """
    change = CHANGE[quantity]
    kinks = tuple(find_kink(temperatures, one, change, seed + index, draws) for index, one in enumerate(curves))
    found = [kink for kink in kinks if kink.found]
    if kinks and len(found) == len(kinks):
        return over_replicas([kink.at for kink in found], [kink.error for kink in found], kinks)
    if len(kinks) > 1:
        mean = find_kink(temperatures, np.mean([np.asarray(one, dtype=float) for one in curves], axis=0), change, seed)
        if mean.found:
            remark = f"kink of the mean curve of {len(kinks)} replicas, {len(found)} of which show one by themselves"
            return Fitted(mean.at, mean.error, "bootstrap", len(kinks), kinks, remark)
        return Fitted(np.nan, np.nan, "none", len(kinks), kinks, f"no kink: {mean.why_not}")
    why = kinks[0].why_not if kinks else "no quench was completed"
    return Fitted(np.nan, np.nan, "none", len(kinks), kinks, f"no kink: {why}")


def over_replicas(values: Sequence[float], errors: Sequence[float], kinks: tuple[Kink, ...] = ()) -> Fitted:
    """Return the mean of what replicas gave, each with its own error.

    The spread between replicas contains their own errors, so that a smaller one is chance: the larger one counts.

    :param values: one a replica, shape (R,).
    :param errors: their own standard errors, shape (R,); NaN where there is none.
    """
    own = float(np.sqrt(np.nansum(np.square(errors)))) / len(values)
    if len(values) == 1:
        return Fitted(float(values[0]), own, "bootstrap", 1, kinks, "one replica: the error of its fit")
    between = replica_error(values)
    if own > between.error:
        remark = "error of the fits, which is larger than that of the spread of the replicas"
        return Fitted(float(between.mean), own, "bootstrap", len(values), kinks, remark)
    return Fitted(float(between.mean), float(between.error), "replicas", len(values), kinks, between.remark)


@dataclass(frozen=True)
class Slope:
    """Change of a temperature with the decade of a rate, K; NaN and ``why_not`` where it cannot be stated."""

    value: float
    error: float
    error_from: str = "none"
    n: int = 0
    rates: tuple[float, ...] = ()
    why_not: str = ""
    remark: str = ""


def slope_with_rate(rates: ArrayLike, temperatures: ArrayLike, errors: ArrayLike) -> Slope:
    """Fit T = a + s log10(rate) within every replica, and return the mean of s.

    All quenches of a replica start from the same melt, so that what distinguishes replicas drops out of s. At least
    three rates over at least a decade are needed. Nothing is extrapolated.

    :param rates: K/ps, shape (K,).
    :param temperatures: K, one row a replica, shape (R, K); NaN where a quench has none.
    :param errors: their own standard errors, shape (R, K).
    """
    rates, table = np.asarray(rates, dtype=float), np.asarray(temperatures, dtype=float)
    own = np.asarray(errors, dtype=float)
    if why := _too_few(rates):
        return Slope(np.nan, np.nan, rates=tuple(rates), why_not=why)
    slopes, spreads = [], []
    for row, error in zip(table, own, strict=True):
        known = np.isfinite(row)
        if _too_few(rates[known]):
            continue
        x = np.log10(rates[known])
        weights = (x - x.mean()) / np.sum((x - x.mean()) ** 2)
        slopes.append(float(weights @ row[known]))
        spreads.append(float(np.sqrt(np.sum((weights * np.nan_to_num(error[known])) ** 2))))
    if not slopes:
        why = f"no replica has a transition at {FEWEST_RATES} rates over a decade"
        return Slope(np.nan, np.nan, rates=tuple(rates), why_not=why)
    mean = over_replicas(slopes, spreads)
    remark = mean.remark if len(slopes) == len(table) else f"{len(slopes)} of {len(table)} replicas; {mean.remark}"
    return Slope(mean.at, mean.error, mean.error_from, len(slopes), tuple(rates), remark=remark)


def _too_few(rates: np.ndarray) -> str:
    """Why rates allow no slope; empty if they do."""
    different = np.unique(rates)
    if len(different) < FEWEST_RATES:
        return f"{len(different)} {'rate' if len(different) == 1 else 'rates'}, at least {FEWEST_RATES} are needed"
    decades = float(np.log10(different[-1] / different[0]))
    if decades < FEWEST_DECADES - 1e-9:
        return f"the rates span {decades:.2f} decades, at least one is needed"
    return ""
