"""What a committee's deviation says of the true error (no AiiDA).

The relation is a power law with a scatter, a straight line in logarithms::

    log(error) = log(level) + slope · log(deviation / centre) ± scatter

Error and deviation span decades and their spread grows with their size, so that logarithms are where the scatter is
even. A committee whose members err independently has slope 1 (the deviation of Y. Zhang et al., Comput. Phys. Commun.
253, 107206 (2020), is then proportional to the error of each member); the slope is therefore drawn towards 1 as far as
few or narrowly spread points leave it open, and stays positive, so that the relation can be inverted.

The error is the force RMSE of a frame, the measure of every other error that a campaign shows, of the member that drove
the exploration: the one whose forces are used, and whose distance from the others is what the deviation is made of. Of
held-out frames, on which all members are tested, it is the root mean square over the members.

The band is a prediction interval: it is for frames that the fit has not seen, and few frames leave it wide, by
Student's t with as many degrees of freedom as the fit leaves (a slope that the prior fixes costs none). Frames are
taken as independent; where they follow each other along one trajectory the band is narrower than it ought to be.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from aiida_zif.plugins.data.record import Record

FEWEST = 6
"""Frames; with fewer there is no calibration."""

SLOPE, SLOPE_SPREAD = 1.0, 0.5
"""Slope of a committee with independent members, and how far real ones are from it."""

SLOPE_RANGE = (0.2, 3.0)
NORMAL_MAD = 1.4826
"""Standard deviation of a normal distribution over its median absolute deviation."""

HUBER = 1.345
"""Residuals beyond so many scatters count less (P. J. Huber's estimator at 95 % efficiency)."""

FAR_OUT = 4.0
"""What is further from the line than so many scatters counts as being as far: no single frame sets the scatter."""

BAND_SHARE = 0.9
"""Share of the frames that the band is to hold."""

FOLDS = 5
BOOTSTRAPS = 200
ITERATIONS = 10
TINY = 1e-6
"""eV/Å; smaller values are rounding."""

WORTHLESS = 10.0
"""Times the target error from which on a frame is so far off that its label would teach little about the target."""


class Relation(Record):
    """What a deviation says of the true error, see the head of this module.

    :param n: frames that it was fitted to.
    :param centre: median deviation of these, eV/Å.
    :param level: typical error there, eV/Å.
    :param scatter: standard deviation of log(error), and ``dof``, its degrees of freedom.
    :param level_error: standard error of log(level), as ``slope_error`` is that of the slope.
    :param range: smallest and largest deviation, eV/Å.
    :param coverage: share of the frames inside the 90 % band of a fit that had not seen them; NaN while it is fitted.
    """

    n: int
    centre: float
    level: float
    slope: float
    scatter: float
    dof: float
    level_error: float
    slope_error: float
    range: tuple[float, float]
    coverage: float = math.nan


class Calibration(Record):
    """The relations of a campaign after a cycle; None where there were too few frames.

    :param cycle: after which it was fitted.
    :param systems: by system.
    :param elements: by element, all systems together: what the deviation of a frame says of the atoms of one element.
    :param pooled: of all frames.
    """

    cycle: int
    systems: dict[str, Relation | None]
    elements: dict[str, Relation | None]
    pooled: Relation | None

    @classmethod
    def upgraded(cls, content: dict[str, Any], number: int) -> dict[str, Any]:
        """Add the degrees of freedom, which relations of early versions lack."""

        def whole(relation: dict[str, Any] | None) -> dict[str, Any] | None:
            return relation and {"dof": relation["n"] - 2, **relation}

        named = {
            kind: {name: whole(relation) for name, relation in content[kind].items()}
            for kind in ("systems", "elements")
        }
        return content | named | {"pooled": whole(content["pooled"])}

    def of(self, system: str) -> Relation | None:
        """Return the relation of a system, of all systems together where it has none, or None."""
        return self.systems.get(system) or self.pooled


class ErrorOfFrame(Record):
    """A frame of which both the deviation and the true error are known.

    :param max_force_deviation: eV/Å.
    :param force_rmse: true error, eV/Å.
    :param elements: that of the atoms of each element, eV/Å; empty where it is not known.
    :param role: 0 for a frame that was chosen, 1 for one drawn at random, None for one that is held out.
    """

    system: str
    max_force_deviation: float
    force_rmse: float
    elements: dict[str, float] = {}
    role: int | None = None


def fit(deviation: np.ndarray, error: np.ndarray, seed: int) -> Relation | None:
    """Fit the relation of one set of frames.

    :param deviation: largest force deviation of each frame, eV/Å, shape (N,).
    :param error: true force RMSE of each frame, eV/Å, shape (N,).
    :param seed: of the bootstrap.
    :returns: None with fewer than 6 usable frames.
    """
    usable = np.isfinite(deviation) & np.isfinite(error) & (deviation > TINY) & (error > TINY)
    x, y = np.log(deviation[usable]), np.log(error[usable])
    if len(x) < FEWEST:
        return None
    order = np.lexsort((y, x))  # what is drawn below must not depend on the order in which frames were labelled
    x, y = x[order], y[order]
    curve = _curve(x, y, np.random.default_rng(seed))
    return curve.model_copy(update={"coverage": _coverage(x, y, np.random.default_rng(seed))})


def _curve(x: np.ndarray, y: np.ndarray, rng: np.random.Generator) -> Relation:
    """Fit logarithms of deviation and error, both of shape (N,), in eV/Å."""
    centre = float(np.median(x))
    level, slope, scatter, dof = (float(value) for value in _lines(x - centre, y))
    draws = rng.integers(len(x), size=(BOOTSTRAPS, len(x)))
    levels, slopes, _, _ = _lines(x[draws] - centre, y[draws])
    return Relation(
        n=len(x),
        centre=math.exp(centre),
        level=math.exp(level),
        slope=slope,
        scatter=scatter,
        dof=dof,
        level_error=float(levels.std(ddof=1)),
        slope_error=float(slopes.std(ddof=1)),
        range=(math.exp(x.min()), math.exp(x.max())),
    )


def error_at(curve: Relation, deviation: np.ndarray | float) -> np.ndarray:
    """Return the typical (median) force RMSE in eV/Å at a deviation in eV/Å."""
    return curve.level * (np.asarray(deviation) / curve.centre) ** curve.slope


def error_band(curve: Relation, deviation: np.ndarray | float) -> tuple[np.ndarray, np.ndarray]:
    """Return the band in eV/Å that is to hold 90 % of the frames that are still unseen, the fit's uncertainty included.

    Student's t of the scatter's degrees of freedom: the scatter of few frames is itself a guess.
    """
    from scipy.special import stdtrit

    offset = np.log(np.asarray(deviation) / curve.centre)
    width = np.sqrt(curve.scatter**2 + curve.level_error**2 + (offset * curve.slope_error) ** 2)
    width *= stdtrit(curve.dof, (1 + BAND_SHARE) / 2)
    typical = error_at(curve, deviation)
    return typical * np.exp(-width), typical * np.exp(width)


def deviation_at(curve: Relation, error: float) -> tuple[float, float]:
    """Return the deviation in eV/Å at which the typical error is ``error`` (eV/Å), and its relative standard error."""
    slope = curve.slope
    offset = math.log(error / curve.level) / slope
    # A slope known to worse than half of itself would let the levels fall where the target rises.
    spread = math.hypot(curve.level_error, offset * min(curve.slope_error, slope / 2)) / slope
    return curve.centre * math.exp(offset), spread


def levels_for(curve: Relation, target_error: float) -> tuple[float, float]:
    """Return the trust levels for a target error.

    Below the lower level the typical error is smaller than the target, with one standard error to spare: what is not
    known yet is taken as not learnt yet. At the upper level the typical error is ten times the target, likewise with
    one standard error to spare. Neither lies more than a factor of two outside of the deviations that were labelled.

    :param target_error: force RMSE of a frame, eV/Å.
    :returns: lower and upper level of the largest force deviation, eV/Å; both grow with the target.
    """
    levels = []
    for error, sign in ((target_error, -1.0), (WORTHLESS * target_error, 1.0)):
        deviation, spread = deviation_at(curve, error)
        levels.append(deviation * math.exp(sign * spread))
    smallest, largest = curve.range[0] / 2, curve.range[1] * 2
    lower = min(max(levels[0], smallest), largest)
    return lower, max(min(levels[1], largest), 2 * lower)


def calibrate_frames(frames: Sequence[ErrorOfFrame], seed: int, cycle: int = 0) -> Calibration:
    """Fit every system, every element, and all frames together.

    :param seed: of the bootstraps.
    :param cycle: after which they are fitted.
    """
    systems = sorted({frame.system for frame in frames})
    elements = sorted({element for frame in frames for element in frame.elements})
    return Calibration(
        cycle=cycle,
        systems={name: _fit_pairs([_pair(one) for one in frames if one.system == name], seed) for name in systems},
        elements={
            name: _fit_pairs(
                [(one.max_force_deviation, one.elements[name]) for one in frames if name in one.elements], seed
            )
            for name in elements
        },
        pooled=_fit_pairs([_pair(one) for one in frames], seed),
    )


def _pair(frame: ErrorOfFrame) -> tuple[float, float]:
    return frame.max_force_deviation, frame.force_rmse


def _fit_pairs(pairs: list[tuple[float, float]], seed: int) -> Relation | None:
    table = np.array(pairs, dtype=float).reshape(-1, 2)
    return fit(table[:, 0], table[:, 1], seed)


def _lines(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Fit robust straight lines whose slopes are drawn towards 1, one for each row.

    Weights are Huber's by the median absolute residual; with the scatter as their scale they would shrink each other.

    :param x: shape (..., N), as ``y``.
    :returns: intercept, slope, scatter and its degrees of freedom, each of shape (...).
    """
    weights, scale = np.ones_like(x), np.ones(x.shape[:-1])
    for _ in range(ITERATIONS):
        total = weights.sum(axis=-1)
        mean_x, mean_y = (np.sum(weights * values, axis=-1) / total for values in (x, y))
        dx, dy = x - mean_x[..., None], y - mean_y[..., None]
        prior = np.maximum(scale, 0.05) ** 2 / SLOPE_SPREAD**2
        known = np.sum(weights * dx**2, axis=-1)
        slope = np.clip((np.sum(weights * dx * dy, axis=-1) + prior * SLOPE) / (known + prior), *SLOPE_RANGE)
        residual = np.abs(dy - slope[..., None] * dx)
        dof = x.shape[-1] - 1 - known / (known + prior)
        scale = np.maximum(NORMAL_MAD * np.median(residual, axis=-1) * np.sqrt(x.shape[-1] / dof), TINY)
        weights = np.minimum(1.0, HUBER * scale[..., None] / np.maximum(residual, TINY))
    # The weights make the scatter of even a normal distribution too small; here only what is far out is pulled in.
    pulled_in = np.minimum(residual, FAR_OUT * scale[..., None])
    return mean_y - slope * mean_x, slope, np.maximum(np.sqrt(np.sum(pulled_in**2, axis=-1) / dof), TINY), dof


def _coverage(x: np.ndarray, y: np.ndarray, rng: np.random.Generator) -> float:
    """Return the share of frames inside the band of a fit to the others (every fifth left out in turn)."""
    inside = np.zeros(len(x), dtype=bool)
    fold = np.arange(len(x)) % FOLDS
    for out in (fold == index for index in range(FOLDS)):
        low, high = error_band(_curve(x[~out], y[~out], rng), np.exp(x[out]))
        inside[out] = (low <= np.exp(y[out])) & (np.exp(y[out]) <= high)
    return float(inside.mean())
