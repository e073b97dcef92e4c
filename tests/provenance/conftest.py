"""A finished campaign, stored once a session."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from aiida import orm
from synthetic_campaign import SyntheticCampaign
from synthetic_study import SyntheticStudy

from aiida_zif.provenance.campaigns.summary import summarise
from aiida_zif.provenance.campaigns.view import CampaignView, load_view
from aiida_zif.provenance.studies.view import StudyView, load_study


@pytest.fixture(scope="session")
def finished(aiida_profile: object, tmp_path_factory: pytest.TempPathFactory) -> SyntheticCampaign:
    """The builder of a campaign of two cycles that ended well; treat it as read-only."""
    campaign = SyntheticCampaign(tmp_path_factory.mktemp("finished"))
    campaign.run(cycles=2)
    return campaign


@pytest.fixture(scope="session")
def campaign(finished: SyntheticCampaign) -> orm.WorkChainNode:
    """The work chain of the finished campaign."""
    return finished.campaign


@pytest.fixture(scope="session")
def view(campaign: orm.WorkChainNode) -> CampaignView:
    """The finished campaign as its steps."""
    return load_view(campaign)


@pytest.fixture(scope="session")
def summary(view: CampaignView) -> dict[str, Any]:
    """The figures of the finished campaign; treat them as read-only."""
    return summarise(view)


@pytest.fixture(scope="session")
def labelling(aiida_profile: object, tmp_path_factory: pytest.TempPathFactory) -> SyntheticCampaign:
    """A campaign that labels the choice of cycle 1 right now; its CP2K job has an empty work folder."""
    campaign = SyntheticCampaign(tmp_path_factory.mktemp("labelling"))
    campaign.open()
    campaign.explore()
    _, job = campaign.start_label("zif4", campaign.choice, campaign.choice_task)
    job.set_remote_workdir(str(campaign.scratch))
    campaign.settle()
    return campaign


@pytest.fixture(scope="session")
def begun(aiida_profile: object, tmp_path_factory: pytest.TempPathFactory) -> SyntheticCampaign:
    """A campaign that has only been planned."""
    campaign = SyntheticCampaign(tmp_path_factory.mktemp("begun"))
    campaign.begin()
    campaign.settle()
    return campaign


@pytest.fixture
def unfinished(aiida_profile: object, tmp_path: Path) -> Callable[[], SyntheticCampaign]:
    """Factory of campaigns that are still to be taken further by the test; each costs seconds."""
    return lambda: SyntheticCampaign(tmp_path)


@pytest.fixture(scope="session")
def study(finished: SyntheticCampaign, tmp_path_factory: pytest.TempPathFactory) -> SyntheticStudy:
    """The builder of a study with every section that ended well; treat it as read-only."""
    study = SyntheticStudy(tmp_path_factory.mktemp("study"), made=finished)
    study.run()
    return study


@pytest.fixture(scope="session")
def study_view(study: SyntheticStudy) -> StudyView:
    """The finished study as its parts."""
    return load_study(study.campaign)


@pytest.fixture
def new_study(finished: SyntheticCampaign, tmp_path: Path) -> Callable[[], SyntheticStudy]:
    """Factory of studies that are still to be taken further by the test."""
    return lambda: SyntheticStudy(tmp_path, made=finished)
