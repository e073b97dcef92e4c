"""A kink is where two lines meet, its error bar holds the truth as often as it says, and what has no kink gets none."""

from __future__ import annotations

import re

import numpy as np
import pytest

from aiida_zif.plugins.analysis.glass.kink import find_kink

TRUTH = 700.0
TEMPERATURES = np.linspace(1500.0, 300.0, 60)


def correlated(rng: np.random.Generator, length: int, together: float) -> np.ndarray:
    """Noise of variance one whose neighbours go together."""
    noise = rng.standard_normal(length)
    for index in range(1, length):
        noise[index] = together * noise[index - 1] + np.sqrt(1 - together**2) * noise[index]
    return noise


def hyperbola(turn: float, width: float = 30.0, at: float = TRUTH) -> np.ndarray:
    """A density on cooling: 5e-5 less a kelvin in the glass, and ``turn`` more in the liquid; g/cm³."""
    away = TEMPERATURES - at
    return 1.3 - 5e-5 * away + turn * (away / 2 + np.sqrt(away**2 / 4 + width**2))


def test_two_lines_without_noise_meet_where_they_do() -> None:
    kink = find_kink(TEMPERATURES, hyperbola(-3e-4), change=-1, seed=1, draws=20)
    assert kink.found
    assert kink.at == pytest.approx(TRUTH, abs=4.0)  # widths are tried in steps
    assert kink.below == pytest.approx(-5e-5, rel=0.1)
    assert kink.above == pytest.approx(-3.5e-4, rel=0.02)


def test_the_order_of_the_points_does_not_matter() -> None:
    y = hyperbola(-3e-4) + 0.004 * np.random.default_rng(2).standard_normal(60)
    forward, backward = (find_kink(TEMPERATURES[::step], y[::step], -1, seed=1) for step in (1, -1))
    assert forward.at == backward.at
    np.testing.assert_allclose(forward.fitted, backward.fitted[::-1])


@pytest.mark.parametrize("together", [0.0, 0.3])
def test_intervals_of_one_standard_error_hold_the_truth_as_often_as_they_should(together: float) -> None:
    rng = np.random.default_rng(5)
    held = []
    for trial in range(150):
        noise = 0.004 * (0.5 + TEMPERATURES / 1500) * correlated(rng, 60, together)
        kink = find_kink(TEMPERATURES, hyperbola(-3e-4) + noise, -1, seed=trial, draws=80)
        held.append(abs(kink.at - TRUTH) < kink.error)
    assert 0.60 <= np.mean(held) <= 0.80


@pytest.mark.parametrize(
    ("curve", "why"),
    [
        (1.3 - 5e-5 * (TEMPERATURES - 900), "parabola|other way|three standard errors"),
        (1.3 - 5e-5 * (TEMPERATURES - 900) - 1.5e-7 * (TEMPERATURES - 900) ** 2, "parabola|end"),
    ],
    ids=["line", "parabola"],
)
def test_a_curve_without_a_kink_gives_none_and_says_why(curve: np.ndarray, why: str) -> None:
    rng, found, reasons = np.random.default_rng(3), 0, []
    for trial in range(40):
        kink = find_kink(TEMPERATURES, curve + 0.004 * rng.standard_normal(60), -1, seed=trial, draws=60)
        found += kink.found
        reasons.append(kink.why_not)
    assert found <= 2
    assert any(re.search(why, reason) for reason in reasons)


def test_a_slope_that_changes_the_other_way_is_no_transition() -> None:
    kink = find_kink(TEMPERATURES, hyperbola(3e-4), change=-1, seed=1)
    assert not kink.found
    assert kink.why_not == "the slope changes the other way"
    assert np.isnan(kink.at)


def test_a_kink_at_the_end_of_what_was_run_is_none() -> None:
    y = hyperbola(-3e-4, at=340.0) + 0.002 * np.random.default_rng(2).standard_normal(60)
    assert not find_kink(TEMPERATURES, y, -1, seed=1).found


def test_a_few_points_are_too_few() -> None:
    assert "at least 12" in find_kink(TEMPERATURES[:6], hyperbola(-3e-4)[:6], -1, seed=1).why_not
