"""The choice of frames: inside the window, fair between runs, no near duplicates, a reason for every other frame."""

import numpy as np

from aiida_zif.workflows.selection import choose_frames, force_rmse_per_frame

WINDOW = {"lower": 0.1, "upper": 1.0}


def choose(deviation: list[float], run: list[int], step: list[int], budget: int = 10, min_separation: int = 0):
    return choose_frames(
        np.array(deviation), np.array(run), np.array(step), budget=budget, min_separation=min_separation, **WINDOW
    )


def test_only_frames_inside_the_window_are_chosen() -> None:
    choice = choose([0.05, 0.1, 0.99, 1.0, np.nan], [0] * 5, [0, 10, 20, 30, 40])
    assert sorted(choice.chosen) == [1, 2]
    assert choice.rejected == {0: "accurate", 3: "above_upper_level", 4: "above_upper_level"}


def test_the_most_uncertain_frame_comes_first() -> None:
    assert choose([0.2, 0.8, 0.5], [0, 0, 0], [0, 10, 20], budget=2).chosen == [1, 2]


def test_runs_take_turns_so_that_none_starves() -> None:
    choice = choose([0.9, 0.8, 0.7, 0.2], [0, 0, 0, 1], [0, 10, 20, 0], budget=2)
    assert choice.chosen == [0, 3]


def test_near_duplicates_along_a_run_are_left_out() -> None:
    choice = choose([0.9, 0.8, 0.7], [0, 0, 0], [100, 105, 140], min_separation=20)
    assert choice.chosen == [0, 2]
    assert choice.rejected == {1: "near_duplicate"}


def test_equal_steps_of_different_runs_are_no_duplicates() -> None:
    assert len(choose([0.9, 0.8], [0, 1], [100, 100], min_separation=20).chosen) == 2


def test_every_frame_is_chosen_or_has_one_reason() -> None:
    rng = np.random.default_rng(3)
    choice = choose(list(rng.uniform(0, 1.2, 200)), list(rng.integers(0, 4, 200)), list(range(200)), 12, 5)
    assert len(choice.chosen) == 12
    assert sorted([*choice.chosen, *choice.rejected]) == list(range(200))
    assert sum(choice.reasons.values()) == 188


def test_no_candidates_is_an_empty_choice() -> None:
    assert choose([], [], []).chosen == []


def test_force_rmse_is_taken_over_all_components_of_a_frame() -> None:
    predicted, reference = np.zeros((2, 2, 3)), np.zeros((2, 2, 3))
    predicted[1, 0, 0] = 3.0
    assert np.allclose(force_rmse_per_frame(predicted, reference), [0.0, np.sqrt(9.0 / 6.0)])
