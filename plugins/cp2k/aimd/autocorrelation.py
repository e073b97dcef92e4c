"""The stride of an AIMD run: the number of steps after which frames are independent, by the forces (no AiiDA).

The quantity is the integrated autocorrelation time of the *squared* force components of the atoms. The forces
themselves are not suitable: a force is the time derivative of a momentum, so that over a bounded motion the integral
of its autocorrelation is zero, whatever the frames have in common. The total energy is only one series, and its
correlation is that of the thermostat. The square treats a force of opposite sign as the same configuration: for
Gaussian fluctuations its autocorrelation is the square of that of the force (Isserlis, Biometrika 12, 134 (1918)).
Every component is scaled by its own variance, so that the stiff bonds of hydrogen and carbon do not dominate; the mean
over all components reduces the noise of short runs.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

WINDOW = 5.0
"""Width of the summation window in autocorrelation times."""

ROUNDS = 20
"""In which the time and the correction that depends on it settle."""

LARGEST_CORRECTION = 0.1
"""A run of fewer than ten autocorrelation times is too short for more."""

SETTLING = 0.25
"""Share of the run at its beginning that is not measured: a crystal at rest takes up its potential energy there."""

FEWEST_FRAMES = 20
"""Consecutive steps without which nothing is measured."""

SHORTEST_TIME = 5.0
"""fs between two labels at least, half a period of the C-H stretching vibration."""

FEWEST_LABELS = 10
"""Labels that a chosen stride leaves of a run, even if they are alike."""


def stride_bounds(steps: int, timestep: float) -> tuple[int, int]:
    """Return the smallest and the largest stride that is chosen for a run of ``steps`` steps of ``timestep`` fs."""
    longest = max(1, steps // FEWEST_LABELS)
    return min(math.ceil(SHORTEST_TIME / timestep), longest), longest


@dataclass(frozen=True)
class Stride:
    """A stride that was measured.

    :param steps: MD steps between two labels.
    :param time: integrated autocorrelation time, fs.
    :param n_frames: consecutive frames that were looked at.
    """

    steps: int
    time: float
    n_frames: int


def choose_stride(forces: ArrayLike, timestep: float, steps: int) -> Stride | None:
    """Return the smallest stride at which labels are independent.

    :param forces: of consecutive steps, any unit, (N, n, 3).
    :param timestep: fs.
    :param steps: of the whole run, which keeps at least :data:`FEWEST_LABELS` labels.
    :returns: None if there are fewer than :data:`FEWEST_FRAMES`.
    """
    values = np.asarray(forces, dtype=float)
    if len(values) < FEWEST_FRAMES:
        return None
    settled = values[int(SETTLING * len(values)) :].reshape(-1, values[0].size)
    time = integrated_time(settled**2)
    shortest, longest = stride_bounds(steps, timestep)
    return Stride(max(shortest, min(math.ceil(time), longest)), time * timestep, len(values))


def integrated_time(series: ArrayLike) -> float:
    """Return the integrated autocorrelation time, the number of samples for every independent one.

    τ = 1 + 2 Σ_{t=1..M} ρ(t), where M is the smallest lag with M ≥ 5 τ(M), so that the noise of the tail stays out
    (A. D. Sokal, "Monte Carlo methods in statistical mechanics", in: Functional Integration, Plenum 1997, §3). That
    the mean of a short run is not the true one makes ρ too small by τ/N of its distance from one; this is put back.
    An AR(1) process with coefficient φ has τ = (1 + φ)/(1 - φ).

    :param series: equally spaced samples of m quantities, (N, m); ρ is the mean over them.
    """
    measured = autocorrelation(series)
    time = _windowed_sum(measured)
    for _ in range(ROUNDS):
        missing = min(time / len(measured), LARGEST_CORRECTION)
        time = _windowed_sum(measured * (1.0 - missing) + missing)
    return time


def _windowed_sum(correlation: np.ndarray) -> float:
    times = 2.0 * np.cumsum(correlation) - 1.0
    enough = np.arange(len(times)) >= WINDOW * times
    return max(1.0, float(times[np.argmax(enough) if enough.any() else -1]))


def autocorrelation(series: ArrayLike) -> np.ndarray:
    """Return ρ(t) for t = 0 … N-1, the mean over the quantities that change; of none, that of white noise.

    :param series: equally spaced samples of m quantities, (N, m).
    """
    values = np.asarray(series, dtype=float)
    n_samples = len(values)
    values = values - values.mean(axis=0)
    values = values[:, values.any(axis=0)]
    if not values.size:
        return np.eye(1, n_samples)[0]
    spectrum = np.fft.rfft(values, 2 * n_samples, axis=0)  # padded, or the end would be correlated with the start
    products = np.fft.irfft(np.abs(spectrum) ** 2, axis=0)[:n_samples]
    return (products / products[0]).mean(axis=1) * n_samples / np.arange(n_samples, 0, -1)
