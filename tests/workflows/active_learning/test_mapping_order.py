"""PostgreSQL sorts the keys of every mapping by length and name: no plan, seed or verdict may follow their order."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest

from aiida_zif.plugins.cp2k.levels import Level, available_levels, load_level
from aiida_zif.workflows.active_learning.judging.criteria import worst
from aiida_zif.workflows.active_learning.planning import cycle as plan
from aiida_zif.workflows.active_learning.planning.first_labels import label_tasks
from aiida_zif.workflows.campaign.settings import Settings
from aiida_zif.workflows.level_convergence.comparison import Measured, compare
from aiida_zif.workflows.level_convergence.ladder import changed, read_ladder, rungs
from aiida_zif.workflows.level_convergence.study import Noise


def as_postgresql(value: Any) -> Any:
    """Return plain content as a column of type JSONB gives it back."""
    if isinstance(value, Mapping):
        keys = sorted(value, key=lambda key: (len(key.encode()), key))
        return {key: as_postgresql(value[key]) for key in keys}
    return [as_postgresql(item) for item in value] if isinstance(value, list | tuple) else value


@pytest.fixture(scope="module")
def settings(campaign: Callable[..., Any]) -> dict[str, Any]:
    """Settings of a campaign with several systems and runs, as a file gives them."""
    stages = [{"temperatures": ["300 K"], "steps": 96}, {"temperatures": ["900 K", "400 K"]}]
    exploration = {"pressures": ["1 GPa", "0 GPa"], "stages": stages}
    made = campaign(("zinc", "a", "bbb"), exploration=exploration)
    return dict(json.loads(json.dumps(made.settings().as_dict())))


@pytest.mark.parametrize("system", ["zinc", "a", "bbb"])
def test_tasks_runs_and_seeds_follow_no_order(settings: dict[str, Any], system: str) -> None:
    def planned(stored: dict[str, Any]) -> str:
        values = Settings.from_dict(stored)
        selections = plan.plan_selections(values, [*sorted(values.systems)], 2, 10, None, None)
        parts = [
            label_tasks(values, system),
            [plan.exploration_runs(values, system, 2, stage) for stage in (0, 1)],
            plan.exploration_parameters(values, selections[system].model_dump(), system, 2),
            plan.starts_recipe(values, system, 2, 4),
            selections,
        ]
        return json.dumps(parts, sort_keys=True, default=lambda record: record.as_dict())

    assert list(as_postgresql(settings)) != list(settings)
    assert planned(as_postgresql(settings)) == planned(settings)


@pytest.mark.parametrize("name", available_levels())
def test_a_level_stays_what_it_is(name: str) -> None:
    level = load_level(name)
    found = Level.from_dict(as_postgresql(level.as_dict()))
    assert (found.hash, found.line, found.elements) == (level.hash, level.line, level.elements)
    assert found.settings.get("recovery") == level.settings.get("recovery")


def test_of_settings_that_are_equally_far_off_the_same_one_is_tightened() -> None:
    level = load_level("pbe-d3-fast", {"MGRID/CUTOFF": 400})
    values = {"SCF/EPS_SCF": [1.0e-4, 1.0e-5, 1.0e-7], "MGRID/CUTOFF": [300, 400, 800]}

    def tightened(given: dict[str, list[Any]]) -> Any:
        ladder, measured = read_ladder(given, level), {}

        def measure(choice: Mapping[str, Any]) -> None:
            loose = sum(value != ladder[setting][-1] for setting, value in choice.items())
            force = np.full((1, 2, 3), 6e-3 * loose)  # each alone passes, two of them do not
            measured[changed(level, dict(choice)).hash] = Measured(np.zeros(1), force, None, 1.0)

        for choice in rungs(ladder, level).values():
            measure(choice)
        measure(compare(level, ladder, Noise(), measured).following)
        return compare(level, ladder, Noise(), measured).following

    assert tightened(values) is not None
    assert tightened(values) == tightened(dict(reversed(values.items())))


def test_of_equal_values_the_same_one_is_named() -> None:
    assert worst({"b": 1.0, "a": 1.0, "c": None}) == worst({"a": 1.0, "c": None, "b": 1.0}) == (1.0, "a")


def test_the_relation_of_deviation_and_error_follows_no_order(block: Callable[..., Any]) -> None:
    from aiida import orm

    from aiida_zif.workflows.active_learning.judging.calibration import known_errors

    errors = orm.ArrayData()
    for number, name in enumerate(("one", "two")):
        errors.set_array(f"{name}__force_rmse", np.full((2, 3), 0.1 + number))
        errors.set_array(f"{name}__max_force_deviation", np.full(3, 0.2 + number))
    blocks = {"block_one": block(3, 1), "block_two": block(3, 2)}
    forth, back = ({**order, "errors_c01_test": errors} for order in (blocks, dict(reversed(blocks.items()))))
    assert known_errors(forth) == known_errors(back)
    assert len(known_errors(forth)) == 6
