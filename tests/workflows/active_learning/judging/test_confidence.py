"""Confidence of an error on held-out frames."""

from __future__ import annotations

import numpy as np
import pytest

from aiida_zif.workflows.active_learning.judging.confidence import correlation_time, rmse_interval


def remembering(n: int, memory: float, seed: int) -> np.ndarray:
    """Positive errors of which each resembles the one before."""
    rng = np.random.default_rng(seed)
    noise, series = rng.normal(size=n), np.zeros(n)
    for step in range(1, n):
        series[step] = memory * series[step - 1] + np.sqrt(1 - memory**2) * noise[step]
    return np.exp(0.3 * series)


def test_the_error_lies_inside_its_interval_and_is_the_root_mean_square() -> None:
    errors = [remembering(60, 0.0, 1), remembering(40, 0.0, 2)]
    rmse, low, high = rmse_interval(errors, 0.95, seed=3)
    assert rmse == pytest.approx(np.sqrt(np.mean(np.concatenate(errors) ** 2)))
    assert low < rmse < high


def test_the_interval_of_independent_frames_is_that_of_the_central_limit() -> None:
    errors = remembering(400, 0.0, 4)
    squares = errors**2
    half = 1.96 * squares.std() / np.sqrt(len(squares))
    _, low, high = rmse_interval([errors], 0.95, seed=3)
    assert high == pytest.approx(np.sqrt(squares.mean() + half), rel=0.02)
    assert low == pytest.approx(np.sqrt(squares.mean() - half), rel=0.02)


def test_frames_that_resemble_their_neighbours_are_less_sure() -> None:
    widths = []
    for memory in (0.0, 0.95):
        _, low, high = rmse_interval([remembering(400, memory, 5)], 0.95, seed=3)
        widths.append(high - low)
    assert widths[1] > 1.8 * widths[0]


def test_the_correlation_time_of_a_known_series() -> None:
    assert correlation_time(remembering(4000, 0.8, 6)) == pytest.approx(0.5 + 0.8 / 0.2, rel=0.25)
    assert correlation_time(np.ones(50)) == 0.5


def test_the_same_seed_gives_the_same_interval() -> None:
    errors = [remembering(30, 0.5, 7)]
    assert rmse_interval(errors, 0.9, seed=1) == rmse_interval(errors, 0.9, seed=1)


def test_one_frame_has_no_interval() -> None:
    with pytest.raises(ValueError, match="fewer than two held-out frames"):
        rmse_interval([np.array([0.1]), np.array([])], 0.95, seed=1)
