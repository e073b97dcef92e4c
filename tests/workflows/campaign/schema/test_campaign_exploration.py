"""Ramps, stages and chemistry in a campaign file."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from aiida import orm

from aiida_zif.plugins.lammps.exploration.settings import Settings as LammpsSettings
from aiida_zif.plugins.lammps.exploration.settings import check_runs
from aiida_zif.workflows.active_learning.planning.cycle import (
    exploration_parameters,
    exploration_runs,
    plan_exploration,
)
from aiida_zif.workflows.campaign.loading import CampaignError
from aiida_zif.workflows.campaign.settings import Settings

Factory = Callable[..., Any]

STAGES = [
    {"temperatures": ["300 K"], "pressures": ["0 GPa"], "accurate": 0.9},
    {"temperatures": [["300 K", "900 K"], "600 K"], "steps": 480, "cycles": 2},
]

pytestmark = pytest.mark.usefixtures("aiida_profile")


@pytest.fixture(scope="module")
def staged(campaign: Factory) -> Settings:
    """Settings of a campaign with a curriculum."""
    settings: Settings = campaign(exploration={"stages": STAGES}).settings()
    return settings


def planned(settings: Settings, *shares: float) -> dict[str, Any]:
    """The plan of the cycle after those in which so large a share of the worst run was accurate."""
    history = [{"n_selected": 1, "n_labelled": 1, "least_accurate": {"zinc": share}} for share in shares]
    state = orm.Dict({"cycle": len(shares), "n_labels": 0, "history": history})
    return plan_exploration.__wrapped__(orm.Dict(settings.as_dict()), state)  # type: ignore[no-any-return, attr-defined]


def test_every_stage_plans_its_own_runs(staged: Settings) -> None:
    first, second = planned(staged, 0.5), planned(staged, 0.5, 0.95)
    assert [run["label"] for run in first["runs_zinc"].get_list()] == ["300K_0GPa"]
    assert [run["label"] for run in second["runs_zinc"].get_list()] == [
        "300-900K_0GPa", "300-900K_0.5GPa", "600K_0GPa", "600K_0.5GPa",
    ]  # fmt: skip
    assert first["stage_zinc"].get_dict() == {"schema": 1, "stage": 0, "cycle": 1, "last": False}
    assert second["stage_zinc"].get_dict() == {"schema": 1, "stage": 1, "cycle": 0, "last": True}
    assert second["starts_zinc"]["count"] == 4


def test_ramp_is_a_run_that_lammps_takes(staged: Settings) -> None:
    settings = LammpsSettings.from_dict(exploration_parameters(staged, staged.selection.model_dump(), "zinc", 1))
    runs = check_runs(exploration_runs(staged, "zinc", 1, 1), settings, 4)
    assert runs[0].sampled[0].temperature == (300.0, 900.0)
    assert (runs[0].equilibration, runs[0].steps) == (160, 160 + 480)
    assert settings.chemistry.intact


def test_members_of_the_committee_take_turns_to_drive(campaign: Factory) -> None:
    values = campaign().settings()
    drivers = {cycle: [run["driver"] for run in exploration_runs(values, "zinc", cycle)] for cycle in (1, 2)}
    assert drivers == {1: [1, 0, 1, 0], 2: [0, 1, 0, 1]}


def test_share_of_uncertain_starts_is_of_the_runs(campaign: Factory) -> None:
    plan = planned(campaign(exploration={"uncertain_starts": 0.5}).settings())
    assert (plan["starts_zinc"]["count"], plan["starts_zinc"]["uncertain"]) == (4, 2)


@pytest.mark.parametrize(
    ("exploration", "field"),
    [
        ({"stages": [{"temperatures": ["300 K", "300 K"]}]}, r"stages\.0\.temperatures"),
        ({"stages": [{"steps": 241}]}, r"stages\.0\.steps"),
        ({"stages": [{"ensemble": "nvt"}]}, r"stages\.0\.pressures"),
        ({"stages": [{"temperatures": [["300 K", "5000 K"]]}]}, "halt.temperature"),
        ({"stages": []}, "stages"),
        ({"stages": [{"hotter": 1}]}, "hotter"),
        ({"temperatures": [["300 K"]]}, "temperatures"),
        ({"chemistry": {"stretch": 0.9}}, "stretch"),
        ({"chemistry": {"density": [1.5, 2.0]}}, "density"),
        ({"uncertain_starts": 1.5}, "uncertain_starts"),
        ({"preflight": -1}, "preflight"),
    ],
)
def test_impossible_exploration_is_refused_by_its_field(
    campaign: Factory, exploration: dict[str, Any], field: str
) -> None:
    with pytest.raises(CampaignError, match=field):
        campaign(exploration=exploration)


def test_chemistry_may_be_switched_off_for_one_system(campaign: Factory) -> None:
    systems = {"zinc": {"structure": "given"}, "melt": {"structure": "given"}}
    systems["melt"]["exploration"] = {"chemistry": {"intact": False}}  # type: ignore[assignment]
    values = campaign(("zinc", "melt"), systems=systems).settings()
    kept = {name: values.for_system(name).exploration.chemistry.intact for name in systems}
    assert kept == {"zinc": True, "melt": False}
