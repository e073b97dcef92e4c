"""Averages over all time origins of a trajectory, and their errors over independent parts of the system (no AiiDA)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Curve:
    """A function of the time between two frames.

    :param times: ps, shape (T,); the first is 0.
    :param values: mean over time origins and members, shape (T,).
    :param errors: standard error over members (atoms, linkers, metals), shape (T,); NaN with one member. Members that
        move together make it a lower bound; independent trajectories are better samples.
    :param origins: time origins behind each value, shape (T,). They overlap: independent are as many as the
        trajectory is longer than the time.
    :param unit: of values and errors; empty for a pure number.
    """

    times: np.ndarray
    values: np.ndarray
    errors: np.ndarray
    origins: np.ndarray
    unit: str = ""


def products(series: np.ndarray) -> np.ndarray:
    """Return Σ over t0 of x(t0) x(t0 + t), for each time between two frames, by fast Fourier transform.

    Wiener-Khinchin theorem; zeros behind the series keep its end from its beginning.

    :param series: shape (T, ...).
    :returns: the same shape, by time between two frames, not divided by the number of origins.
    """
    n_frames = len(series)
    spectrum = np.fft.rfft(series, 2 * n_frames, axis=0)
    return np.asarray(np.fft.irfft(np.abs(spectrum) ** 2, 2 * n_frames, axis=0)[:n_frames])


def curve(
    members: np.ndarray, interval: float, share: float, unit: str = "", weights: np.ndarray | None = None
) -> Curve:
    """Return mean and standard error of curves of members.

    :param members: numerators of each member, or its values, shape (T, m).
    :param interval: between two frames, ps.
    :param share: of the length of the trajectory that the curve reaches, 0 to 1.
    :param weights: denominators, shape (T, m): the mean is then the ratio of two sums over members, and the error that
        of a ratio (W. G. Cochran, Sampling Techniques, 1977, section 6.4).
    """
    if not interval > 0:
        raise ValueError(f"interval: found {interval} ps; allowed is a time above zero between two frames")
    n_frames, count = members.shape
    kept = min(n_frames, int(np.floor(share * (n_frames - 1) + 1e-9)) + 1)
    members, weights = members[:kept], (np.ones_like(members) if weights is None else weights)[:kept]
    with np.errstate(invalid="ignore", divide="ignore"):
        values = members.sum(axis=1) / weights.sum(axis=1)
        residuals = members - values[:, None] * weights
        spread = np.sum(residuals**2, axis=1) * count / max(count - 1, 1)
        errors = spread**0.5 / weights.sum(axis=1) if count > 1 else np.full(kept, np.nan)
    return Curve(np.arange(kept) * float(interval), values, errors, n_frames - np.arange(kept), unit)
