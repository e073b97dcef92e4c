"""`status`, `lineage`, `export` and `report` as a user types them."""

from __future__ import annotations

import json
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result
from synthetic_campaign import SyntheticCampaign

from aiida_zif.cli.results.export import export
from aiida_zif.cli.results.lineage import lineage
from aiida_zif.cli.results.report import report
from aiida_zif.cli.results.status import status
from aiida_zif.provenance.queries import campaigns


def call(command: click.Command, *words: object) -> Result:
    return CliRunner().invoke(command, [str(word) for word in words])


def test_status_of_a_campaign_in_words_and_in_json(finished: SyntheticCampaign) -> None:
    pk = finished.campaign.pk
    words, machine = call(status, pk), call(status, pk, "--json")
    assert words.exit_code == machine.exit_code == 0
    assert "held-out" in words.output
    assert json.loads(machine.output)["pk"] == pk


def test_status_lists_all_campaigns(finished: SyntheticCampaign, monkeypatch: pytest.MonkeyPatch) -> None:
    every = campaigns.find_campaigns  # also those that other tests have left, with less in them than real ones
    own = [node for node in every() if node.pk == finished.campaign.pk]
    monkeypatch.setattr(campaigns, "find_campaigns", lambda: own)
    result = call(status, "--all", "--json")
    assert finished.campaign.pk in [row["pk"] for row in json.loads(result.output)]
    assert call(status, "--all").exit_code == 0


def test_lineage_in_words_and_in_json(finished: SyntheticCampaign) -> None:
    frame = finished.dataset["c02_zif4_attempt_0"].frame_ids()[0]
    words, machine = call(lineage, frame), call(lineage, frame, "--json")
    assert "ancestors: " in words.output
    assert "found in: LabelledFramesData" in words.output
    tree = json.loads(machine.output)
    assert tree["lineage"]["frame_id"] == frame
    assert tree["behind"]["n_committees"] == 2
    assert len(tree["places"]) == 3


@pytest.mark.parametrize("command", [status, lineage, report])
def test_what_does_not_exist_ends_with_2_and_no_traceback(finished: SyntheticCampaign, command: click.Command) -> None:
    result = call(command, 987654)
    assert result.exit_code == 2
    assert "Traceback" not in result.output
    assert "987654" in result.output


def test_status_of_something_else_than_a_campaign_ends_with_2(finished: SyntheticCampaign) -> None:
    result = call(status, finished.structure.pk)
    assert result.exit_code == 2
    assert "StructureData" in result.output


def test_export_writes_and_then_refuses_to_overwrite(finished: SyntheticCampaign, tmp_path: Path) -> None:
    words = (finished.campaign.pk, "--format", "models", "--output", tmp_path / "models")
    assert call(export, *words).exit_code == 0
    again = call(export, *words)
    assert again.exit_code == 2
    assert "--force" in again.output
    assert call(export, *words, "--force", "--json").exit_code == 0


def test_report_writes_one_file(finished: SyntheticCampaign, tmp_path: Path) -> None:
    result = call(report, finished.campaign.pk, "--output", tmp_path / "report.html")
    assert result.exit_code == 0
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]


@pytest.mark.parametrize("command", [status, lineage, export, report])
def test_help_has_an_example(command: click.Command) -> None:
    assert "Example: aiida-zif" in call(command, "--help").output
