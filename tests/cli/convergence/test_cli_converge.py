"""`converge`: what is refused, what would run, and what is told of a study that has ended."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from aiida_zif.provenance.level_convergence.table import StudySummary, rows_of
from aiida_zif.workflows.level_convergence.study import StudyReport

Invoke = Callable[..., Any]
File = Callable[..., Path]

pytestmark = pytest.mark.usefixtures("aiida_profile")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--level", "pbe-d4"), "pbe-d3"),
        (("--system", "copper"), "it has zinc"),
        (("--ladder", "MGRID/CUTOFF"), "SETTING=COARSE,…,TIGHT"),
        (("--ladder", "SCF/EPS_SCF=1e-5"), "two values or more"),
        (("--ladder", "SCF/EPS_SKF=1e-5,1e-6"), "EPS_SCF"),
        (("--ladder", "SCF/EPS_SCF=tight,tighter"), "'tight'"),
        (("--frame", "987654321:0"), "--frame"),
        (("--energy", "0"), "energy"),
        ((), "cp2k@localhost"),
    ],
    ids=["level", "system", "ladder", "short", "unknown", "words", "frame", "noise", "code"],
)
def test_what_cannot_be_compared_is_refused_and_nothing_is_stored(
    invoke: Invoke, campaign_file: File, count_nodes: Callable[[], int], arguments: tuple[str, ...], words: str
) -> None:
    before = count_nodes()
    result = invoke("converge", campaign_file(), *arguments)
    assert result.exit_code == 2
    assert isinstance(result.exception, SystemExit)
    assert words in result.stderr
    assert count_nodes() == before


def test_a_dry_run_tells_levels_ladder_and_number_of_jobs(
    invoke: Invoke, campaign_file: File, count_nodes: Callable[[], int]
) -> None:
    before = count_nodes()
    steps = ("--ladder", "MGRID/CUTOFF=300,800", "--ladder", "SCF/EPS_SCF=1e-4,1e-7")
    result = invoke("converge", campaign_file(), "--level", "pbe-d3-fast", *steps, "--dry-run")
    assert result.exit_code == 0
    assert "MGRID/CUTOFF: 300, 600, 800" in result.stdout  # with the 600 Ry of the level itself
    assert "6 jobs of 2 frames of zinc" in result.stdout
    assert "not known" in result.stdout  # nothing was ever labelled here
    assert count_nodes() == before


def test_a_dry_run_says_how_long_it_takes_by_what_the_level_took(
    invoke: Invoke, campaign_file: File, monkeypatch: pytest.MonkeyPatch
) -> None:
    from aiida_zif.provenance.costs.estimate import Pace

    pace = Pace("batch", 6, (1, 1), 100.0, 20.0, 3, "2026-01-01")
    monkeypatch.setattr("aiida_zif.provenance.costs.campaign_costs.computers_of", lambda campaign: {"cp2k": "some"})
    monkeypatch.setattr("aiida_zif.provenance.costs.measured.label_paces", lambda level, computer: [pace])
    step = ("--ladder", "SCF/EPS_SCF=1e-4,1e-7", "--max-ranks", "1", "--dry-run")
    assert "At least 6.0 min, 0.1 core-hours: " in invoke("converge", campaign_file(), *step).stdout
    assert json.loads(invoke("converge", campaign_file(), *step, "--json").stdout)["at_least_wall_s"] == 360.0


def test_a_dry_run_comes_as_json(invoke: Invoke, campaign_file: File) -> None:
    plan = json.loads(invoke("converge", campaign_file(), "--stress", "0.5", "--dry-run", "--json").stdout)
    assert plan["noise"] == {"energy": 1.0, "force": 10.0, "stress": 0.5}
    assert "SCF/EPS_SCF" in plan["ladder"]


def test_a_ladder_file_may_hold_settings_that_go_together(invoke: Invoke, campaign_file: File, tmp_path: Path) -> None:
    file = tmp_path / "ladder.yaml"
    file.write_text("""basis:
  - {basis: DZVP-MOLOPT-SR-GTH, BASIS_SET_FILE_NAME: BASIS_MOLOPT}
  - {basis: TZVP-MOLOPT-PBE-GTH, BASIS_SET_FILE_NAME: BASIS_MOLOPT_UZH}
