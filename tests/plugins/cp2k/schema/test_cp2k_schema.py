"""What we write is what CP2K reads: levels and whole inputs against CP2K's own description of its input."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from aiida_cp2k.utils import Cp2kInput

from aiida_zif.plugins.cp2k.levels import FOLDER, available_levels, load_level
from aiida_zif.plugins.cp2k.levels.definition import definition_faults
from aiida_zif.plugins.cp2k.schema.check import canonical, faults
from aiida_zif.plugins.cp2k.schema.description import VARIABLE, read_schema
from aiida_zif.plugins.cp2k.task import read_task
from aiida_zif.plugins.cp2k.writing.inputs import cp2k_input

CP2K = os.environ.get("AIIDA_ZIF_CP2K") or shutil.which("cp2k.psmp")
SYMBOLS = ["Zn", "N", "C", "H", "Cl", "H"]
TASKS = {
    "batch": {"mode": "batch"},
    "nvt": {"mode": "aimd", "temperature": 300, "steps": 30, "seed": 7, "deuterium": True},
    "npt": {"mode": "aimd", "ensemble": "npt", "temperature": 500.0, "pressure": 0.5, "steps": 40, "seed": 7},
}


def written(level: str, task: str, multiplicity: int | None = None) -> dict[str, Any]:
    symbols = [*SYMBOLS, "H"] if multiplicity == 2 else SYMBOLS
    state = load_level(level).in_state(1 if multiplicity is None else 0, 2 if multiplicity is None else multiplicity)
    return cp2k_input(state, read_task(TASKS[task]), symbols, np.eye(3) * 9, 3, 570)


@pytest.mark.parametrize("name", available_levels())
def test_a_shipped_level_has_no_fault(name: str) -> None:
    assert list(definition_faults(yaml.safe_load((FOLDER / f"{name}.yaml").read_text()))) == []


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("level", available_levels())
def test_a_whole_input_has_no_fault(level: str, task: str) -> None:
    content = written(level, task)
    assert list(faults(content, read_schema(content))) == []


@pytest.mark.slow
def test_the_parser_of_cp2k_input_tools_takes_every_input() -> None:
    from cp2k_input_tools.parser import CP2KInputParser

    parser = CP2KInputParser()
    for level in available_levels():
        for task in TASKS:
            tree = parser.parse(io.StringIO(Cp2kInput(written(level, task)).render()))
            assert tree["+force_eval"][0]["+dft"]["multiplicity"] == 2


@pytest.mark.codes
@pytest.mark.skipif(CP2K is None, reason="CP2K is not installed; apt-get install cp2k cp2k-data")
def test_the_installed_cp2k_describes_every_input_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    environment = {"CP2K_DATA_DIR": "/usr/share/cp2k", **os.environ, "OMP_NUM_THREADS": "1"}
    subprocess.run([str(CP2K), "--xml"], cwd=tmp_path, env=environment, check=True, capture_output=True)
    monkeypatch.setenv(VARIABLE, str(tmp_path / "cp2k_input.xml"))
    for level in available_levels():
        for task in TASKS:
            content = written(level, task)
            assert list(faults(content, read_schema(content))) == []


def test_only_the_sections_in_use_are_built() -> None:
    root = read_schema({"global": {}})
    assert root.sections["GLOBAL"] is not None
    assert root.sections["GLOBAL"].keywords["RUN_TYPE"].kind == "keyword"
    assert root.sections["FORCE_EVAL"] is None


def test_other_names_of_a_keyword_become_the_main_one() -> None:
    content = {"GLOBAL": {"project": "x", "Run_Type": "energy"}}
    root = read_schema(content)
    assert canonical(content, root) == {"GLOBAL": {"PROJECT_NAME": "x", "RUN_TYPE": "ENERGY"}}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({"GLOBAL": {"SEED": "one"}}, "a whole number"),
        ({"FORCE_EVAL": {"SUBSYS": {"CELL": {"A": "1 2"}}}}, "3 values"),
        ({"FORCE_EVAL": {"SUBSYS": {"CELL": {"_": "X"}}}}, "without a parameter"),
        ({"FORCE_EVAL": {"SUBSYS": {"CELL": [{"A": "1 0 0"}, {"A": "1 0 0"}]}}}, "one section"),
        ({"MOTION": {"MD": {"ENSEMBLE": "NVX"}}}, "NPT_F"),
    ],
)
def test_what_cp2k_would_refuse_is_a_fault(content: dict[str, Any], words: str) -> None:
    (fault,) = faults(content, read_schema(content))
    assert words in fault.allowed


@pytest.mark.parametrize("text", [None, "<CP2K_INPUT></CP2K_INPUT>", "no XML"])
def test_a_description_that_is_none_is_refused_with_how_to_make_one(
    text: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "cp2k_input.xml"
    if text is not None:
        path.write_text(text)
    monkeypatch.setenv(VARIABLE, str(path))
    with pytest.raises(ValueError, match=r"cp2k\.psmp --xml"):
        read_schema({"GLOBAL": {}})


def test_a_level_without_overrides_needs_no_description_of_cp2k() -> None:
    """The file is large, and cp2k-input-tools takes half a second to import."""
    code = "import sys; from aiida_zif.plugins.cp2k.levels import load_level; load_level('pbe-d3'); print(sys.modules)"
    modules = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    assert "cp2k_input_tools" not in modules
