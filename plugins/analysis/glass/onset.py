"""Onset of melting: where on heating a tenth more of the metals than in the crystal have lost their fourth bond."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from aiida_zif.plugins.analysis.glass.kink import inflation_of

FALL = 0.1
"""Share of the metals."""

METHOD = (
    f"temperature at which the share of metals with four N has fallen by {FALL:g} below that of the crystal, on the "
    "best decreasing curve through the share on heating"
)

FEWEST = 12
"""Points."""

TOGETHER = 2.5
"""How much larger the variance of a slow fit is than for independent points; beyond it the error comes out too small:
of series whose neighbours have a correlation of 0.8 it covers the truth in 70 to 78 of 100 cases, two errors wide."""

BLOCKS_GO_TOGETHER = "neighbouring points go together: the error is a lower bound, of about half of what it should be"

FREEDOMS = (4.0, 6.0, 9.0, 13.0, 18.0)
"""Degrees of freedom of the smooth curves that are tried for the noise."""


@dataclass(frozen=True)
class Onset:
    """Where a curve has fallen so far, or why it has not.

    :param at: temperature; NaN where there is none.
    :param error: standard error by bootstrap.
    :param remark: what a reader must know before the error is used; empty if nothing.
    """

    at: float
    error: float
    why_not: str = ""
    remark: str = ""


def onset_of_melting(
    temperatures: ArrayLike, four_fold: ArrayLike, of_crystal: float, seed: int, draws: int = 200
) -> Onset:
    """Return the temperature at which a curve on heating first lies :data:`FALL` below its value in the crystal.

    The curve is the best one that only falls (isotonic regression), which assumes no shape. Its error is that of a
    wild bootstrap about a smoothing spline, whose stiffness generalised cross-validation chooses, with larger noise
    where neighbouring residuals go together.

    :param temperatures: asked for, K, ascending, shape (B,).
    :param four_fold: share of metals with four nitrogens, shape (B,).
    :param of_crystal: the share before heating.
    :param seed: of the draws.
    """
    x, y = np.asarray(temperatures, dtype=float), np.asarray(four_fold, dtype=float)
    if len(x) < FEWEST:
        return Onset(np.nan, np.nan, f"{len(x)} points are too few, at least {FEWEST} are needed")
    level = of_crystal - FALL
    at = first_below(x, falling(y), level)
    if np.isnan(at):
        lowest = float(falling(y)[-1])
        return Onset(np.nan, np.nan, f"the share of metals with four N ends at {lowest:.2f} of {of_crystal:.2f}")
    smooth, freedom = _smooth(x, y)
    residuals = y - smooth
    inflation = inflation_of(residuals, freedom)
    scale = (inflation * len(x) / (len(x) - freedom)) ** 0.5
    noise = scale * residuals * np.random.default_rng(seed).standard_normal((draws, len(x)))
    drawn = np.array([first_below(x, falling(smooth + one), level) for one in noise])
    drawn[np.isnan(drawn)] = x[-1]
    remark = BLOCKS_GO_TOGETHER if inflation > TOGETHER else ""
    return Onset(at, float(np.std(drawn, ddof=1)), remark=remark)


def falling(y: np.ndarray) -> np.ndarray:
    """Return the curve that only falls and is closest to y, shape (B,): neighbours that rise are pooled."""
    means: list[float] = []
    counts: list[int] = []
    for value in y:
        means.append(float(value))
        counts.append(1)
        while len(means) > 1 and means[-1] > means[-2]:
            count = counts[-2] + counts[-1]
            means[-2] = (means[-2] * counts[-2] + means[-1] * counts[-1]) / count
            counts[-2] = count
            del means[-1], counts[-1]
    return np.repeat(means, counts)


def first_below(x: np.ndarray, curve: np.ndarray, level: float) -> float:
    """Return where a falling curve crosses a level, between points by a line; NaN where it does not."""
    below = np.flatnonzero(curve < level)
    if not len(below):
        return float("nan")
    after = int(below[0])
    if after == 0:
        return float(x[0])
    share = (curve[after - 1] - level) / (curve[after - 1] - curve[after])
    return float(x[after - 1] + share * (x[after] - x[after - 1]))


def _smooth(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, float]:
    """The smoothing spline of least generalised cross-validation, and its degrees of freedom.

    Each degree counts twice, so that a spline does not follow noise that neighbours share.
    """
    found = []
    for matrix in _smoothers(x):
        freedom, curve = float(np.trace(matrix)), matrix @ y
        score = float(np.sum((y - curve) ** 2)) / max(1.0, len(x) - 2.0 * freedom) ** 2
        found.append((score, freedom, curve))
    _, freedom, curve = min(found, key=lambda one: one[0])
    return curve, freedom


def _smoothers(x: np.ndarray) -> list[np.ndarray]:
    """Matrices of smoothing splines by their degrees of freedom, which may not exceed a third of the points."""
    from scipy.linalg import eigh

    values, vectors = eigh(_roughness(x))
    matrices = []
    for wanted in FREEDOMS:
        if wanted > len(x) / 3:
            break
        low, high = -30.0, 30.0  # ln of the stiffness
        for _ in range(60):
            middle = (low + high) / 2
            low, high = (middle, high) if np.sum(1 / (1 + np.exp(middle) * values)) > wanted else (low, middle)
        matrices.append(vectors @ np.diag(1 / (1 + np.exp(low) * values)) @ vectors.T)
    return matrices


def _roughness(x: np.ndarray) -> np.ndarray:
    """Penalty of a curve through points that are not evenly spaced: its second differences, squared."""
    scaled = (x - x[0]) / np.ptp(x) * (len(x) - 1)
    steps = np.diff(scaled)
    second = np.zeros((len(x) - 2, len(x)))
    rows = np.arange(len(x) - 2)
    second[rows, rows] = 1 / steps[:-1]
    second[rows, rows + 1] = -1 / steps[:-1] - 1 / steps[1:]
    second[rows, rows + 2] = 1 / steps[1:]
    return np.clip(second.T @ second, -1e12, 1e12)
