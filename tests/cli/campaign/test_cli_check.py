"""`check`, `schema` and `systems`: what can be asked without a profile."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Invoke = Callable[..., Any]
File = Callable[..., Path]
WRONG = [
    ("seed: 3", "sed: 3", "sed", "the key 'sed'", "did you mean 'seed'?"),
    ("rcut: 5 Å", "rcut: 5 K", "training.rcut", "'5 K'", "Å"),
    ("zinc.extxyz", "zinc.extxyz, supercell: [0, 1, 1]", "systems.zinc.supercell", "[0, 1, 1]", "leave it out: auto"),
    (
        "selection: {",
        "selection: {upper: 90 eV/Å, ",
        "exploration.halt.force_deviation",
        "eV/Å",
        "at least selection.upper, 90 eV/Å",
    ),
    ("zinc.extxyz", "copper.extxyz", "systems.zinc.structure", "copper.extxyz", "correct the path"),
    ("protocol: demo", "protocol: demmo", "protocol", "'demmo'", "did you mean 'demo'?"),
    ("seed: 3", "seed: 3\nlevel_of_theory: pbe-d4", "level_of_theory", "'pbe-d4'", "did you mean 'pbe-d3'?"),
]


@pytest.mark.parametrize("command", ["check", "run"])
@pytest.mark.parametrize(("old", "new", "field", "found", "fix"), WRONG, ids=[case[2] for case in WRONG])
def test_a_wrong_campaign_is_answered_with_field_found_and_allowed_and_nothing_is_stored(
    invoke: Invoke, campaign_file: File, count_nodes: Callable[[], int], command: str, old: str, new: str,
    field: str, found: str, fix: str,
) -> None:  # fmt: skip
    before = count_nodes()
    result = invoke(command, campaign_file(old, new))
    assert result.exit_code == 2
    assert isinstance(result.exception, SystemExit)
    assert f": {field}\n" in result.stderr
    assert found in result.stderr
    assert "allowed" in result.stderr
    assert fix in result.stderr
    assert count_nodes() == before


def test_all_problems_are_told_at_once(invoke: Invoke, campaign_file: File) -> None:
    result = invoke("check", campaign_file("seed: 3", "seed: -1\ntype_map: [H, H, Zn]"))
    assert "2 problems, nothing was stored or started." in result.stderr


def test_a_missing_file_is_wrong_input(invoke: Invoke, tmp_path: Path) -> None:
    result = invoke("check", tmp_path / "nothing.yaml")
    assert result.exit_code == 2
    assert "nothing.yaml" in result.stderr


def test_the_supercell_that_a_thin_cell_gets_is_told_with_its_reason(invoke: Invoke, campaign_file: File) -> None:
    result = invoke("check", campaign_file("rcut: 5 Å", "rcut: 6 Å"))
    assert result.exit_code == 0
    text = " ".join(result.stdout.split())
    assert "zinc: supercell" in text
    assert "because the file's cell is 10.77 Å thick when strained by 2 % and twice the cut-off" in text


def test_a_right_campaign_is_told_what_would_run(invoke: Invoke, campaign_file: File) -> None:
    result = invoke("check", campaign_file())
    text = " ".join(result.stdout.split())
    assert result.exit_code == 0
    assert "is valid" in text
    assert "4 NPT runs (300, 600 K × 0, 0.5 GPa)" in text
    assert "4 models, 500 steps each" in text


def test_the_number_of_labels_adds_up(invoke: Invoke, campaign_file: File) -> None:
    text = " ".join(invoke("check", campaign_file()).stdout.split())
    assert "At most 46 labels: 14 for the first training, 8 held out, 2 cycles of up to 12." in text


def test_the_limit_of_labels_holds_in_the_estimate(invoke: Invoke, campaign_file: File) -> None:
    assert "At most 30 labels" in invoke("check", campaign_file("labels: 100", "labels: 30")).stdout


def test_settings_come_as_json_in_canonical_units(invoke: Invoke, campaign_file: File) -> None:
    values = json.loads(invoke("check", campaign_file(), "--json").stdout)
    assert (values["seed"], values["training"]["rcut"]) == (3, 5.0)
    assert values["seed_data"]["aimd"][0]["timestep"] == 0.5


def test_what_each_structure_is_made_of_is_shown(invoke: Invoke, tmp_path: Path) -> None:
    file = tmp_path / "campaign.yaml"
    file.write_text("name: made-of\nprotocol: demo\nsystems: {zif4: {structure: zif-4}}\n")
    line = "272 atoms, C96H96N64Zn16, 1.212 g/cm³; Zn: 16 with 4 N; linkers: 32 C3H3N2"
    assert line in invoke("check", file).stdout
    (structure,) = json.loads(invoke("check", file, "--json").stdout)["structures"].values()
    assert structure["metals"] == {"Zn": {"4 N": 16}}
    assert (structure["linkers"], structure["notes"], structure["unusual"]) == ({"C3H3N2": 32}, [], [])


def test_the_shipped_demo_is_valid(invoke: Invoke) -> None:
    assert invoke("check", Path(__file__).parents[3] / "examples" / "zif4-demo.yaml").exit_code == 0


def in_a_bare_account(folder: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run the command line as somebody does who has no AiiDA profile."""
    script = "from aiida_zif.cli.main import main; main()"
    return subprocess.run(
        [sys.executable, "-c", script, *map(str, arguments)],
        env={**os.environ, "AIIDA_PATH": str(folder)},
        capture_output=True,
        text=True,
    )


