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
    from aiida_zif.plugins.deepmd.data.dataset import System, write_system

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


def linear(path: Path, *energies: float, **entries: str) -> Path:
    """A file with frames of three atoms on a line; the energies in eV."""
    header = " ".join(f'{key}="{value}"' for key, value in entries.items())
    frames = [
        f'3\nLattice="6 0 0 0 6 0 0 0 6" Properties=species:S:1:pos:R:3:forces:R:3 energy={energy} pbc="T T T" '
        f"{header}\nH {0.934 + 0.002 * index} 2 2 0.11 0.02 -0.03\n"
        "C 2 2 2 -0.31 0.05 0.04\nN 3.156 2 2 0.2 -0.07 -0.01\n"
        for index, energy in enumerate(energies)
    ]
    path.write_text("".join(frames))
    return path


def cobalt(path: Path) -> Path:
    path.write_text(
        '3\nLattice="9 0 0 0 9 0 0 0 9" Properties=species:S:1:pos:R:3:forces:R:3 energy=-430.5 pbc="T T T"\n'
        "Co 4.5 4.5 4.5 0.11 0.02 -0.03\nCl 6.75 4.5 4.5 -0.31 0.05 0.04\nCl 2.25 4.5 4.5 0.2 -0.07 -0.01\n"
    )
    return path


def test_a_spin_that_nobody_stated_is_asked_for(invoke: Invoke, tmp_path: Path, count_nodes: Callable[[], int]) -> None:
    before, path = count_nodes(), cobalt(tmp_path / "cobalt.extxyz")
    result = invoke("import", path, "--level", "pbe-d3")
    assert result.exit_code == 2
    assert "--multiplicity: nothing found" in result.stderr
    assert count_nodes() == before
    content = json.loads(invoke("import", path, "--level", "pbe-d3", "--multiplicity", "4", "--json").stdout)
    assert content["level_of_theory"]["hash"].endswith("-q0m4")
    assert content["level_of_theory"]["line"].endswith("; charge +0, multiplicity 4")


def test_a_level_in_words_takes_charge_and_spin_too(invoke: Invoke, data: Path) -> None:
    content = json.loads(invoke("import", data, *LEVEL, "--charge=-1", "--multiplicity", "2", "--json").stdout)
    assert content["level_of_theory"]["hash"].endswith("-q-1m2")
    assert content["level_of_theory"]["line"] == f"{LEVEL[1]}; charge -1, multiplicity 2"


def test_a_gate_of_the_import_is_kept_and_shown(invoke: Invoke, tmp_path: Path) -> None:
    path = linear(tmp_path / "drift.extxyz", -77.125)
    path.write_text(path.read_text().replace("0.2 -0.07", "0.6 -0.07"))
    refused = invoke("import", path, *LEVEL)
    assert refused.exit_code == 2
    assert "1 net_force" in refused.stderr
    assert "--gate" in refused.stderr
    result = invoke("import", path, *LEVEL, "--gate", "net_force=0.5 eV/Å")
    assert result.exit_code == 0, result.stderr
    assert "net force 0.5 eV/Å; the others as for computed labels" in result.stdout


@pytest.mark.parametrize(
    ("gate", "said"),
    [
        ("net_force=0.5", "a force with its unit"),
        ("netforce=0.5 eV/Å", "allowed is contact, max_force"),
        ("net_force=0.5 eV", "net_force"),
        ("contact=2", "at most 1"),
        ("contact", "NAME=VALUE"),
        ("contact=null", "contact"),
        ("=1", "allowed is contact"),
        ("max_stress=-3 GPa", "max_stress"),
        ("smearing=true", "allowed is contact"),
        ("stress=1", "true or false"),
        ("energy_frames=[", "NAME=VALUE"),
    ],
)
def test_a_wrong_gate_is_refused_with_what_is_allowed(invoke: Invoke, data: Path, gate: str, said: str) -> None:
    result = invoke("import", data, *LEVEL, "--gate", gate)
    assert result.exit_code == 2
    assert "--gate" in result.stderr
    assert said in result.stderr
    assert "Traceback" not in result.stderr


def test_what_is_declared_otherwise_the_second_time_is_not_ignored(invoke: Invoke, data: Path) -> None:
    pk = json.loads(invoke("import", data, *LEVEL, "--json").stdout)["pk"]
    for other in (["--system", "other"], ["--source", "doi:2"], ["--gate", "contact=0.1"], ["--charge", "1"]):
        result = invoke("import", data, *LEVEL, *other)
        assert result.exit_code == 2
        assert f"aiida-zif withdraw {pk}" in result.stderr


def test_an_import_that_was_withdrawn_comes_in_again_only_with_another_declaration(invoke: Invoke, data: Path) -> None:
    content = json.loads(invoke("import", data, *LEVEL, "--json").stdout)
    assert invoke("withdraw", content["pk"], "--reason", "in hartree").exit_code == 0
    again = invoke("import", data, *LEVEL)
    assert again.exit_code == 2
    assert "in hartree" in again.stderr
    other = json.loads(invoke("import", data, "--level", "PBE-D3, a third code", "--json").stdout)
    assert other["new"]
    undo = ("withdraw", content["blocks"][0]["uuid"], "--undo", "--reason", "was right")
    assert f"aiida-zif withdraw {other['pk']}" in invoke(*undo).stderr
    assert invoke("withdraw", other["pk"], "--reason", "was wrong").exit_code == 0
    assert invoke(*undo).exit_code == 0
    assert invoke("withdraw", content["pk"], "--undo", "--reason", "twice").exit_code == 2


@pytest.mark.parametrize("identifier", ["999999", "nothing", "12345678-dead"])
def test_only_an_import_can_be_withdrawn(invoke: Invoke, identifier: str) -> None:
    result = invoke("withdraw", identifier, "--reason", "wrong")
    assert result.exit_code == 2
    assert "pk or UUID of an import" in result.stderr


@pytest.mark.parametrize("reason", ["", "  ", "\x1b]0;mine\x07"])
def test_a_withdrawal_needs_a_reason_that_can_be_read(invoke: Invoke, data: Path, reason: str) -> None:
    pk = json.loads(invoke("import", data, *LEVEL, "--json").stdout)["pk"]
    result = invoke("withdraw", pk, "--reason", reason)
    assert result.exit_code == 2
    assert "\x1b" not in result.stderr
    assert invoke("import", data, *LEVEL).exit_code == 0


def test_frames_that_other_imports_hold_are_named_with_both_origins(invoke: Invoke, tmp_path: Path) -> None:
    level = ("--level", "PBE-D3, twice")
    first = json.loads(invoke("import", linear(tmp_path / "a.extxyz", -5.0, -5.1), *level, "--json").stdout)
    second = json.loads(invoke("import", linear(tmp_path / "b.extxyz", -5.0, -9.1), *level, "--json").stdout)
    assert len(second["elsewhere"]) == 2
    for detail in second["elsewhere"]:
        assert f"import <{first['pk']}>" in detail
        assert f"import <{second['pk']}>" in detail
    assert "energies -5.100000 and -9.100000 eV" in second["elsewhere"][0]
