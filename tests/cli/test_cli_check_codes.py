"""`check` names codes that the profile lacks, and says what it could not look at."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Invoke = Callable[..., Any]
File = Callable[..., Path]

pytestmark = pytest.mark.usefixtures("aiida_profile")


def test_codes_that_the_profile_lacks_are_named_before_anything_runs(
    invoke: Invoke, campaign_file: File, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("aiida_zif.workflows.campaign.checks.codes.known_codes", lambda name=None: ["cp2k@lovelace"])
    result = invoke("check", campaign_file(new="codes: {cp2k: cp2k@loveless}\n"))
    assert result.exit_code == 2
    assert "codes.cp2k\n  found    cp2k@loveless, on a computer that is not in the profile" in result.stderr
    assert "codes of the profile: cp2k@lovelace" in result.stderr
    assert "did you mean 'cp2k@lovelace'?" in result.stderr


def test_a_profile_without_codes_is_said_to_have_none(invoke: Invoke, campaign_file: File) -> None:
    result = invoke("check", campaign_file())
    assert result.exit_code == 0
    assert "Not checked: codes and computers: the profile has none yet" in " ".join(result.stdout.split())
    (note,) = json.loads(invoke("check", campaign_file(), "--json").stdout)["not_checked"]
    assert note.startswith("codes and computers")


def test_without_deepmd_kit_and_plumed_it_is_said_what_was_not_checked(
    invoke: Invoke, campaign_file: File, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("aiida_zif.plugins.deepmd.argument_check.is_installed", lambda: False)
    monkeypatch.setattr("aiida_zif.workflows.campaign.checks.plumed_input.actions_of_plumed", lambda: None)
    biased = 'exploration: {plumed: "d: DISTANCE ATOMS=1,2\\nPRINT ARG=d\\n", '
    path = campaign_file("exploration: {", biased)
    path.write_text(path.read_text().replace("rcut: 5 Å}", "rcut: 5 Å, deepmd: {loss: {limit_pref_f: 2}}}"))
    notes = json.loads(invoke("check", path, "--json").stdout)["not_checked"]
    assert any("DeePMD-kit is not installed" in note for note in notes)
    assert any("there is no `plumed`" in note for note in notes)


def test_help_does_not_import_what_only_a_check_needs() -> None:
    code = "import sys; from aiida_zif.cli.main import cli; cli(['check', '--help'], standalone_mode=False)"
    watch = "print([name for name in ('deepmd', 'dargs', 'aiida', 'ase') if name in sys.modules])"
    done = subprocess.run(["python", "-c", f"{code}; {watch}"], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
