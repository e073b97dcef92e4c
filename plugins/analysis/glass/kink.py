"""Two lines that meet: the hyperbola that fits a curve with a kink, and the error of where it is (no AiiDA).

The curve is y = a + b (T - T0) + c h(T - T0), h(x) = x/2 + sqrt(x²/4 + w²): slope b far below T0, b + c far above, and
a bend of width w between them (Patrone et al., Polymer 87, 246 (2016), eq. 4, with w² = exp of their c). T0 is where
the two lines meet.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

N_CENTRES, N_WIDTHS = 81, 9
NARROWEST, WIDEST = 0.003, 0.12
"""Bends that are tried, as shares of the range of T."""

MARGIN = 0.1
"""Share of the range of T at either end within which no kink can be told from noise."""

FEWEST = 12
"""Points."""

PARAMETERS = 5
"""Of the hyperbola."""


@dataclass(frozen=True)
class Kink:
    """A kink, or why there is none.

    :param at: T0; NaN without a kink.
    :param error: standard error of T0, by bootstrap; NaN without a kink.
    :param below: slope far below; above: slope far above.
    :param width: of the bend, in the unit of T.
    :param fitted: the curve at the points, shape (B,).
    :param why_not: empty if there is a kink.
    """

    at: float
    error: float
    below: float
    above: float
    width: float
    fitted: np.ndarray
    why_not: str = ""

    @property
    def found(self) -> bool:
        """Whether there is a kink."""
        return not self.why_not


def find_kink(x: ArrayLike, y: ArrayLike, change: int, seed: int, draws: int = 200) -> Kink:
    """Fit the hyperbola to a curve and return its kink, if it has one.

    A curve has a kink if the hyperbola explains it better than a parabola does (Bayesian information criterion, with
    the number of independent points), if its slope changes in the sense that is expected, by more than three times
    the error of the change, and if T0 is at least a tenth of the range from either end in 19 of 20 draws.

    The error is that of a wild bootstrap: the residuals, times random factors, are put on the fitted curve, which is
    fitted again. The factors are the larger the more neighbouring residuals are correlated (those of an
    autoregressive series), because correlated neighbours count for less than independent ones.

    :param x: temperatures, shape (B,); in any order.
    :param y: values, shape (B,).
    :param change: sign that the slope above less the slope below must have.
    :param seed: of the draws.
    """
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    order = np.argsort(x, kind="stable")
    x, y = x[order], y[order]
    if len(x) < FEWEST or np.ptp(x) <= 0:
        return _none(y, f"{len(x)} points are too few, at least {FEWEST} are needed")
    scaled = (x - x[0]) / np.ptp(x)
    grid = _Grid.over(scaled)
    best = grid.fit(y[:, None])
    fitted = grid.curve(scaled, best)[:, 0]
    residuals = y - fitted
    inflation = inflation_of(residuals, PARAMETERS)
    rng = np.random.default_rng(seed)
    copies = fitted[:, None] + _noise(residuals, inflation, draws, rng)
    drawn = grid.fit(copies)
    low, high, to_slope = float(best.below[0]), float(best.above[0]), 1.0 / np.ptp(x)
    error = float(np.std(drawn.at, ddof=1)) * np.ptp(x)
    why = _doubt(scaled, y, residuals, inflation, best, drawn, change)
    if why:
        return _none(fitted[np.argsort(order)], why, low * to_slope, high * to_slope)
    at, width = x[0] + float(best.at[0]) * np.ptp(x), float(best.width[0]) * np.ptp(x)
    return Kink(at, error, low * to_slope, high * to_slope, width, fitted[np.argsort(order)])


def _none(fitted: np.ndarray, why: str, below: float = np.nan, above: float = np.nan) -> Kink:
    return Kink(np.nan, np.nan, below, above, np.nan, fitted, why)


@dataclass(frozen=True)
class _Fits:
    """Parameters of M fits, shape (M,) each; ``linear`` has shape (3, M)."""

    at: np.ndarray
    width: np.ndarray
    linear: np.ndarray
    rss: np.ndarray

    @property
    def below(self) -> np.ndarray:
        return self.linear[1]

    @property
    def above(self) -> np.ndarray:
        return self.linear[1] + self.linear[2]


@dataclass(frozen=True)
class _Grid:
    """All kinks that are tried: their curves are linear in a, b and c, so each is one projection for all copies.

    :param x: from 0 to 1, shape (B,).
    :param bases: orthonormal columns of every kink, shape (G, B, 3).
    """

    x: np.ndarray
    centres: np.ndarray
    widths: np.ndarray
    bases: np.ndarray

    @classmethod
    def over(cls, x: np.ndarray) -> _Grid:
        centres, widths = np.linspace(0.02, 0.98, N_CENTRES), np.geomspace(NARROWEST, WIDEST, N_WIDTHS)
        designs = np.stack([_design(x, centre, width) for width in widths for centre in centres])
        return cls(x, centres, widths, np.linalg.qr(designs)[0])

    def fit(self, y: np.ndarray) -> _Fits:
        """Return the best fit of each column of y, shape (B, M); T0 is refined by a parabola through the grid."""
        total = np.sum((y - y.mean(axis=0)) ** 2, axis=0)
        explained = np.sum(np.einsum("gbk,bm->gkm", self.bases, y - y.mean(axis=0), optimize=True) ** 2, axis=1)
        rss = (total - explained).reshape(len(self.widths), len(self.centres), -1)
        flat = rss.reshape(-1, y.shape[1]).argmin(axis=0)
        wide, place = np.divmod(flat, len(self.centres))
        inner, column = np.clip(place, 1, len(self.centres) - 2), np.arange(y.shape[1])
        left, middle, right = (rss[wide, inner + step, column] for step in (-1, 0, 1))
        bend = left - 2 * middle + right
        shift = np.divide(left - right, 2 * bend, out=np.zeros_like(bend), where=bend > 0)
        inside = (place > 0) & (place < len(self.centres) - 1)
        step = self.centres[1] - self.centres[0]
        at = self.centres[place] + np.where(inside, np.clip(shift, -0.5, 0.5), 0.0) * step
        width = self.widths[wide]
        linear = np.empty((3, y.shape[1]))
        for index in range(y.shape[1]):
            linear[:, index] = np.linalg.lstsq(_design(self.x, at[index], width[index]), y[:, index], rcond=None)[0]
        return _Fits(at, width, linear, rss[wide, place, column])

    def curve(self, x: np.ndarray, fits: _Fits) -> np.ndarray:
        """Return the curves of some fits, shape (B, M)."""
        rows = zip(fits.at, fits.width, fits.linear.T, strict=True)
        return np.stack([_design(x, at, width) @ linear for at, width, linear in rows], axis=1)


def _design(x: np.ndarray, at: float, width: float) -> np.ndarray:
    """Columns 1, x - x0 and h(x - x0)."""
    away = x - at
    return np.stack([np.ones_like(x), away, away / 2 + np.sqrt(away**2 / 4 + width**2)], axis=1)


def inflation_of(residuals: np.ndarray, parameters: float) -> float:
    """Return how many times larger the variance of a slow fit is than for independent residuals: (1 + r)/(1 - r).

    r is the correlation of neighbours, with what the fit takes away from it put back.

    :param residuals: in the order of the points, shape (B,).
    :param parameters: of the fit.
    """
    length, sum_of_squares = len(residuals), float(residuals @ residuals)
    found = float(residuals[1:] @ residuals[:-1]) / sum_of_squares if sum_of_squares > 0 else 0.0
    corrected = (found + parameters / length) / (1 - (parameters + 3) / length) if length > 2 * parameters else found
    corrected = float(np.clip(corrected, 0.0, 0.9))
    return (1 + corrected) / (1 - corrected)


def _noise(residuals: np.ndarray, inflation: float, draws: int, rng: np.random.Generator) -> np.ndarray:
    """Residuals times random factors, shape (B, draws)."""
    length = len(residuals)
    scale = (inflation * length / (length - PARAMETERS)) ** 0.5
    return scale * residuals[:, None] * rng.standard_normal((length, draws))


def _doubt(
    x: np.ndarray, y: np.ndarray, residuals: np.ndarray, inflation: float, best: _Fits, drawn: _Fits, change: int
) -> str:
    """Why a fit is no kink; empty if it is one."""
    turn, turns = float(best.linear[2, 0]), drawn.linear[2]
    if turn * change <= 0:
        return "the slope changes the other way"
    parabola = np.polynomial.polynomial.polyfit(x, y, 2)
    rss = float(np.sum((y - np.polynomial.polynomial.polyval(x, parabola)) ** 2))
    own, independent = float(residuals @ residuals), len(x) / inflation
    tiny = 1e-20 * float(y @ y)
    gain = independent * np.log((rss + tiny) / (own + tiny)) - 2 * np.log(max(independent, 2.0))
    if gain < 2.0:
        return "a smooth curve (a parabola) describes it as well as one with a kink"
    if abs(turn) < 3 * float(np.std(turns, ddof=1)):
        return "the change of slope is within three standard errors of none"
    inside = np.mean((drawn.at > MARGIN) & (drawn.at < 1 - MARGIN))
    if not MARGIN < float(best.at[0]) < 1 - MARGIN or inside < 0.95:
        return "the kink is at an end of the temperatures that were run"
    return ""
