"""From the section `selection` of a campaign file to the chosen frames, with a strategy from another package."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from aiida import orm

from aiida_zif.cli.campaign.plan_table import describe_chain
from aiida_zif.workflows.active_learning.planning.cycle import plan_exploration
from aiida_zif.workflows.active_learning.selection.select_frames import select_frames
from aiida_zif.workflows.campaign.loading import CampaignError
from aiida_zif.workflows.campaign.settings import Settings

Factory = Callable[..., Any]
STRATEGY = '''
from aiida_zif.plugins.selection import Sieved


def youngest(pool, open_frames, settings, rng, *, count=1):
    """Keep the frames of the first steps."""
    by_step = sorted(open_frames, key=lambda index: pool.step[index])
    return Sieved(by_step[:count], dict.fromkeys(by_step[count:], "too_old"))
'''

pytestmark = pytest.mark.usefixtures("aiida_profile")


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another package is installed, which brings a strategy."""
    (tmp_path / "youngest.py").write_text(STRATEGY)
    metadata = tmp_path / "youngest-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: youngest\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text("[zif.selection]\nyoungest = youngest:youngest\n")
    monkeypatch.syspath_prepend(str(tmp_path))


def chosen(settings: Settings, candidates: Any, control: Any) -> tuple[list[float], dict[str, Any]]:
    """Return the deviations of the frames that a campaign would choose in its first cycle, and the report."""
    state, counts = orm.Dict({"cycle": 0, "n_labels": 0}), {"n_explored": 9, "n_accurate": 4, "n_failed": 0}
    plan = plan_exploration.__wrapped__(orm.Dict(settings.as_dict()), state)
    statistics = {**counts, "n_candidate": 5, "deviation": {}, "histogram": {"edges": [], "counts": []}}
    result = select_frames.__wrapped__(candidates, control, orm.Dict(statistics), plan["selection_zinc"])
    return result["frames"].get_array("max_force_deviation").tolist(), result["report"].get_dict()


@pytest.mark.usefixtures("installed")
def test_a_strategy_of_another_package_works_from_the_campaign_file(campaign: Factory, explored: Factory) -> None:
    selection = {"strategy": ["window", "youngest"], "options": {"youngest": {"count": 2}}}
    deviations, report = chosen(campaign(selection=selection).settings(), explored([9, 0.2, 0.9, 0.4]), explored([]))
    assert deviations == [0.2, 0.9]
    assert report["strategy"] == ["window", "youngest", "budget"]
    assert report["not_chosen"] == {"above_upper": 1, "accurate": 4, "not_kept_by_harvest": 1, "too_old": 1}


@pytest.mark.usefixtures("installed")
def test_options_that_the_strategy_of_another_package_does_not_take_are_refused(campaign: Factory) -> None:
    with pytest.raises(CampaignError) as caught:
        campaign(selection={"strategy": "youngest", "options": {"youngest": {"counts": 2}}})
    assert caught.value.problems[0].fix == "did you mean 'count'?"


def test_a_strategy_that_is_not_installed_is_refused(campaign: Factory) -> None:
    with pytest.raises(CampaignError, match="youngest"):
        campaign(selection={"strategy": "youngest"})


def test_one_word_means_what_it_always_meant(campaign: Factory, explored: Factory) -> None:
    candidates, control = explored([0.2, 0.9, 0.4, 6.0]), explored([])
    assert chosen(campaign().settings(), candidates, control)[0] == [0.9, 0.4, 0.2]


def test_the_chain_is_told_in_words(campaign: Factory) -> None:
    assert describe_chain(campaign().selection) == "by window, separation, diversity, budget"
    section = campaign(selection={"window": {"target_error": "150 meV/Å"}, "per_condition": 2}).selection
    assert describe_chain(section) == (
        "by window, separation, diversity, budget; levels for a force error of 0.15 eV/Å once it is calibrated; "
        "at most 2 of a run"
    )
    section = campaign(selection={"strategy": ["window", "random"], "window": {"quantiles": [0.5, 0.9]}}).selection
    assert describe_chain(section) == "by window, random, budget; between the quantiles 0.5 and 0.9 of all deviations"
