"""Which candidates go back."""

from __future__ import annotations

import numpy as np
import pytest

from aiida_zif.plugins.lammps.harvest.choosing import candidates, share_out, spread


@pytest.mark.parametrize(
    ("available", "total", "expected"),
    [
        ([10, 10], 6, [3, 3]),
        ([10, 1, 10], 7, [3, 1, 3]),
        ([2, 0, 3], 100, [2, 0, 3]),
        ([5, 5, 5], 2, [1, 1, 0]),
        ([], 5, []),
    ],
)
def test_places_that_a_run_cannot_use_go_to_the_others(available: list[int], total: int, expected: list[int]) -> None:
    assert share_out(available, total) == expected


def test_most_uncertain_frame_is_always_taken() -> None:
    deviations = np.random.default_rng(0).random(100)
    assert deviations.argmax() in spread(np.arange(100) * 10, deviations, 4, 20.0)


def test_frames_are_spread_in_time_though_all_the_uncertain_ones_are_neighbours() -> None:
    steps = np.arange(100) * 10
    deviations = np.where(steps > 900, 2.0, 1.0) + 1e-6 * steps
    chosen = steps[spread(steps, deviations, 5, 20.0)]
    assert len(chosen) == 5
    assert np.diff(chosen).min() >= 90
    assert chosen.min() < 600


def test_no_two_frames_are_closer_than_the_separation() -> None:
    steps = np.arange(50) * 10
    chosen = steps[spread(steps, np.random.default_rng(1).random(50), 50, 40.0)]
    assert np.diff(chosen).min() >= 40
    assert len(chosen) >= 8


def test_every_run_gets_its_share() -> None:
    runs = np.repeat([0, 1, 2], [100, 100, 3])
    steps = np.concatenate([np.arange(100), np.arange(100), np.arange(3)]) * 10
    deviations = np.where(runs == 0, 5.0, 1.0) + 0.001 * steps
    chosen = candidates(runs, steps, deviations, n_runs=4, total=11, separation=10.0)
    assert np.bincount(runs[chosen], minlength=4).tolist() == [4, 4, 3, 0]


def test_no_candidates_is_an_empty_choice() -> None:
    nothing = np.array([])
    assert len(candidates(nothing, nothing, nothing, n_runs=0, total=10, separation=1.0)) == 0
    assert len(candidates(nothing, nothing, nothing, n_runs=2, total=10, separation=1.0)) == 0
