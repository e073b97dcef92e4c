"""How systems share the labels that are left, and that every explored frame is accounted for."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from aiida_zif.plugins.lammps.exploration.report import ExplorationReport
from aiida_zif.plugins.selection import Sieved
from aiida_zif.plugins.selection.calibration import Relation
from aiida_zif.workflows.active_learning.selection.choice_report import Choice, choice_report, reasons
from aiida_zif.workflows.active_learning.selection.label_budget import affordable, share, with_levels
from aiida_zif.workflows.active_learning.selection.plan import SelectionPlan

SECTION: dict[str, Any] = {"per_cycle": 8, "control": 4, "lower": 0.1, "upper": 1.0, "strategy": ["window"]}


def run(label: str, ended: str, **failed: int) -> dict[str, Any]:
    """Return what the summary of an exploration says of a run."""
    return {"label": label, "ended": ended, "failed_reasons": failed}


EXPLORED: dict[str, Any] = {
    "n_explored": 60,
    "n_accurate": 30,
    "n_candidate": 20,
    "n_failed": 10,
    "runs": [
        run("300K", "completed", above_upper=4),
        run("900K", "deviation_hopeless", above_upper=2, broken_linker=3),
    ],
    "deviation": {"q50": 0.1},
    "histogram": {"edges": [0.0, 1.0], "counts": [60]},
}


# -- labels that are left ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("labels_left", "expected"), [(100, (8, 4)), (9, (5, 4)), (3, (1, 2)), (1, (1, 0))])
def test_a_cycle_asks_for_no_more_labels_than_are_left(labels_left: int, expected: tuple[int, int]) -> None:
    selection = affordable(SECTION, labels_left)
    assert (selection["per_cycle"], selection["control"]) == expected
    assert sum(expected) <= max(labels_left, 1)


def choose_in_turn(needs: dict[str, int], labels_left: int) -> dict[str, int]:
    """Return what systems choose that have so many frames to choose from, the smallest first."""
    selection, taken = SelectionPlan(**SECTION, seed=1, labels_left=labels_left), dict[str, int]()
    for name in sorted(needs, key=lambda name: min(needs[name], 8)):
        waiting = len(needs) - len(taken) - 1
        taken[name] = min(needs[name], share(selection, sum(taken.values()), waiting))
    return taken


def test_no_system_takes_the_labels_of_another() -> None:
    assert choose_in_turn({"a": 100, "b": 100, "c": 100}, 12) == {"a": 4, "b": 4, "c": 4}


def test_what_one_system_does_not_use_goes_to_the_others() -> None:
    assert choose_in_turn({"a": 100, "b": 1, "c": 100}, 12) == {"b": 1, "a": 5, "c": 6}
    assert choose_in_turn({"a": 100, "b": 0}, 8) == {"b": 0, "a": 8}


@pytest.mark.parametrize("labels_left", [1, 2, 5, 24, 100])
def test_systems_together_take_no_more_than_is_left_and_all_of_it_if_they_can(labels_left: int) -> None:
    taken = choose_in_turn({"a": 100, "b": 3, "c": 5}, labels_left)
    assert sum(taken.values()) == min(labels_left, 8 + 3 + 5)


def test_a_plan_of_an_early_version_has_one_strategy_and_no_limit_of_labels() -> None:
    plan = SelectionPlan.from_dict({**SECTION, "strategy": "window", "min_separation": 20})
    assert (plan.strategy, plan.min_separation, plan.options) == (["window"], 20, {})
    assert share(plan, 0, 0) == 8
    assert SelectionPlan.from_dict(plan.as_dict()) == plan


# -- levels --------------------------------------------------------------------------------------------------------


def test_no_level_lies_above_the_deviation_at_which_runs_are_given_up() -> None:
    line = {"centre": 1.0, "level": 0.01, "slope": 1.0, "level_error": 0.0, "slope_error": 0.0}
    steep = Relation(n=40, scatter=0.1, dof=38, range=(0.1, 90.0), **line)
    found = with_levels({**SECTION, "window": {"target_error": 0.1}}, 5.0, None, steep)
    assert (found["lower"], found["upper"]) == (2.5, 5.0)


def test_levels_stand_as_they_are_unless_they_are_to_follow_something() -> None:
    found = with_levels(SECTION, 5.0, 0.3, None)
    assert (found["lower"], found["upper"]) == (0.1, 1.0)


# -- what became of the frames -----------------------------------------------------------------------------------


def test_everything_explored_is_chosen_or_has_a_reason() -> None:
    sieved = Sieved([3, 0, 5], {1: "near_duplicate", 2: "over_budget", 4: "over_budget"})
    report = choice_report(ExplorationReport.from_dict(EXPLORED), 6, sieved, np.array([0, 0, 1, 1, 1, 1]), SECTION)
    assert report.not_chosen == {
        "above_upper": 6,
        "accurate": 30,
        "broken_linker": 3,
        "failed": 1,
        "near_duplicate": 1,
        "not_kept_by_harvest": 14,
        "over_budget": 2,
    }
    assert report.n_selected + sum(report.not_chosen.values()) == report.n_explored
    assert report.selected_by_condition == {"300K": 1, "900K": 2}
    assert report.strategy == ["window", "turns", "separation", "budget"]
    assert report.runs_ended == {"completed": 1, "deviation_hopeless": 1}


def test_frames_of_which_chance_drew_some_are_counted_once() -> None:
    found = reasons(
        ExplorationReport.from_dict({**EXPLORED, "keep": "any"}), 20, Sieved([3], dict.fromkeys(range(3), "accurate"))
    )
    kept = EXPLORED["n_accurate"] + EXPLORED["n_candidate"] - 20
    assert (found["accurate"], found["not_kept_by_harvest"]) == (3, kept)
    assert sum(found.values()) == EXPLORED["n_explored"] - 20 + 3


def test_a_reason_is_counted_once_whether_found_there_or_here() -> None:
    found = reasons(ExplorationReport.from_dict(EXPLORED), 20, Sieved([], dict.fromkeys(range(20), "above_upper")))
    assert found["above_upper"] == 26
    assert sum(found.values()) == 60


def test_a_choice_of_an_early_version_is_read() -> None:
    counts = {"n_explored": 60, "n_accurate": 30, "n_candidate": 20, "n_failed": 10, "n_selected": 3}
    old = Choice.from_dict({**counts, "n_control": 2, "not_chosen": {"accurate": 57}, "deviation": {"q50": None}})
    assert (old.strategy, old.runs_ended, old.n_unaffordable, old.deviation.q50) == (["window"], {}, 0, None)
    new = choice_report(
        ExplorationReport.from_dict(EXPLORED), 6, Sieved([0]), np.zeros(6, dtype=int), SECTION, n_control=2
    )
    assert Choice.from_dict(new.as_dict()) == new
    assert new.as_dict()["schema"] == 1
