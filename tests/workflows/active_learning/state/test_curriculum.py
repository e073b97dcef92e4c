"""From easy to hard: a stage is left when it has converged, or after its time."""

from __future__ import annotations

import pytest

from aiida_zif.plugins.lammps.exploration.report import ExplorationReport, ExploredRun
from aiida_zif.workflows.active_learning.state.curriculum import (
    Position,
    least_accurate,
    position,
    stages_of,
    target_in_label,
)
from aiida_zif.workflows.active_learning.state.history import CycleRecord
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


def history(*shares: float | None) -> list[CycleRecord]:
    found = ({} if share is None else {"zinc": share} for share in shares)
    return [CycleRecord(n_selected=1, n_labelled=1, least_accurate=least) for least in found]


def test_stage_says_only_what_differs() -> None:
    stages = stages_of(EXPLORATION)
    assert [stage.steps for stage in stages] == [100, 200, 100]
    assert stages[2].temperatures == [(600.0, 1200.0)]


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
    stage, cycle, last = expected
    assert position(EXPLORATION, "zinc", history(*shares)) == Position(stage=stage, cycle=cycle, last=last)


def test_exploration_without_stages_stays_where_it_is() -> None:
    plain = EXPLORATION.model_copy(update={"stages": None})
    assert stages_of(plain) == [plain]
    assert position(plain, "zinc", history(1.0, 1.0)) == Position(stage=0, cycle=2, last=True)


def test_worst_run_decides_and_a_run_that_saw_nothing_is_the_worst() -> None:
    def explored(*counts: tuple[int, int]) -> ExplorationReport:
        runs = [ExploredRun(label="300K", n_accurate=accurate, n_explored=seen) for accurate, seen in counts]
        return ExplorationReport(runs=runs, n_explored=14, n_accurate=10, n_candidate=4, n_failed=0)

    known, silent = explored((9, 10), (1, 4)), explored((9, 10), (1, 4), (0, 0))
    found = least_accurate({"zinc": known, "iron": silent, "copper": explored()})
    assert found == {"zinc": 0.25, "iron": 0.0}


def test_a_ramp_has_one_name_before_and_after_it_was_stored() -> None:
    assert target_in_label((300.0, 900.0), "K") == target_in_label([300.0, 900.0], "K") == "300-900K"
