"""Peaks and minima of curves that are counted in bins: smoothed first, so that the noise of one bin decides nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from aiida_zif.plugins.analysis.errors import Estimate, bootstrap, resampling_units
from aiida_zif.plugins.analysis.structure.pair_distribution import PairDistribution, alike

SMOOTHING = 0.05
"""Å, standard deviation of the Gaussian by which a curve is smoothed before its extrema are looked for."""

LEAST_PROMINENCE = 0.05
"""Of a peak, as a share of the highest one; what is less prominent is no peak."""

VALLEY_FLOOR = 0.005
"""A minimum reaches as far as the curve stays within this share of the first peak above its lowest value."""

NOISE = 4.0
"""A peak rises above its surroundings by this many standard errors that the smoothed curve would have without it."""

FEWEST_PAIRS = 3
"""Where there is nothing on either side, as in a small crystal, so many pairs of atoms are a peak."""


class NoMinimumError(ValueError):
    """A distribution has no first minimum that could be a cut-off."""


@dataclass(frozen=True)
class Cutoff:
    """A distance up to which atoms count as neighbours.

    :param value: Å.
    :param source: ``first minimum``, ``given`` or ``fall-back``.
    :param remark: why the fall-back was taken; empty otherwise.
    """

    value: float
    source: str
    remark: str = ""


def smoothed(curve: np.ndarray, width: float, smoothing: float = SMOOTHING) -> np.ndarray:
    """Return a curve in equal bins folded with a Gaussian; ``width`` of a bin and ``smoothing`` in the same unit."""
    from scipy.ndimage import gaussian_filter1d

    return np.asarray(gaussian_filter1d(np.asarray(curve, dtype=float), smoothing / width, mode="nearest"))


def first_minimum(r: np.ndarray, g: np.ndarray, smoothing: float = SMOOTHING, pair: float | np.ndarray = 0.0) -> float:
    """Return where a pair distribution has its minimum between its first and its second peak, Å.

    The curve is smoothed. A peak is what rises above its surroundings by :data:`LEAST_PROMINENCE` of the highest one
    and :data:`NOISE` standard errors of a curve without it, or what stands alone and holds :data:`FEWEST_PAIRS` pairs.
    Where the curve stays at its lowest value for a while, the middle is returned.

    :param r: middle of equal bins, Å, shape (K,).
    :param g: shape (K,).
    :param pair: variance of the smoothed curve over its value, one number or shape (K,); 0 of a curve without noise.
    :raises NoMinimumError: there are not two peaks, so that nothing says where the first shell ends.
    """
    from scipy.signal import find_peaks

    curve = smoothed(g, float(r[1] - r[0]), smoothing)
    peaks, found = find_peaks(curve, prominence=max(1e-12, LEAST_PROMINENCE * float(curve.max())))
    each = np.broadcast_to(np.asarray(pair, dtype=float), curve.shape)
    around = np.maximum(curve[peaks] - found["prominences"], 0.0)
    clear = found["prominences"] >= NOISE * np.sqrt((around + each[peaks]) * each[peaks])
    held = np.array([_pairs_held(curve, each, int(peak), float(r[1] - r[0]), smoothing) for peak in peaks])
    peaks = peaks[clear | ((around <= VALLEY_FLOOR * curve[peaks]) & (held > FEWEST_PAIRS - 0.5))]
    if len(peaks) < 2:
        seen = f"one peak, at {r[peaks[0]]:.2f} Å" if len(peaks) else "no peak"
        raise NoMinimumError(
            f"first minimum: found {seen} up to {r[-1]:.2f} Å; a minimum lies between two peaks; "
            "give the cut-off, or look farther or at more frames"
        )
    first, second = peaks[:2]
    lowest = first + int(np.argmin(curve[first : second + 1]))
    floor = curve[lowest] + VALLEY_FLOOR * curve[first]
    above = np.flatnonzero(curve[first : second + 1] > floor) + first
    start, stop = above[above < lowest].max() + 1, above[above > lowest].min() - 1
    return float((r[start] + r[stop]) / 2)


def coordination_cutoff(
    replicas: Sequence[PairDistribution],
    a: str,
    b: str,
    given: float | None = None,
    fallback: float | None = None,
    smoothing: float = SMOOTHING,
) -> Cutoff:
    """Return the cut-off of a pair of elements: the one that is given, or else the first minimum of the mean g_ab.

    All replicas share one cut-off, or their coordination numbers could not be compared.

    :param fallback: Å, taken where there is no minimum.
    :raises NoMinimumError: there is no minimum and no fall-back.
    """
    if given is not None:
        return Cutoff(given, "given")
    mean = np.mean([one.g(a, b).mean(axis=0) for one in alike(replicas)], axis=0)
    try:
        return Cutoff(
            first_minimum(replicas[0].r, mean, smoothing, _of_one_pair(replicas, a, b, smoothing)), "first minimum"
        )
    except NoMinimumError as error:
        if fallback is None:
            raise NoMinimumError(f"{a}–{b}: {error}") from None
        return Cutoff(fallback, "fall-back", str(error))


def peak_position(r: np.ndarray, curve: np.ndarray, within: tuple[float, float], smoothing: float = SMOOTHING) -> float:
    """Return where the highest peak of a curve within a range has its maximum; NaN if there is no peak.

    The peak is found on the smoothed curve. Its place is the maximum of a cubic fitted to the curve itself over the
    width of the peak at half its prominence, so that neither the noise of a bin nor the smoothing moves it.

    :param r: middle of equal bins, shape (K,).
    :param within: lowest and highest position, in the unit of ``r``.
    """
    from scipy.signal import find_peaks, peak_widths

    smooth = smoothed(curve, float(r[1] - r[0]), smoothing)
    peaks, _ = find_peaks(smooth, prominence=1e-12)
    peaks = peaks[(r[peaks] >= within[0]) & (r[peaks] <= within[1])]
    if not len(peaks):
        return float("nan")
    top = peaks[[int(np.argmax(smooth[peaks]))]]
    _, _, left, right = peak_widths(smooth, top, rel_height=0.5)
    start, stop = min(int(left[0]), int(top[0]) - 3), max(int(np.ceil(right[0])), int(top[0]) + 3)
    start, stop = max(start, 0), min(stop, len(r) - 1)
    middle, span = r[top[0]], (r[stop] - r[start]) / 2
    x = (r[start : stop + 1] - middle) / span
    slope = np.polynomial.Polynomial.fit(x, curve[start : stop + 1], 3, domain=[-1, 1]).deriv()
    places = [root.real for root in slope.roots() if abs(root.imag) < 1e-9 and slope.deriv()(root.real) < 0]
    inside = [place for place in places if x[0] <= place <= x[-1]]
    return float(middle + span * min(inside, key=abs)) if inside else float(middle)


def peak_of_pair(
    replicas: Sequence[PairDistribution], a: str, b: str, within: tuple[float, float], seed: int
) -> Estimate:
    """Return the position of a peak of g_ab with its standard error by bootstrap, Å."""
    units, remark = resampling_units([one.g(a, b) for one in alike(replicas)])
    r = replicas[0].r
    found = bootstrap(units, lambda drawn: peak_position(r, np.mean(drawn, axis=0), within), seed)
    return Estimate(
        found.mean,
        found.error,
        found.n,
        found.freedom,
        found.error_from,
        "; ".join(filter(None, [found.remark, remark])),
    )


def _pairs_held(curve: np.ndarray, each: np.ndarray, peak: int, width: float, smoothing: float) -> float:
    """Return the number of pairs around a peak, as far as the curve stays above the floor."""
    low = np.flatnonzero(curve <= VALLEY_FLOOR * curve[peak])
    start, stop = low[low < peak].max(initial=-1) + 1, low[low > peak].min(initial=len(curve))
    if (each[start:stop] <= 0).any():
        return np.inf
    return float(np.sum(curve[start:stop] / each[start:stop]) * width / (2 * np.pi**0.5 * smoothing))


def _of_one_pair(replicas: Sequence[PairDistribution], a: str, b: str, smoothing: float) -> np.ndarray:
    """Return the variance of the smoothed mean of g_ab over its value, if pairs are counted independently, (K,)."""
    first = replicas[0]
    width, volumes = float(first.edges[1] - first.edges[0]), np.concatenate([one.volumes for one in replicas])
    shells = 4 / 3 * np.pi * np.diff(first.edges**3)
    counted = volumes.mean() / (first.numbers[a] * first.numbers[b] * shells) / len(volumes)
    # every pair of like atoms is counted in both directions
    return np.asarray(counted * (2 if a == b else 1) * width / (2 * np.pi**0.5 * smoothing))
