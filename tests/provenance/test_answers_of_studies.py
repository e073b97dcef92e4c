"""`status`, `lineage`, `export` and `report` of a study, as a user types them."""

from __future__ import annotations

import io
import json
from pathlib import Path

import click
from click.testing import CliRunner, Result
from rich.console import Console
from synthetic_study import SyntheticStudy

from aiida_zif.cli.results.export import export
from aiida_zif.cli.results.lineage import lineage
from aiida_zif.cli.results.report import report
from aiida_zif.cli.results.status import status
from aiida_zif.cli.results.study_table import print_study
from aiida_zif.provenance.studies.view import StudyView


def call(command: click.Command, *words: object) -> Result:
    return CliRunner().invoke(command, [str(word) for word in words])


def test_status_has_verdict_limits_states_with_errors_and_the_next_command(study: SyntheticStudy) -> None:
    result = call(status, study.campaign.pk)
    assert result.exit_code == 0, result.output
    lines = result.output.splitlines()
    assert lines[1].startswith("verdict: zif4 melted at about 1040 K")
    assert any(line.startswith("limit: Relaxation at 0 K") for line in lines)
    assert "1.378 ± 0.012" in result.output
    assert "812 ± 21" in result.output
    assert "standard errors from 3 replicas; onset of melting 1043 ± 18 K (3 replicas)" in result.output
    assert "above the trust level: 4 frames returned" in result.output
    assert f"aiida-zif extend {study.made.campaign.pk} --from {study.campaign.pk}" in result.output


def test_status_as_json_is_the_summary_with_what_runs(study: SyntheticStudy) -> None:
    result = call(status, study.campaign.pk, "--json")
    content = json.loads(result.output)
    assert content["pk"] == study.campaign.pk
    assert content["running"] == []
    assert content["melt_quench"]["zif4"]["states"]["crystal"]["density"]["value"] == 1.2612


def test_a_narrow_terminal_shows_every_number(study_view: StudyView) -> None:
    console = Console(file=io.StringIO(), width=80)
    print_study(study_view, console)
    assert "1.378 ± 0.012" in console.file.getvalue()  # type: ignore[attr-defined]


def test_report_writes_one_file(study: SyntheticStudy, tmp_path: Path) -> None:
    result = call(report, study.campaign.pk, "--output", tmp_path / "report.html")
    assert result.exit_code == 0, result.output
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]


def test_lineage_of_a_glass_as_json(study: SyntheticStudy) -> None:
    result = call(lineage, study.glasses["replica_0_at_20"].pk, "--json")
    content = json.loads(result.output)
    assert content["behind"]["n_trajectory_jobs"] == 2
    assert content["lineage"]["from"][0]["kind"] == "trajectory"


def test_export_of_a_study_takes_several_formats_and_a_folder(study: SyntheticStudy, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    result = call(export, study.campaign.pk, "--dir", folder, "--format", "cif", "--format", "json")
    assert result.exit_code == 0, result.output
    assert {path.suffix for path in folder.rglob("*") if path.is_file()} == {".cif", ".json", ".md"}
    again = call(export, study.campaign.pk, "--dir", folder)
    assert again.exit_code == 2
    assert "--force" in again.output


def test_formats_of_the_other_kind_are_refused_with_those_that_fit(study: SyntheticStudy, tmp_path: Path) -> None:
    wrong = call(export, study.campaign.pk, "--dir", tmp_path / "a", "--format", "deepmd")
    assert wrong.exit_code == 2
    assert "found deepmd, allowed for results: extxyz, lammps, cif, csv, json or models" in wrong.output
    campaign = call(export, study.made.campaign.pk, "--dir", tmp_path / "b")
    assert campaign.exit_code == 2
    assert "found none, allowed for labels and models" in campaign.output
    mixed = call(export, study.campaign.pk, study.made.campaign.pk, "--dir", tmp_path / "c")
    assert mixed.exit_code == 2
    assert "export them one after the other" in mixed.output


def test_the_models_of_a_study_are_exported_by_its_pk(study: SyntheticStudy, tmp_path: Path) -> None:
    result = call(export, study.campaign.pk, "--dir", tmp_path / "models", "--format", "models")
    assert result.exit_code == 0, result.output
    assert len(list((tmp_path / "models").glob("*.pb"))) == 3
