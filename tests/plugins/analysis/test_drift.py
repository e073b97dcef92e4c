"""A drift is told from a fluctuation, also where neighbours go together."""

from __future__ import annotations

import numpy as np
import pytest

from aiida_zif.plugins.analysis.drift import drift_of


def correlated(random: np.random.Generator, length: int, memory: float = 0.6) -> np.ndarray:
    """A steady series of variance one whose neighbours are alike."""
    values = random.normal(size=length)
    for index in range(1, length):
        values[index] = memory * values[index - 1] + (1 - memory**2) ** 0.5 * values[index]
    return values


@pytest.mark.parametrize("n_replicas", [1, 3])
def test_a_steady_series_seldom_seems_to_drift(n_replicas: int) -> None:
    random = np.random.default_rng(7)
    found = [drift_of([correlated(random, 30) for _ in range(n_replicas)]).is_clear for _ in range(400)]
    assert np.mean(found) < 0.06


@pytest.mark.parametrize("n_replicas", [1, 3])
def test_a_change_as_large_as_four_standard_deviations_is_seen(n_replicas: int) -> None:
    random, slope = np.random.default_rng(8), np.linspace(0, 4, 30)
    found = [drift_of([slope + correlated(random, 30) for _ in range(n_replicas)]) for _ in range(100)]
    assert np.mean([one.is_clear for one in found]) > (0.4 if n_replicas == 1 else 0.7)
    assert np.mean([one.change for one in found]) == pytest.approx(2.0, abs=0.3)


def test_a_few_points_show_no_drift() -> None:
    assert not drift_of([np.arange(7.0)]).is_clear
    assert not drift_of([np.ones(20)]).is_clear
