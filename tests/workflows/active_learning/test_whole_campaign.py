"""One small campaign with the three real codes: all of it is killed in the midst of a cycle, and it ends well.

That a campaign that was killed labels the same frames with the same energies as one that was not is tested with
stand-ins, in ``tests/faults``.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parents[1]
CAMPAIGN = HERE / "small-campaign.yaml"
sys.path.append(str(HERE.parent / "faults"))

from campaign_folder import CampaignFolder, kill  # noqa: E402 - of the tests with stand-ins

pytestmark = [pytest.mark.codes, pytest.mark.slow]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CampaignFolder]:
    """An AiiDA folder with the codes of this machine."""
    site = CampaignFolder(tmp_path_factory.mktemp("killed"))
    try:
        yield site
    finally:
        site.zif("daemon", "stop")


def run(site: CampaignFolder) -> dict[str, Any]:
    """Run the campaign to its end, or go on with it, and return its summary and facts."""
    site.zif("run", str(CAMPAIGN), "--dir", str(site.folder / "results"))
    return {"summary": json.loads((site.folder / "results" / "summary.json").read_text()), **site.facts()}


@pytest.fixture(scope="module")
def campaign(site: CampaignFolder) -> dict[str, Any]:
    """What came of the campaign: its command, its daemon and its jobs are killed when it explores first."""
    command = [sys.executable, "-c", "from aiida_zif.cli.main import main; main()", "run", str(CAMPAIGN)]
    with subprocess.Popen(command, env=site.environment, stdout=subprocess.DEVNULL) as runner:
        site.wait_for_process("LammpsExploreCalculation", 1)
        victims = site.alive()
        assert runner.pid in [victim.pid for victim in victims]
        assert kill(victims) >= 4
    return run(site)


def test_the_campaign_ends_well_after_its_cycles(campaign: dict[str, Any]) -> None:
    summary = campaign["summary"]
    assert summary["exit_status"] == 0
    assert summary["stop_reason"] == "max_cycles"
    assert [iteration["iteration"] for iteration in summary["iterations"]] == [0, 1, 2]
    assert all(iteration["force_rmse_eV_per_A"] > 0 for iteration in summary["iterations"])


def test_every_data_node_is_an_input_or_has_a_creator(campaign: dict[str, Any]) -> None:
    assert campaign["n_data"] > 50
    assert campaign["orphans"] == []


def test_every_explored_frame_is_counted_once(campaign: dict[str, Any]) -> None:
    for iteration in campaign["summary"]["iterations"][:-1]:
        verdicts = [iteration[key] for key in ("n_accurate", "n_candidate", "n_failed")]
        assert iteration["n_explored"] == sum(verdicts) > 0
        assert iteration["n_explored"] == iteration["n_selected"] + sum(iteration["n_not_chosen"].values())


def test_no_frame_is_labelled_twice(campaign: dict[str, Any]) -> None:
    labelled = [key for keys in campaign["labelled"].values() for key in keys]
    assert len(labelled) == len(set(labelled)) == campaign["summary"]["total_labels"]


def test_no_held_out_frame_is_in_the_data_set(campaign: dict[str, Any]) -> None:
    dataset = {key for keys in campaign["dataset"].values() for key in keys}
    held_out = {key for keys in campaign["held_out"].values() for key in keys}
    assert held_out
    assert not dataset & held_out


def test_a_second_run_changes_nothing(site: CampaignFolder, campaign: dict[str, Any]) -> None:
    again = run(site)
    assert again["summary"]["pk"] == campaign["summary"]["pk"]
    assert again["n_calcjobs"] == campaign["n_calcjobs"]


def test_verdi_archives_the_campaign(site: CampaignFolder, campaign: dict[str, Any]) -> None:
    archive = site.folder / "campaign.aiida"
    pk = str(campaign["summary"]["pk"])
    site.verdi("archive", "create", "--nodes", pk, "--", str(archive))
    assert archive.stat().st_size > 100_000
