"""The onset of melting is where a tenth of the metals have lost a bond; a crystal that does not melt has none."""

from __future__ import annotations

import numpy as np
import pytest

from aiida_zif.plugins.analysis.glass.onset import falling, first_below, onset_of_melting

TEMPERATURES = np.linspace(300.0, 1500.0, 60)


def hinge(temperatures: np.ndarray) -> np.ndarray:
    """All metals four-fold up to 900 K, then a tenth less every 100 K: the onset is at 1000 K."""
    return 1.0 - np.maximum(0.0, temperatures - 900.0) * 1e-3


def step(temperatures: np.ndarray) -> np.ndarray:
    """A sharp fall around 1100 K: a tenth is lost at 1035.6 K."""
    return 1.0 - 0.6 / (1.0 + np.exp(-(temperatures - 1100.0) / 40.0))


@pytest.mark.parametrize(("curve", "truth"), [(hinge, 1000.0), (step, 1035.6)])
def test_a_fall_without_noise_gives_its_temperature(curve: object, truth: float) -> None:
    onset = onset_of_melting(TEMPERATURES, curve(TEMPERATURES), 1.0, seed=1)  # type: ignore[operator]
    assert onset.at == pytest.approx(truth, abs=3.0)


@pytest.mark.parametrize(("curve", "truth"), [(hinge, 1000.0), (step, 1035.6)])
def test_its_error_bar_is_no_smaller_than_its_scatter(curve: object, truth: float) -> None:
    rng, found = np.random.default_rng(1), []
    for trial in range(100):
        noise = 0.05 * rng.standard_normal(60) * np.sqrt(1.02 - curve(TEMPERATURES))  # type: ignore[operator]
        found.append(onset_of_melting(TEMPERATURES, curve(TEMPERATURES) + noise, 1.0, trial, 50))  # type: ignore[operator]
    held = np.mean([abs(one.at - truth) < one.error for one in found])
    assert 0.60 <= held <= 0.95
    assert np.mean([one.at for one in found]) == pytest.approx(truth, abs=10.0)


def test_a_crystal_that_keeps_its_bonds_has_no_onset_and_says_where_it_ended() -> None:
    onset = onset_of_melting(TEMPERATURES, 1.0 - 0.02 * (TEMPERATURES > 1000), 1.0, seed=1)
    assert np.isnan(onset.at)
    assert onset.why_not == "the share of metals with four N ends at 0.98 of 1.00"


def test_the_closest_falling_curve_pools_what_rises() -> None:
    np.testing.assert_allclose(falling(np.array([3.0, 1.0, 2.0, 0.0])), [3.0, 1.5, 1.5, 0.0])
    np.testing.assert_allclose(falling(np.array([1.0, 2.0, 3.0])), [2.0, 2.0, 2.0])


def test_a_level_is_crossed_between_two_points() -> None:
    x, curve = np.array([100.0, 200.0, 300.0]), np.array([1.0, 0.8, 0.4])
    assert first_below(x, curve, 0.6) == 250.0
    assert first_below(x, curve, 1.5) == 100.0
    assert np.isnan(first_below(x, curve, 0.3))


def test_points_that_go_together_make_the_error_a_lower_bound_and_independent_ones_do_not() -> None:
    temperatures = 300 + (np.arange(60) + 0.5) * 20
    truth = 1 - 0.6 / (1 + np.exp(-(temperatures - 1100) / 60))
    said = {}
    for memory in (0.0, 0.8):
        random, remarks = np.random.default_rng(5), []
        for seed in range(20):
            noise = random.normal(size=60)
            for index in range(1, 60):
                noise[index] = memory * noise[index - 1] + (1 - memory**2) ** 0.5 * noise[index]
            remarks.append(bool(onset_of_melting(temperatures, truth + 0.02 * noise, 1.0, seed, draws=20).remark))
        said[memory] = np.mean(remarks)
    assert said[0.0] < 0.1
    assert said[0.8] > 0.5
