"""A campaign into which everything is thrown ends as one that is left in peace: same frames, none twice, none missing.

With stand-in codes; ``tests/workflows/active_learning/test_whole_campaign.py`` does it with the real ones.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from campaign_folder import kill
from standin_campaign import differences, frames
from standin_site import Site

pytestmark = pytest.mark.slow

STAGES = (
    ("Cp2kLabelCalculation", 1),
    ("DeepmdTrainPackCalculation", 1),
    ("DeepmdTestCalculation", 1),
    ("LammpsExploreCalculation", 1),
    ("select_frames", 1),
    ("judge", 1),
)
"""What has just begun when the workers are killed: processes by label, and how many of them there are."""


def make_site(folder: Path, **pauses: float) -> Iterator[Site]:
    site = Site(folder, **pauses)
    try:
        yield site
    finally:
        site.zif("daemon", "stop")


@pytest.fixture(scope="module")
def peaceful(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """What comes of the campaign that is left in peace."""
    for site in make_site(tmp_path_factory.mktemp("peaceful")):
        site.zif("run", str(site.write_campaign()), "--submit")
        assert site.wait_for_end()["exit_status"] == 0
        yield site.facts()


@pytest.fixture(scope="module")
def hurt_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The same campaign: workers killed in every stage, power lost in the second cycle, codes that fail."""
    for site in make_site(tmp_path_factory.mktemp("hurt"), cp2k=1.0):
        site.put_fault("cp2k", "truncated", jobs=2)
        site.put_fault("dp", "nan")
        site.zif("run", str(site.write_campaign()), "--submit")
        for label, number in STAGES:
            site.wait_for_process(label, number)
            assert kill(site.workers()) == 2
        site.wait_for_process("LammpsExploreCalculation", 2)
        assert kill(site.alive()) >= 4  # one of the two workers may just be on its way back
        site.resumed = site.zif("resume")
        assert site.wait_for_end()["exit_status"] == 0
        yield site


@pytest.fixture(scope="module")
def hurt(hurt_site: Site) -> dict[str, Any]:
    return hurt_site.facts()


def test_the_faults_were_met(hurt_site: Site, hurt: dict[str, Any]) -> None:
    assert hurt_site.faults_met() == ["met.cp2k.truncated-0", "met.cp2k.truncated-1", "met.dp.nan-0"]
    assert any("DeepmdTrainPackCalculation" in line for line in hurt["failed"])
    assert any("Cp2kLabelCalculation" in line for line in hurt["failed"])


def test_same_data_set_no_label_twice_none_missing_and_no_gap_in_the_provenance(
    hurt: dict[str, Any], peaceful: dict[str, Any]
) -> None:
    assert differences(hurt, peaceful) == []


def test_resume_says_what_it_did_and_what_goes_on(hurt_site: Site) -> None:
    assert "daemon started" in hurt_site.resumed
    assert "Campaign standin" in hurt_site.resumed
    assert "continues" in hurt_site.resumed


def test_atoms_that_are_lost_and_a_batch_that_fails_are_told(tmp_path: Path) -> None:
    for site in make_site(tmp_path, cp2k=1.0):
        site.put_fault("lmp", "lost")
        site.zif("run", str(site.write_campaign(limits={"cycles": 1})), "--submit")
        site.wait_for_process("LammpsExploreCalculation", 1)
        site.put_fault("cp2k", "abort")
        assert site.wait_for_end()["exit_status"] == 0
        facts, told = site.facts(), json.loads(site.zif("status", "--json"))
        assert site.faults_met() == ["met.cp2k.abort-0", "met.lmp.lost-0"]
        labelled = frames(facts["labelled"])
        assert len(labelled) == len(set(labelled)) == told["total_labels"]
        (cycle, _) = told["iterations"]
        assert cycle["n_runs_ended"]["completed"] < sum(cycle["n_runs_ended"].values())
        assert cycle["n_labelled"] + sum(cycle["n_rejected"].values()) == cycle["n_selected"] + cycle["n_control"]
