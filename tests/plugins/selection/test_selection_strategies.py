"""The strategies one by one: inside the window, fair between runs, no near-duplicates, within the budget."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from aiida_zif.plugins.selection import Sieved, run_chain
from aiida_zif.plugins.selection.budget import budget
from aiida_zif.plugins.selection.random import random
from aiida_zif.plugins.selection.round_robin import turns
from aiida_zif.plugins.selection.separation import separation
from aiida_zif.plugins.selection.window import held_out_error, levels, window

Factory = Callable[..., Any]
SETTINGS: dict[str, Any] = {"lower": 0.1, "upper": 1.0, "per_cycle": 10, "min_separation": 20}


def sieve(strategy: Callable[..., Sieved], frames: Any, seed: int = 1, **settings: Any) -> Sieved:
    """Apply one strategy to all frames."""
    return strategy(frames, list(range(len(frames))), {**SETTINGS, **settings}, np.random.default_rng(seed))


# -- window ----------------------------------------------------------------------------------------------------


def test_only_frames_inside_the_window_are_kept_the_most_uncertain_first(pool: Factory) -> None:
    choice = sieve(window, pool([0.05, 0.1, 0.99, 1.0, np.nan, np.inf]))
    assert choice.kept == [2, 1]
    assert choice.rejected == {0: "accurate", 3: "above_upper", 4: "no_deviation", 5: "above_upper"}


def test_quantiles_narrow_the_window_by_what_was_explored(pool: Factory) -> None:
    choice = sieve(window, pool(np.linspace(0.2, 0.9, 11)), window={"quantiles": [0.5, 0.9]})
    assert sorted(choice.kept) == [5, 6, 7, 8, 9]
    assert choice.reasons == {"above_quantile": 1, "below_quantile": 5}


def test_quantiles_are_of_everything_explored_where_only_a_part_came_back(pool: Factory) -> None:
    histogram = (np.array([0.0, 0.1, 0.5, 0.9]), np.array([50, 40, 10]))
    choice = sieve(window, pool([0.2, 0.49, 0.51, 0.8], histogram=histogram), window={"quantiles": [0.9, 1.0]})
    assert sorted(choice.kept) == [2, 3]


def test_quantiles_do_not_open_the_window(pool: Factory) -> None:
    assert sieve(window, pool([0.01, 0.02, 0.03]), window={"quantiles": [0.0, 1.0]}).kept == []


@pytest.mark.parametrize(
    ("error", "lower"), [(None, 0.1), (0.01, 0.1), (0.2, 0.3), (5.0, 0.5)], ids=["unknown", "good", "fair", "poor"]
)
def test_an_adaptive_level_follows_the_held_out_error_within_bounds(error: float | None, lower: float) -> None:
    found = levels({**SETTINGS, "window": {"adaptive": 1.5}}, held_out_error=error)
    assert found == (pytest.approx(lower), 1.0)


def test_levels_come_from_the_calibration_once_there_is_one() -> None:
    from aiida_zif.plugins.selection import calibration

    deviation = np.geomspace(0.02, 2.0, 60)
    curve = calibration.fit(deviation, 0.5 * deviation, seed=1)
    settings = {**SETTINGS, "window": {"target_error": 0.1}}
    assert levels(settings) == (0.1, 1.0)
    lower, upper = levels(settings, curve=curve)
    assert lower == pytest.approx(0.2, rel=0.1)
    assert upper > 1.0


def test_the_held_out_error_is_that_of_the_own_frames_if_there_are_any() -> None:
    errors = {
        "c00_zinc_held_out_0_attempt_0": np.array([0.3, 0.1]),
        "imported_0a1b2c3d": np.array([0.9, 0.9]),
    }
    systems = {"c00_zinc_held_out_0_attempt_0": "zinc", "imported_0a1b2c3d": "hot"}
    assert held_out_error(errors, systems, "zinc") == pytest.approx(0.28)
    assert held_out_error(errors, systems, "hot") == pytest.approx(0.9)
    assert held_out_error(errors, systems, "cold") == pytest.approx(0.9)
    assert held_out_error({}, {}, "zinc") is None


def test_imported_and_computed_held_out_frames_of_a_system_count_together() -> None:
    errors = {
        "c00_a_held_out_b_held_out_0": np.array([0.5] * 5),
        "imported_1": np.array([0.1] * 5),
    }
    systems = {"c00_a_held_out_b_held_out_0": "a_held_out_b", "imported_1": "a_held_out_b"}
    assert held_out_error(errors, systems, "a_held_out_b") == pytest.approx(0.5)
    # the name of the first block begins like one of system a, which has no frames of its own
    systems |= {"imported_1": "a"}
    assert held_out_error(errors, systems, "a") == pytest.approx(0.1)


# -- turns, separation, budget -----------------------------------------------------------------------------------


def test_runs_take_turns_so_that_none_starves(pool: Factory) -> None:
    assert sieve(turns, pool([0.9, 0.8, 0.7, 0.2], run=[0, 0, 0, 1])) == Sieved([0, 3, 1, 2])


def test_near_duplicates_along_a_run_are_left_out(pool: Factory) -> None:
    choice = sieve(separation, pool([0.9, 0.8, 0.7, 0.6], step=[100, 105, 140, 120]))
    assert choice == Sieved([0, 2, 3], {1: "near_duplicate"})


def test_equal_steps_of_different_runs_are_no_duplicates(pool: Factory) -> None:
    assert len(sieve(separation, pool([0.9, 0.8], run=[0, 1], step=[100, 100])).kept) == 2


@pytest.mark.parametrize("seed", range(5))
def test_no_two_kept_frames_of_a_run_are_closer_than_asked(pool: Factory, seed: int) -> None:
    rng = np.random.default_rng(seed)
    frames = pool(rng.uniform(0, 1, 300), rng.integers(0, 3, 300), rng.integers(0, 2000, 300))
    choice = sieve(separation, frames)
    for index, reason in choice.rejected.items():
        near = [i for i in choice.kept if frames.run[i] == frames.run[index]]
        assert reason == "near_duplicate"
        assert min(abs(frames.step[near] - frames.step[index])) < 20
    for run in range(3):
        kept = [i for i in choice.kept if frames.run[i] == run]
        assert np.diff(np.sort(frames.step[kept])).min() >= 20


def test_the_budget_is_cut_in_order_of_preference(pool: Factory) -> None:
    assert sieve(budget, pool([0.5] * 4), per_cycle=2) == Sieved([0, 1], {2: "over_budget", 3: "over_budget"})


def test_no_condition_gets_more_than_its_budget(pool: Factory) -> None:
    choice = sieve(budget, pool([0.5] * 5, run=[0, 0, 0, 1, 1]), per_cycle=3, per_condition=2)
    assert choice.kept == [0, 1, 3]
    assert choice.rejected == {2: "over_condition_budget", 4: "over_budget"}


# -- chance ------------------------------------------------------------------------------------------------------


def test_chance_does_not_look_at_the_deviation(pool: Factory) -> None:
    frames = pool([0.0, 0.5, 5.0, 0.2])
    drawn = Counter(index for seed in range(400) for index in sieve(random, frames, seed, per_cycle=2).kept)
    assert all(150 < count < 250 for count in drawn.values())
    assert set(sieve(random, frames, per_cycle=2).rejected.values()) == {"not_drawn"}


def test_chance_after_the_window_draws_inside_it(pool: Factory) -> None:
    choice = run_chain(["window", "random"], pool([0.0, 0.5, 5.0, 0.2]), {**SETTINGS, "per_cycle": 1}, 1)
    assert choice.reasons == {"above_upper": 1, "accurate": 1, "not_drawn": 1}
