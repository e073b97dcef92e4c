"""What a campaign will cost follows from what was measured, and says how far that can be trusted."""

from __future__ import annotations

from dataclasses import replace

import pytest

from aiida_zif.provenance.costs.estimate import Pace, Work, closest, duration, estimate

FRAMES = Pace("batch", 272, (2, 1), first_s=10.0, next_s=4.0, n_jobs=3, measured="2026-11-22")
STEPS = Pace("aimd", 272, (2, 1), first_s=12.0, next_s=1.5, n_jobs=2, measured="2026-11-22")
BATCH = Work("zif4", "seed, perturbed", "frames", "batch", 272, 21, (2, 1), walltime=3600.0)
AIMD = Work("zif4", "seed, AIMD 300 K", "MD steps", "aimd", 272, 1001, (2, 1), walltime=3600.0)


def test_the_first_frame_is_paid_once_a_job_and_every_other_at_its_own_price() -> None:
    cost = estimate(BATCH, [FRAMES])
    assert cost.wall_s == 10.0 + 20 * 4.0
    assert cost.core_s == 2 * 90.0
    assert (cost.seconds, cost.factor) == (4.0, 1.0)
    assert cost.basis == "3 jobs, 2026-11-22"


def test_what_is_held_already_costs_nothing_measured_or_not() -> None:
    for paces in ([FRAMES], []):
        cost = estimate(replace(BATCH, count=0, held=21), paces)
        assert (cost.wall_s, cost.core_s, cost.basis) == (0.0, 0.0, "nothing left to do")


def test_frames_beyond_the_walltime_pay_another_first_frame() -> None:
    cost = estimate(replace(BATCH, walltime=50.0), [FRAMES])  # 11 frames fit: 10 + 10 x 4 s
    assert cost.wall_s == 2 * 10.0 + 19 * 4.0
    assert cost.warnings == ()


def test_a_job_may_be_meant_to_end_long_before_its_walltime() -> None:
    cost = estimate(replace(BATCH, job_time=50.0), [FRAMES])
    assert cost.wall_s == 2 * 10.0 + 19 * 4.0
    assert estimate(replace(BATCH, job_time=5.0), [FRAMES]).warnings == ()


def test_dynamics_pay_for_every_step_and_say_that_they_are_continued() -> None:
    cost = estimate(replace(AIMD, walltime=800.0), [FRAMES, STEPS])
    assert cost.wall_s == 2 * 12.0 + 999 * 1.5
    (warning,) = cost.warnings
    assert "continued in 2 jobs" in warning
    assert "zif4, seed, AIMD 300 K" in warning


def test_a_first_frame_longer_than_the_walltime_is_warned_of() -> None:
    (warning,) = estimate(replace(BATCH, walltime=8.0), [FRAMES]).warnings
    assert "the first frame alone takes 10 s, more than the 8.0 s of one job; raise walltime" in warning


def test_a_training_that_cannot_be_continued_must_fit_into_its_walltime() -> None:
    pace = Pace("train", 272, (1, 1), 20.0, 0.1, 4, "2026-11-22")
    work = Work("all", "train", "steps", "train", 272, 1000, (1, 1), 60.0, runs=4, concurrent=2, is_continued=False)
    cost = estimate(work, [pace])
    assert cost.wall_s == pytest.approx(2 * (20.0 + 999 * 0.1))
    assert cost.core_s == pytest.approx(4 * (20.0 + 999 * 0.1))
    assert "raise walltime" in cost.warnings[0]


def test_another_size_is_scaled_by_the_square_of_its_atoms_and_said_to_be() -> None:
    cost = estimate(replace(BATCH, n_atoms=136), [FRAMES])
    assert cost.seconds == 1.0
    assert cost.factor == 2.0  # between n^1 and n^3
    assert "scaled by n^2 from 272 atoms" in cost.basis


def test_exploration_is_scaled_in_proportion() -> None:
    pace = Pace("explore", 100, (2, 1), 0.0, 0.01, 1, "2026-11-22")
    work = Work("zif4", "explore", "MD steps", "explore", 300, 1000, (2, 1), 3600.0)
    cost = estimate(work, [pace])
    assert (cost.seconds, cost.factor) == (pytest.approx(0.03), 1.0)
    assert "scaled by n from" in cost.basis


def test_other_cores_are_expected_to_take_the_same_core_seconds() -> None:
    cost = estimate(replace(BATCH, layout=(4, 1)), [FRAMES])
    assert cost.core_s == 2 * 90.0
    assert "measured on 2 × 1" in cost.basis


def test_a_step_that_was_never_timed_is_said_to_cost_a_frame_at_most() -> None:
    assert "at most: of a single frame" in estimate(AIMD, [FRAMES]).basis
    assert "at least: of MD steps" in estimate(BATCH, [STEPS]).basis


def test_the_nearest_size_counts_more_than_kind_and_kind_more_than_layout() -> None:
    other_layout, other_size = replace(FRAMES, layout=(1, 2)), replace(FRAMES, n_atoms=276)
    assert closest(BATCH, [STEPS, other_size, other_layout, FRAMES]) is FRAMES
    assert closest(BATCH, [STEPS, other_size, other_layout]) is other_layout
    assert closest(BATCH, [STEPS, other_size]) is STEPS


def test_what_was_never_measured_has_no_cost() -> None:
    cost = estimate(BATCH, [Pace("train", 272, (1, 1), 1.0, 1.0, 1, "2026-11-22")])
    assert (cost.seconds, cost.wall_s, cost.core_s, cost.basis) == (None, None, None, "not measured")


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.0112, "11 ms"), (4.56, "4.6 s"), (46.0, "46 s"), (150.0, "2.5 min"), (3600.0, "60 min"), (9000.0, "2.5 h"),
     (190000.0, "2.2 d")],
)  # fmt: skip
def test_times_are_told_as_one_would_say_them(seconds: float, words: str) -> None:
    assert duration(seconds) == words
