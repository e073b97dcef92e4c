"""`import`: what it says, and that it says it once."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

Invoke = Callable[..., Any]
LEVEL = ("--level", "PBE-D3, another code, 520 eV")

pytestmark = pytest.mark.usefixtures("aiida_profile")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A folder with one system of four frames, of which one has a broken force; other frames for every test."""
    from aiida_zif.plugins.deepmd.dataset import System, write_system

    rng = np.random.default_rng(abs(hash(tmp_path.name)) % 2**32)
    positions = np.array([[1.0, 1, 1], [4, 4, 4], [7, 7, 1]]) + 0.1 * rng.normal(size=(4, 3, 3))
    forces = rng.normal(size=(4, 3, 3))
    forces -= forces.mean(axis=1, keepdims=True)
    forces[2] = np.inf
    cells = np.tile(np.eye(3) * 9.0, (4, 1, 1))
    write_system(
        tmp_path / "salem", System(["Zn", "N", "H"], positions, cells, rng.normal(size=4), forces), ["H", "N", "Zn"]
    )
    return tmp_path / "salem"


def test_it_says_what_came_in_and_how_to_learn_from_it(invoke: Invoke, data: Path) -> None:
    result = invoke("import", data, *LEVEL, "--source", "doi:10.1/x")
    assert result.exit_code == 0, result.stderr
    assert "Imported 3 of 4 frames" in result.stdout
    assert "1 non_finite, first frame:2" in result.stdout
    assert "3 atoms of H N Zn, no virials" in result.stdout
    assert "seed_data: {imported: [salem]}" in result.stdout


def test_the_same_files_a_second_time_are_the_first_import(
    invoke: Invoke, data: Path, count_nodes: Callable[[], int]
) -> None:
    first = json.loads(invoke("import", data, *LEVEL, "--json").stdout)
    before = count_nodes()
    second = json.loads(invoke("import", data, *LEVEL, "--json").stdout)
    assert (first["new"], second["new"]) == (True, False)
    assert second["blocks"] == first["blocks"]
    assert count_nodes() == before
    assert "were imported before: 3 of 4" in invoke("import", data, *LEVEL).stdout


def test_the_same_files_cannot_be_of_two_levels(invoke: Invoke, data: Path) -> None:
    pk = json.loads(invoke("import", data, *LEVEL, "--json").stdout)["pk"]
    result = invoke("import", data, "--level", "gfn1-xtb")
    assert result.exit_code == 2
    assert f"aiida-zif withdraw {pk}" in result.stderr


@pytest.mark.parametrize(
    ("name", "level", "message"),
    [("nowhere", LEVEL[1], "no such file"), ("salem", "pbe", "--level"), ("salem/type.raw", LEVEL[1], "Unpack")],
)
def test_wrong_input_ends_with_two_and_no_traceback(
    invoke: Invoke, data: Path, name: str, level: str, message: str, count_nodes: Callable[[], int]
) -> None:
    before = count_nodes()
    result = invoke("import", data.parent / name, "--level", level)
    assert result.exit_code == 2
    assert message in result.stderr
    assert "Traceback" not in result.stderr
    assert count_nodes() == before
