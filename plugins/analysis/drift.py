"""Whether a series still changes, or only fluctuates about its mean (no AiiDA)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from aiida_zif.plugins.analysis.errors import replica_error
from aiida_zif.plugins.analysis.glass.kink import inflation_of

CLEAR = 3.0
"""A change of more than so many of its errors is no chance; about one steady series in fifty seems to drift."""

FEWEST = 8
"""Points of a series; fewer show no drift."""


@dataclass(frozen=True)
class Drift:
    """Change of a quantity within the time over which it is averaged.

    :param change: mean of the second half less that of the first, in the mean over replicas; NaN if not known.
    :param error: its standard error.
    """

    change: float
    error: float

    @property
    def is_clear(self) -> bool:
        """Whether the change is beyond chance."""
        return bool(self.error > 0 and abs(self.change) > CLEAR * self.error)


def drift_of(replicas: Sequence[ArrayLike]) -> Drift:
    """Return how far the second half of series lies from the first.

    The error of one series is that of its residuals about a straight line, larger where neighbours go together;
    of three replicas and more, that of their spread if it is larger.

    :param replicas: series of shape (B,), equally spaced in time; those of fewer than :data:`FEWEST` points are left
        out.
    """
    series = [values for one in replicas if len(values := np.asarray(one, dtype=float)) >= FEWEST]
    if not series:
        return Drift(np.nan, np.nan)
    changes = np.array([np.mean(late) - np.mean(early) for early, late in (np.array_split(one, 2) for one in series)])
    own = float(np.sqrt(sum(_error(one) ** 2 for one in series))) / len(series)
    between = float(replica_error(changes).error) if len(changes) >= 3 else 0.0
    return Drift(float(changes.mean()), max(own, between))


def _error(values: np.ndarray) -> float:
    """Standard error of the difference of the means of two halves."""
    times = np.arange(len(values))
    residuals = values - np.polynomial.polynomial.polyval(times, np.polynomial.polynomial.polyfit(times, values, 1))
    variance = float(np.sum(residuals**2)) / (len(values) - 2) * inflation_of(residuals, 2)
    return float(2 * np.sqrt(variance / len(values)))
