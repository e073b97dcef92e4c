"""The estimator of the autocorrelation time, against processes whose time is known."""

from __future__ import annotations

import numpy as np
import pytest

from aiida_zif.plugins.cp2k.aimd.autocorrelation import (
    FEWEST_LABELS,
    autocorrelation,
    choose_stride,
    integrated_time,
    stride_bounds,
)


def ar1(coefficient: float, n_samples: int, n_series: int = 90, seed: int = 1) -> np.ndarray:
    """Stationary series x(t+1) = φ x(t) + noise, of which τ = (1 + φ)/(1 - φ)."""
    noise = np.random.default_rng(seed).normal(size=(n_samples, n_series))
    series = noise.copy()
    series[0] /= np.sqrt(1 - coefficient**2)
    for step in range(1, n_samples):
        series[step] += coefficient * series[step - 1]
    return series


@pytest.mark.parametrize("coefficient", [0.0, 0.5, 0.8, 0.9])
def test_the_time_of_an_autoregressive_process_is_found(coefficient: float) -> None:
    known = (1 + coefficient) / (1 - coefficient)
    assert integrated_time(ar1(coefficient, 1000)) == pytest.approx(known, rel=0.12)


def test_a_short_run_is_not_much_too_optimistic() -> None:
    assert integrated_time(ar1(0.8, 200)) == pytest.approx(9.0, rel=0.25)


def test_the_correlation_decays_as_the_process_does() -> None:
    measured = autocorrelation(ar1(0.8, 20000))[:6]
    assert measured == pytest.approx(0.8 ** np.arange(6), abs=0.02)


def test_a_quantity_that_never_changes_has_no_say() -> None:
    series = ar1(0.8, 1000)
    assert integrated_time(np.hstack([series, np.ones_like(series)])) == pytest.approx(integrated_time(series))


def test_forces_that_turn_round_are_as_alike_as_forces_that_do_not() -> None:
    steady = ar1(0.9, 2000).reshape(-1, 30, 3)
    turning = steady * (-1.0) ** np.arange(2000)[:, None, None]
    assert choose_stride(turning, 1.0, 2000) == choose_stride(steady, 1.0, 2000)


def test_the_square_of_gaussian_forces_forgets_as_the_square_of_their_correlation() -> None:
    stride = choose_stride(ar1(0.9, 4000).reshape(-1, 30, 3), 0.5, 4000)
    assert stride is not None
    assert stride.time == pytest.approx(0.5 * (1 + 0.81) / (1 - 0.81), rel=0.12)
    assert stride.steps == 10  # 5 fs at least, of which the next whole step is 9.5


def test_scaling_the_forces_of_one_atom_changes_nothing() -> None:
    forces = ar1(0.9, 1000).reshape(-1, 30, 3)
    scaled = forces * 2.0 ** np.arange(-15, 15)[None, :, None]
    assert choose_stride(scaled, 1.0, 1000) == choose_stride(forces, 1.0, 1000)


def test_a_short_run_keeps_a_least_number_of_labels() -> None:
    stride = choose_stride(ar1(0.99, 100).reshape(-1, 30, 3), 0.5, 100)
    assert stride is not None
    assert 100 // stride.steps == FEWEST_LABELS


def test_labels_are_never_closer_than_half_a_vibration() -> None:
    assert stride_bounds(1000, 0.5) == (10, 100)
    assert stride_bounds(60, 0.25) == (6, 6)


def test_a_few_frames_are_no_measurement() -> None:
    assert choose_stride(np.zeros((19, 3, 3)), 0.5, 100) is None
