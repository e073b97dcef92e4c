"""`import` of model files: told apart from labelled frames by their names, refused in one line."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from aiida_zif.workflows.training import import_model as module

Invoke = Callable[..., Any]
REAL = Path(__file__).parents[2] / "plugins" / "fixtures" / "deepmd" / "train_ok" / "model.pb"
SAID = ("--level", "PBE of a test", "--source", "doi:10.1/cli")


@pytest.fixture
def model(aiida_profile: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A model file; DeePMD-kit is not started."""
    monkeypatch.setattr(module, "tried", lambda path, model: "")
    monkeypatch.setattr("aiida_zif.cli.common.profile.load", lambda profile=None: None)
    return Path(shutil.copy(REAL, tmp_path / "theirs.pb"))


def test_a_model_comes_in_with_what_was_declared_of_it(invoke: Invoke, model: Path) -> None:
    result = invoke("import", model, *SAID)
    assert result.exit_code == 0, result.stderr
    assert "elements   H Zn, cut-off 5 Å" in result.stdout
    assert "source     doi:10.1/cli" in result.stdout
    assert "force_field: {model: " in result.stdout
    again = json.loads(invoke("import", model, *SAID, "--json").stdout)
    assert [row["new"] for row in again["models"]] == [False]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((*SAID[:2],), "--source: nothing found"),
        ((*SAID[2:],), "--level: nothing found"),
        ((*SAID, "--name", "no name"), "--name: 'no name' found"),
        ((*SAID, "--gate", "net_force=1 eV/Å"), "--gate: found for model files"),
        ((*SAID, "--energy-unit", "hartree"), "--energy-unit: found for model files"),
    ],
)
def test_options_that_say_nothing_of_a_model_are_refused(
    invoke: Invoke, model: Path, arguments: tuple[str, ...], said: str
) -> None:
    result = invoke("import", model, *arguments)
    assert result.exit_code == 2
    assert said in result.stderr


def test_a_file_that_is_no_model_is_refused_in_one_line(invoke: Invoke, model: Path) -> None:
    (model.parent / "checkpoint.pt").write_bytes(b"PK\x03\x04" + bytes(40))
    result = invoke("import", model.parent / "checkpoint.pt", *SAID)
    assert result.exit_code == 2
    assert result.stderr.count("\n") == 1
    assert "checkpoint.pt: found a PyTorch checkpoint" in result.stderr


@pytest.mark.parametrize("extra", [("--by", "A. Author"), ("--licence", "MIT")])
def test_options_of_models_are_refused_for_labelled_frames(
    invoke: Invoke, model: Path, tmp_path: Path, extra: tuple[str, str]
) -> None:
    (tmp_path / "frames.xyz").write_text("1\n\nH 0 0 0\n")
    result = invoke("import", tmp_path / "frames.xyz", *SAID, *extra)
    assert result.exit_code == 2
    assert f"{extra[0]}: found for " in result.stderr


def test_several_paths_are_models_only(invoke: Invoke, model: Path, tmp_path: Path) -> None:
    result = invoke("import", model, tmp_path / "frames.xyz", *SAID)
    assert result.exit_code == 2
    assert "PATH: " in result.stderr