def test_a_check_needs_no_profile_and_makes_none(campaign_file: File, tmp_path: Path) -> None:
    folder = tmp_path / "aiida"
    folder.mkdir()
    done = in_a_bare_account(folder, "check", campaign_file())
    assert (done.returncode, done.stderr) == (0, "")
    assert list(folder.iterdir()) == []


def test_a_run_without_a_profile_is_told_how_to_make_one(campaign_file: File, tmp_path: Path) -> None:
    folder = tmp_path / "aiida"
    folder.mkdir()
    done = in_a_bare_account(folder, "run", campaign_file())
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert "python -m aiida_zif.setup.profile" in done.stderr


def test_the_schema_is_json_and_the_one_that_is_shipped(invoke: Invoke) -> None:
    result = invoke("schema")
    assert result.exit_code == 0
    schema = json.loads(result.stdout)
    assert {"name", "systems"} <= set(schema["properties"])
    shipped = Path(__file__).parents[3] / "examples" / "campaign.schema.json"
    assert schema == json.loads(shipped.read_text())


def test_the_shipped_frameworks_are_listed(invoke: Invoke) -> None:
    result = invoke("systems", "list")
    assert result.exit_code == 0
    assert "zif-4" in result.stdout
    assert "salem-2" in result.stdout


def test_the_list_of_frameworks_comes_as_json(invoke: Invoke) -> None:
    records = json.loads(invoke("systems", "list", "--json").stdout)
    assert {"zif-4", "salem-2"} <= set(records)


def test_a_framework_is_shown_with_its_source(invoke: Invoke) -> None:
    result = invoke("systems", "show", "zif-4")
    assert result.exit_code == 0
    assert json.loads(result.stdout)["source"]


def test_an_unknown_framework_is_answered_with_those_there_are(invoke: Invoke) -> None:
    result = invoke("systems", "show", "zif4")
    assert result.exit_code == 2
    assert "'zif4'" in result.stderr
    assert "zif-4" in result.stderr


def test_imports_that_a_campaign_cannot_learn_from_are_named(invoke: Callable[..., Any], campaign_file: Any) -> None:
    path = campaign_file("  perturbed: {", "  imported: [no_such_label_here]\n  perturbed: {")
    result = invoke("check", path)
    assert result.exit_code == 2
    assert "seed_data.imported[0]\n  found    'no_such_label_here'" in result.stderr
