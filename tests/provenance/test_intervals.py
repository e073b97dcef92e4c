"""Ratios with their intervals."""

from __future__ import annotations

import numpy as np
import pytest

from aiida_zif.provenance.intervals import error_ratio


def test_the_ratio_is_that_of_root_mean_squares_averaged_over_the_cycles() -> None:
    found = error_ratio([([2.0, 2.0], [1.0, 1.0]), ([0.9, 0.9], [0.1, 0.1]), ([3.0], [])])
    assert found is not None
    assert found["ratio"] == pytest.approx(np.sqrt(18))
    assert (found["n_cycles"], found["n_first"], found["n_second"]) == (2, 4, 4)
    assert found["low"] == pytest.approx(found["high"])


def test_a_single_frame_gives_a_ratio_but_no_interval() -> None:
    found = error_ratio([([2.0, 1.0], [1.0])])
    assert found is not None
    assert (found["low"], found["high"]) == (None, None)


def test_without_a_pair_of_samples_there_is_no_ratio() -> None:
    assert error_ratio([([1.0], []), ([], [1.0])]) is None


@pytest.mark.parametrize("size", [4, 10])
def test_intervals_of_95_per_cent_hold_the_true_ratio_about_as_often(size: int) -> None:
    rng, held = np.random.default_rng(3), 0
    for _ in range(400):
        cycles = [
            (0.6 * np.exp(0.2 * rng.normal(size=size)), 0.4 * np.exp(0.2 * rng.normal(size=size))) for _ in range(2)
        ]
        found = error_ratio(cycles)
        assert found is not None
        held += found["low"] < 1.5 < found["high"]
    assert 0.92 <= held / 400 <= 0.985
