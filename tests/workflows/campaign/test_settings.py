"""What a campaign stores of its file: read by attribute, whatever version stored it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from aiida_zif.plugins.data.record import RecordError
from aiida_zif.workflows.campaign.schema.exploration import Exploration
from aiida_zif.workflows.campaign.settings import Settings

EARLIER: dict[str, Any] = {
    "name": "zif4-test",
    "protocol": "demo",
    "seed": 4,
    "level_of_theory": {"name": "gfn1-xtb", "overrides": {}},
    "type_map": ["H", "C", "N", "Zn"],
    "systems": {"zif4": {"structure": "zif-4"}, "zif8": {"structure": "zif-8", "selection": {"per_cycle": 9}}},
    "seed_data": {
        "aimd": [{"temperature": 300.0, "timestep": 0.5, "steps": 12, "stride": 2}],
        "perturbed": {"frames": 4, "displacement": 0.08, "strain": 0.02},
    },
    "held_out": {"aimd": [{"temperature": [500.0, 600.0], "timestep": 0.5, "steps": 10, "stride": 2}]},
    "training": {"models": 3, "steps": 500, "rcut": 5.0},
    "exploration": {
        "temperatures": [300.0, 600.0],
        "pressures": [0.0, 0.5],
        "ensemble": "npt",
        "coupling": "tri",
        "steps": 400,
        "timestep": 0.5,
        "sample_every": 10,
        "halt": {"temperature": 3000.0, "force_deviation": 5.0},
    },
    "selection": {"strategy": "window", "lower": 0.1, "upper": 5.0, "per_cycle": 4, "control": 2},
    "limits": {"cycles": 2, "labels": 100},
    "failure_budget": {"label": 0.3, "train": 0.5, "explore": 0.5},
}
"""Settings of the first versions: no number, and none of the keys that came later."""


def changed(content: Mapping[str, Any], path: str, value: Any) -> dict[str, Any]:
    """Return content with another value of a key in dots."""
    key, _, rest = path.partition(".")
    return {**content, key: changed(content[key], rest, value) if rest else value}


@pytest.fixture
def settings(campaign: Callable[..., Any]) -> Settings:
    """Two systems, of which one has a section of its own."""
    hot = {"structure": "given", "exploration": {"temperatures": ["900 K"]}}
    systems = {"zinc": {"structure": "given"}, "hot": hot}
    whole: Settings = campaign(("zinc", "hot"), systems=systems).settings()
    return whole


def test_a_system_has_its_own_sections_and_those_of_the_campaign(settings: Settings) -> None:
    assert settings.for_system("hot").exploration.temperatures == [900.0]
    assert settings.for_system("hot").selection == settings.selection
    assert settings.for_system("zinc").exploration == settings.exploration
    assert settings.for_system("unheard-of").exploration == settings.exploration


def test_only_what_a_system_has_of_its_own_is_stored_with_it(settings: Settings) -> None:
    systems = settings.as_dict()["systems"]
    assert sorted(systems["zinc"]) == ["structure", "supercell"]
    assert systems["hot"]["exploration"].keys() == Exploration.model_fields.keys()


def test_what_an_earlier_version_did_not_know_is_as_it_was_then() -> None:
    settings = Settings.from_dict(EARLIER)
    assert settings.selection.strategy == ["window"]
    assert settings.selection.window.adaptive is None
    assert (settings.training.warm_start, settings.training.early_stop) == (False, False)
    exploration = settings.exploration
    assert (exploration.equilibration, exploration.uncertain_starts, exploration.preflight) == (0, 0.0, 0)
    assert (exploration.stages, exploration.plumed, exploration.chemistry) == (None, None, None)
    assert not settings.labelling.reuse
    assert settings.failure_budget.hopeless == 1.0
    assert settings.seed_data.aimd[0].ensemble == "nvt"
    assert settings.held_out.imported == []


def test_an_own_section_of_an_earlier_version_is_completed_by_that_of_the_campaign() -> None:
    selection = Settings.from_dict(EARLIER).for_system("zif8").selection
    assert (selection.per_cycle, selection.upper, selection.options) == (9, 5.0, {})


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("limits.cycles", 0),
        ("exploration.sample_every", 7),
        ("exploration.temperatures", [9000.0, 9000.0]),
        ("training.deepmd", {"unknown": 1}),
        ("selection.strategy", ["of-a-package-that-is-gone"]),
        ("selection.lower", 7.0),
        ("name", "a name / of before"),
        ("seed_data.perturbed.frames", 1_000_000),
        ("held_out.aimd", []),
        ("systems", {}),
    ],
)
def test_no_rule_of_the_campaign_file_refuses_what_is_stored(settings: Settings, path: str, value: Any) -> None:
    found: Any = Settings.from_dict(changed(settings.as_dict(), path, value))
    for key in path.split("."):
        found = getattr(found, key)
    assert found == value


def test_keys_that_are_gone_are_passed_over(settings: Settings) -> None:
    assert Settings.from_dict(changed(settings.as_dict(), "training.of_before", 1)) == settings


def test_settings_of_a_newer_version_are_refused(settings: Settings) -> None:
    with pytest.raises(RecordError, match="update aiida-zif"):
        Settings.from_dict({**settings.as_dict(), "schema": Settings.schema_number + 1})
