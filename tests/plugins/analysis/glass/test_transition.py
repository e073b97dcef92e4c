"""Tg over replicas, and its slope against the rate: paired, with enough rates, never extrapolated."""

from __future__ import annotations

import numpy as np
import pytest

from aiida_zif.plugins.analysis.glass.transition import glass_transition, over_replicas, slope_with_rate

TEMPERATURES = np.linspace(1500.0, 300.0, 60)


def curve(at: float, noise: float, seed: int, turn: float = -3e-4) -> np.ndarray:
    """A density on cooling with a kink, g/cm³."""
    away = TEMPERATURES - at
    smooth = 1.3 - 5e-5 * away + turn * (away / 2 + np.sqrt(away**2 / 4 + 900.0))
    return np.asarray(smooth + noise * np.random.default_rng(seed).standard_normal(60))


def test_replicas_that_differ_have_the_error_of_their_spread() -> None:
    curves = [curve(at, 0.002, seed) for seed, at in enumerate((600.0, 700.0, 800.0))]
    found = glass_transition(TEMPERATURES, curves, "density", seed=1)
    assert found.at == pytest.approx(700.0, abs=20.0)
    assert found.error == pytest.approx(100.0 / np.sqrt(3), rel=0.3)
    assert (found.error_from, found.n) == ("replicas", 3)


def test_one_replica_has_the_error_of_its_fit_and_says_so() -> None:
    found = glass_transition(TEMPERATURES, [curve(700.0, 0.004, 1)], "density", seed=1)
    assert (found.error_from, found.n) == ("bootstrap", 1)
    assert "one replica" in found.remark


def test_the_mean_curve_shows_what_single_noisy_ones_hide() -> None:
    curves = [curve(700.0, 0.015, seed) for seed in range(12)]
    found = glass_transition(TEMPERATURES, curves, "density", seed=1)
    assert found.found
    assert found.at == pytest.approx(700.0, abs=60.0)
    assert "mean curve of 12 replicas" in found.remark


def test_curves_without_a_kink_give_no_transition_and_say_so() -> None:
    lines = [1.3 - 5e-5 * (TEMPERATURES - 900) + 0.004 * np.random.default_rng(s).standard_normal(60) for s in (1, 2)]
    found = glass_transition(TEMPERATURES, lines, "density", seed=1)
    assert not found.found
    assert found.remark.startswith("no kink: ")
    assert not glass_transition(TEMPERATURES, [], "density", seed=1).found


def test_enthalpy_bends_the_other_way_than_density() -> None:
    heat = -3000.0 * curve(700.0, 0.002, 1)
    assert glass_transition(TEMPERATURES, [heat], "enthalpy", seed=1).found
    assert not glass_transition(TEMPERATURES, [heat], "density", seed=1).found


def test_intervals_over_replicas_hold_the_truth_as_often_as_they_should() -> None:
    rng, held = np.random.default_rng(4), []
    for _ in range(2000):
        values = 700.0 + 30.0 * rng.standard_normal(4)
        mean = over_replicas(values.tolist(), [20.0] * 4)
        held.append(abs(mean.at - 700.0) < mean.error)
    assert 0.60 <= np.mean(held) <= 0.76


def test_the_slope_is_that_of_the_replicas_whose_offsets_drop_out() -> None:
    rates = [5.0, 15.8, 50.0]
    offsets, decade = np.array([[0.0], [200.0], [-150.0]]), 40.0
    table = 700.0 + offsets + decade * np.log10(rates) + np.array([[0, 1, -1], [1, 0, 0], [0, -1, 1]])
    slope = slope_with_rate(rates, table, np.full((3, 3), 1.0))
    assert slope.value == pytest.approx(decade, abs=2.0)
    assert slope.error < 3.0  # the offsets of 150 K would give a hundred times as much
    assert slope.n == 3


@pytest.mark.parametrize(
    ("rates", "why"),
    [([10.0], "1 rate, at least 3"), ([10.0, 100.0], "2 rates"), ([20.0, 30.0, 40.0], "0.30 decades")],
)
def test_too_few_rates_give_no_slope_and_the_reason(rates: list[float], why: str) -> None:
    slope = slope_with_rate(rates, np.full((2, len(rates)), 700.0), np.full((2, len(rates)), 5.0))
    assert np.isnan(slope.value)
    assert why in slope.why_not


def test_a_replica_without_all_transitions_is_left_out_and_counted() -> None:
    rates = [5.0, 20.0, 50.0]
    table = np.array([[700.0, 720.0, 740.0], [700.0, np.nan, 740.0]])
    slope = slope_with_rate(rates, table, np.full((2, 3), 5.0))
    assert slope.n == 1
    assert slope.remark.startswith("1 of 2 replicas")
    nothing = slope_with_rate(rates, np.full((2, 3), np.nan), np.full((2, 3), np.nan))
    assert "no replica has a transition" in nothing.why_not
