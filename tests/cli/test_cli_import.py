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
    assert f"verdi node delete {pk}" in result.stderr


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


CELL = 'Lattice="6 0 0 0 6 0 0 0 6" Properties=species:S:1:pos:R:3:forces:R:3:REF_forces:R:3'
ENTRIES = 'energy=-15.5 REF_energy=-430.25 stress="1 0 0 0 1 0 0 0 1" stress_unit=GPa config_type=bulk'
CHOICE = ("--energy-key", "REF_energy", "--forces-key", "REF_forces", "--stress-sign", "vasp")


@pytest.fixture
def rivals(tmp_path: Path) -> Path:
    """A file with labels of a model beside those of the reference, other ones for every test."""
    shift = abs(hash(tmp_path.name)) % 1000 / 1e5
    atoms = [
        f"H {0.93 + shift} 2 2 0.1 0 0 0.5 0 0",
        "C 2 2 2 -0.3 0 0 -0.9 0 0",
        "N 3.156 2 2 0.2 0 0 0.4 0 0",
    ]  # fmt: skip
    path = tmp_path / "rivals.extxyz"
    path.write_text("\n".join(["3", f"{CELL} {ENTRIES}", *atoms]) + "\n")
    return path


def test_rival_labels_are_refused_one_a_line_and_nothing_is_stored(
    invoke: Invoke, rivals: Path, count_nodes: Callable[[], int]
) -> None:
    before = count_nodes()
    result = invoke("import", rivals, *LEVEL)
    assert result.exit_code == 2
    energy, forces, stress = result.stderr.strip().split("\n")
    assert "--energy-key energy or --energy-key REF_energy" in energy
    assert "--forces-key forces or --forces-key REF_forces" in forces
    assert "--stress-sign ase or --stress-sign vasp" in stress
    assert count_nodes() == before


def test_the_choice_is_kept_and_what_was_not_taken_is_shown(invoke: Invoke, rivals: Path) -> None:
    from aiida import orm

    content = json.loads(invoke("import", rivals, *LEVEL, *CHOICE, "--json").stdout)
    assert content["reading"] == {"energy_key": "REF_energy", "forces_key": "REF_forces", "stress_sign": "vasp"}
    assert set(content["not_taken"]) == {"energy", "config_type", "column forces"}
    assert content["taken"] == {
        "energy from REF_energy in eV": 1, "forces from REF_forces in eV/Å": 1, "stress from stress in GPa": 1,
    }  # fmt: skip
    block: Any = orm.load_node(content["blocks"][0]["pk"])
    assert block.energies.tolist() == [-430.25]
    np.testing.assert_allclose(block.virials[0], np.eye(3) * 216 / 160.2176634, rtol=1e-14)
    assert block.creator.inputs.declaration["reading"] == content["reading"]
    assert '"energy_key": "REF_energy"' in invoke("lineage", str(block.pk), "--json").stdout
    shown = invoke("import", rivals, *LEVEL, *CHOICE).stdout
    assert "not taken energy, config_type, column forces (1 frames)" in shown


def test_the_same_file_cannot_be_read_in_two_ways(invoke: Invoke, rivals: Path) -> None:
    invoke("import", rivals, *LEVEL, *CHOICE)
    result = invoke("import", rivals, *LEVEL, "--energy-key", "energy", *CHOICE[2:])
    assert result.exit_code == 2
    assert "was imported before" in result.stderr
    assert "--energy-key REF_energy --forces-key REF_forces" in result.stderr


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--energy-unit", "furlong"), "--energy-unit: 'furlong' found; allowed: eV, meV, hartree"),
        (("--stress-sign", "up"), "--stress-sign: 'up' found; allowed: ase, vasp"),
        (("--energy-key", "nowhere", *CHOICE[2:]), "no entry 'nowhere' among"),
    ],
)
def test_an_option_that_means_nothing_ends_with_two(
    invoke: Invoke, rivals: Path, options: tuple[str, ...], message: str
) -> None:
    result = invoke("import", rivals, *LEVEL, *options)
    assert result.exit_code == 2
    assert message in result.stderr
    assert "Traceback" not in result.stderr


def test_options_for_a_file_are_refused_for_a_folder(invoke: Invoke, data: Path) -> None:
    result = invoke("import", data, *LEVEL, "--energy-key", "energy")
    assert result.exit_code == 2
    assert "--energy-key: found for a folder; allowed for a file in extended XYZ" in result.stderr


def test_files_that_are_not_read_are_listed(invoke: Invoke, data: Path) -> None:
    np.save(data / "set.000" / "atom_ener.npy", np.zeros((4, 3)))
    assert "not read  atom_ener.npy (1 folders)" in invoke("import", data, *LEVEL).stdout
