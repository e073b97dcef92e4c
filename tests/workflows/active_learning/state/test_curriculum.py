"""From easy to hard: a stage is left when it has converged, or after its time."""

from __future__ import annotations

from typing import Any

import pytest

from aiida_zif.workflows.active_learning.state.curriculum import Position, least_accurate, position, stages_of
from aiida_zif.workflows.campaign.schema.exploration import Exploration
from aiida_zif.workflows.campaign.schema.stored import by_shape

EXPLORATION: Exploration = by_shape(
    Exploration,
    {
        "temperatures": [300.0],
        "steps": 100,
        "stages": [
            {"temperatures": [300.0], "accurate": 0.9},
            {"temperatures": [600.0], "steps": 200, "accurate": 0.9, "cycles": 2},
            {"temperatures": [[600.0, 1200.0]], "accurate": 0.9, "cycles": 1},
        ],
    },
)


def history(*shares: float | None) -> list[dict[str, Any]]:
    return [{"least_accurate": {} if share is None else {"zinc": share}} for share in shares]


def test_stage_says_only_what_differs() -> None:
    stages = stages_of(EXPLORATION)
    assert [stage.steps for stage in stages] == [100, 200, 100]
    assert stages[2].temperatures == [[600.0, 1200.0]]


@pytest.mark.parametrize(
    ("shares", "expected"),
    [
        ([], (0, 0, False)),
        ([0.5, 0.8], (0, 2, False)),
        ([0.5, 0.95], (1, 0, False)),
        ([0.95, 0.2], (1, 1, False)),
        ([0.95, 0.2, 0.3], (2, 0, True)),
        ([0.95, 0.95], (2, 0, True)),
        ([0.95, 0.95, 1.0, 1.0], (2, 2, True)),
        ([None, None], (0, 2, False)),
        ([0.95, None, None], (2, 0, True)),
    ],
)
def test_stage_is_left_when_it_has_converged_or_after_its_time(
    shares: list[float | None], expected: tuple[int, int, bool]
) -> None:
    assert position(EXPLORATION, "zinc", history(*shares)) == Position(*expected)


def test_exploration_without_stages_stays_where_it_is() -> None:
    plain = EXPLORATION.model_copy(update={"stages": None})
    assert stages_of(plain) == [plain]
    assert position(plain, "zinc", history(1.0, 1.0)) == Position(0, 2, True)


def test_worst_run_decides_and_a_run_that_saw_nothing_is_the_worst() -> None:
    runs = [{"n_accurate": 9, "n_explored": 10}, {"n_accurate": 1, "n_explored": 4}]
    silent = [*runs, {"n_accurate": 0, "n_explored": 0}]
    found = least_accurate({"zinc": {"runs": runs}, "iron": {"runs": silent}, "copper": {}})
    assert found == {"zinc": 0.25, "iron": 0.0}