""")
    steps = ("--ladder", str(file), "--ladder", "SCF/EPS_SCF=1e-4,1e-7")
    result = invoke("converge", campaign_file(), "--level", "pbe-d3", *steps, "--dry-run", "--json")
    ladder = json.loads(result.stdout)["ladder"]
    assert [value["BASIS_SET_FILE_NAME"] for value in ladder["basis"]] == ["BASIS_MOLOPT", "BASIS_MOLOPT_UZH"]
    assert ladder["SCF/EPS_SCF"] == [1e-4, 1e-6, 1e-7]


@pytest.mark.parametrize(
    ("text", "words"),
    [(None, "ladder.yaml"), ("MGRID: {CUTOFF: 3}", "SETTING: [COARSE, …, TIGHT]"), ("[1, 2]", "ladder.yaml")],
    ids=["missing", "nested", "list"],
)
def test_a_ladder_file_that_holds_no_ladder_is_refused(
    invoke: Invoke, campaign_file: File, tmp_path: Path, text: str | None, words: str
) -> None:
    file = tmp_path / "ladder.yaml"
    if text is not None:
        file.write_text(text)
    result = invoke("converge", campaign_file(), "--ladder", str(file), "--dry-run")
    assert result.exit_code == 2
    assert words in result.stderr


ERRORS = {"energy": 0.2, "energy_shift": 40.0, "force": 8.0, "force_max": 21.0, "stress": None}
REPORT: dict[str, Any] = {
    "rungs": {
        "tightest": {"hash": "a", "choice": {"MGRID/CUTOFF": 800}, "overrides": {"MGRID/CUTOFF": 800},
                     "errors": {**dict.fromkeys(ERRORS, 0.0), "stress": None}, "seconds": 9.0, "passes": True},
        "as_it_is": {"hash": "b", "choice": {"MGRID/CUTOFF": 400}, "overrides": {}},
        "MGRID_CUTOFF_0": {"hash": "c", "choice": {"MGRID/CUTOFF": 300}, "overrides": {"MGRID/CUTOFF": 300},
                           "errors": ERRORS, "seconds": 3.0, "passes": True},
        "MGRID_CUTOFF_1": {"hash": "b", "choice": {"MGRID/CUTOFF": 400}, "overrides": {}},
    },
    "proposal": "MGRID_CUTOFF_0",
    "level_of_theory": {"name": "pbe-d3-fast", "overrides": {"MGRID/CUTOFF": 300}},
    "level": {"name": "pbe-d3-fast", "hash": "b", "line": "PBE-D3"},
    "ladder": {"MGRID/CUTOFF": [300, 400, 800]},
    "names": {"MGRID/CUTOFF": ["MGRID_CUTOFF_0", "MGRID_CUTOFF_1"]},
    "noise": {"energy": 1.0, "force": 10.0, "stress": 0.1},
    "system": "zinc",
    "n_atoms": 6,
    "n_frames": 2,
}  # fmt: skip


def summary(**changed: Any) -> StudySummary:
    """A study of a version without schema numbers, one of whose levels failed."""
    report = StudyReport.from_dict({**REPORT, **changed})
    return StudySummary(12, "uuid", 0, None, 3, 1, 60.0, report, list(rows_of(report, {"b": "[304] CP2K stopped"})))


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A study that is in the profile already, and how it ended."""
    from types import SimpleNamespace

    end: dict[str, Any] = {"pk": 12, "is_terminated": True, "is_finished_ok": True, "exit_status": 0}
    monkeypatch.setattr("aiida_zif.cli.convergence.converge.make_builder", lambda *arguments: None)
    monkeypatch.setattr("aiida_zif.cli.convergence.converge.known_study", lambda builder: SimpleNamespace(**end))
    monkeypatch.setattr(
        "aiida_zif.cli.convergence.converge.run_here", lambda *arguments: pytest.fail("it was run again")
    )
    monkeypatch.setattr("aiida_zif.provenance.level_convergence.table.summarise_study", lambda node: summary())
    return end


def test_a_known_study_is_told_at_once_with_lines_for_the_campaign_file(
    invoke: Invoke, campaign_file: File, known: dict[str, Any]
) -> None:
    import yaml

    result = invoke("converge", campaign_file())
    assert result.exit_code == 0
    assert "failed: [304] CP2K stopped" in result.stdout
    lines = result.stdout[result.stdout.index("level_of_theory:") :]
    assert yaml.safe_load(lines) == {"level_of_theory": REPORT["level_of_theory"]}


def test_table_and_figure_are_written_on_request(
    invoke: Invoke, campaign_file: File, known: dict[str, Any], tmp_path: Path
) -> None:
    result = invoke("converge", campaign_file(), "--dir", tmp_path / "out", "--json")
    written = json.loads(result.stdout)
    assert json.loads((tmp_path / "out" / "converge.json").read_text()) == written
    assert {**REPORT, "rungs": written["rungs"]}.items() <= written.items()
    assert [row["name"] for row in written["rungs"]] == list(REPORT["rungs"])
    relaxed = {"name": "MGRID_CUTOFF_0", "setting": "MGRID/CUTOFF", "value": 300}
    assert written["rungs"][2] == REPORT["rungs"]["MGRID_CUTOFF_0"] | relaxed
    assert written["rungs"][3]["cause"] == "[304] CP2K stopped"
    assert (tmp_path / "out" / "converge.png").stat().st_size > 1000


def test_a_study_without_a_result_ends_with_its_cause(
    invoke: Invoke, campaign_file: File, known: dict[str, Any]
) -> None:
    known |= {"is_finished_ok": False, "exit_status": 340, "exit_message": "the tightest settings gave no labels"}
    result = invoke("converge", campaign_file())
    assert result.exit_code == 1
    assert "[340] the tightest settings gave no labels" in result.stderr


def test_a_ladder_that_may_end_too_early_is_said_to_do_so(
    invoke: Invoke, campaign_file: File, known: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "aiida_zif.provenance.level_convergence.table.summarise_study", lambda node: summary(proposal="tightest")
    )
    assert "go further with --ladder MGRID/CUTOFF=" in invoke("converge", campaign_file()).stdout
    monkeypatch.setattr("aiida_zif.provenance.level_convergence.table.summarise_study", lambda node: summary())
    assert "go further" not in invoke("converge", campaign_file()).stdout
