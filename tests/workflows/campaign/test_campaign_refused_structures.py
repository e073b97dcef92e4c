"""A system or structure that no campaign can begin with is refused by name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from ase import Atoms

from aiida_zif.plugins.systems import load_system
from aiida_zif.workflows.campaign.loading import CampaignError, Problem, campaign_from_structures

HEAD = "name: test\nprotocol: demo\n"
Refuse = Callable[..., list[Problem]]


@pytest.fixture
def refused_structure(refused: Refuse, tmp_path: Path) -> Refuse:
    """Write a structure file that must be refused and return the one problem."""

    def load(atoms: Atoms | str, name: str = "mine.extxyz", extra: str = "") -> Problem:
        if isinstance(atoms, str):
            (tmp_path / name).write_text(atoms)
        else:
            atoms.write(tmp_path / name)
        (problem,) = refused(f"{HEAD}systems: {{mine: {{structure: {name}}}}}\n{extra}")
        return problem

    return load


@pytest.mark.parametrize("systems", ["{}", "null", "[zif-4]", "zif-4"])
def test_a_campaign_without_systems_is_refused(refused: Refuse, systems: str) -> None:
    assert refused(HEAD + f"systems: {systems}\n")[0].field == "systems"


@pytest.mark.parametrize("name", ["zif-4", "4zif", "a__b", "a_", "_a", "a b", "é"])
def test_a_system_label_that_is_no_link_label_is_refused(refused: Refuse, name: str) -> None:
    (problem,) = refused(HEAD + f"systems: {{'{name}': {{structure: zif-4}}}}\n")
    assert "starts with a letter" in problem.allowed


def test_an_unknown_system_is_refused_with_a_proposal(refused: Refuse) -> None:
    (problem,) = refused(HEAD + "systems: {a: {structure: zif4}}\n")
    assert (problem.field, problem.fix) == ("systems.a.structure", "did you mean 'zif-4'?")


def test_a_missing_structure_file_is_refused(refused: Refuse) -> None:
    (problem,) = refused(HEAD + "systems:\n  a:\n    structure: none.cif\n")
    assert (problem.line, problem.field) == (5, "systems.a.structure")
    assert "no file" in problem.found


def test_a_structure_path_that_is_a_folder_is_refused(refused: Refuse, tmp_path: Path) -> None:
    (tmp_path / "folder.cif").mkdir()
    assert "no regular file" in refused(HEAD + "systems: {a: {structure: folder.cif}}\n")[0].found


def test_a_structure_file_of_unknown_format_is_refused(refused: Refuse) -> None:
    assert "unknown format" in refused(HEAD + "systems: {a: {structure: a.pickle}}\n")[0].found


def test_a_huge_structure_file_is_refused(refused: Refuse, tmp_path: Path) -> None:
    with (tmp_path / "huge.cif").open("wb") as handle:
        handle.truncate(60_000_000)
    assert "60000 kB" in refused(HEAD + "systems: {a: {structure: huge.cif}}\n")[0].found


@pytest.mark.parametrize("name", ["mine.cif", "mine.extxyz", "POSCAR"])
@pytest.mark.parametrize("text", ["", "nonsense\n", "3\n\nH 0 0\n", "data_x\nloop_\n_cell_length_a\n", "\0\1\2"])
def test_an_unreadable_structure_file_is_refused(refused_structure: Refuse, name: str, text: str) -> None:
    assert refused_structure(text, name).field == "systems.mine.structure"


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("POSCAR", "x\n1.0\n9 0 0\n0 9 0\n0 0 9\nH\n999999999\nDirect\n0 0 0\n", "more atoms than it has lines"),
        ("mine.extxyz", "999999999999\n\nH 0 0 0\n", "a number of atoms from 1 to"),
        ("mine.extxyz", "9999\n\nH 0 0 0\n", "9999 atoms announced, 1 lines found"),
    ],
)
def test_a_file_that_announces_countless_atoms_is_refused(
    refused_structure: Refuse, name: str, text: str, words: str
) -> None:
    assert words in refused_structure(text, name).found


def test_an_empty_structure_is_refused(refused_structure: Refuse) -> None:
    empty = Atoms(cell=[9, 9, 9], pbc=True)
    assert "a number of atoms from 1 to" in refused_structure(empty).found


def test_a_structure_without_a_cell_is_refused(refused_structure: Refuse) -> None:
    assert "without a cell" in refused_structure(Atoms("H")).found


def test_a_cell_that_is_not_periodic_is_refused_by_that_name(refused_structure: Refuse) -> None:
    problem = refused_structure(Atoms("H", cell=[20, 20, 20], pbc=[True, True, False]))
    assert "(pbc T T F)" in problem.found
    assert problem.fix == 'write pbc="T T T"'


def test_a_flat_cell_is_refused(refused_structure: Refuse) -> None:
    assert "without a cell" in refused_structure(Atoms("H", cell=[20, 20, 0.01], pbc=True)).found


def test_overlapping_atoms_are_refused_by_name(refused_structure: Refuse) -> None:
    atoms = load_system("salem-2")
    atoms.positions[1] = atoms.positions[0] + [0, 0, 0.4]
    problem = refused_structure(atoms)
    assert "Zn1-Zn2, 0.40 Å apart" in problem.found


def test_overlap_across_the_cell_border_is_refused(refused_structure: Refuse) -> None:
    atoms = Atoms("H2", positions=[[0.1, 5, 5], [19.9, 5, 5]], cell=[20, 20, 20], pbc=True)
    assert "overlapping atoms H1-H2" in refused_structure(atoms).found


def test_coordinates_that_are_no_numbers_are_refused(refused_structure: Refuse) -> None:
    atoms = Atoms("H", positions=[[float("nan"), 0, 0]], cell=[20, 20, 20], pbc=True)
    assert refused_structure(atoms).field == "systems.mine.structure"


def test_a_dummy_atom_is_refused(refused_structure: Refuse) -> None:
    assert "dummy" in refused_structure(Atoms("X", cell=[20, 20, 20], pbc=True)).found


def test_a_supercell_without_bounds_is_refused(refused: Refuse) -> None:
    text = HEAD + "systems: {zif4: {structure: zif-4, supercell: [9, 9, 9]}}\n"
    assert refused(text)[0].field == "systems.zif4.supercell"


def test_a_mistake_in_a_system_s_own_section_is_refused(refused: Refuse) -> None:
    text = HEAD + "systems:\n  zif4:\n    structure: zif-4\n    exploration: {temperatures: [300]}\n"
    (problem,) = refused(text)
    assert (problem.line, problem.field) == (6, "systems.zif4.exploration.temperatures[0]")


def test_an_element_without_a_basis_set_is_refused(refused_structure: Refuse) -> None:
    atoms = Atoms("U", cell=[20, 20, 20], pbc=True)
    problem = refused_structure(atoms, extra="level_of_theory: pbe-d3\n")
    assert problem.field == "level_of_theory"
    assert "U of systems.mine" in problem.found


def test_an_odd_number_of_electrons_is_refused(refused_structure: Refuse) -> None:
    problem = refused_structure(Atoms("H", cell=[20, 20, 20], pbc=True))
    assert problem.field == "systems.mine.structure"
    assert "odd number" in problem.found


def test_a_structure_without_its_hydrogens_is_refused_by_name(refused_structure: Refuse) -> None:
    atoms = load_system("salem-2")
    problem = refused_structure(atoms[atoms.numbers != 1])
    assert problem.field == "systems.mine.structure"
    assert "36 × C with two neighbours at an angle, its hydrogen missing (C31" in problem.found
    assert "hydrogens" in problem.fix


def test_a_cif_of_partial_occupancy_is_refused_by_name(refused_structure: Refuse) -> None:
    text = """data_x
_cell_length_a 9
_cell_length_b 9
_cell_length_c 9
_cell_angle_alpha 90
_cell_angle_beta 90
_cell_angle_gamma 90
loop_
_atom_site_label
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
_atom_site_occupancy
O1W 0.5 0.5 0.5 0.25
"""
    problem = refused_structure(text, "mine.cif")
    assert problem.found == "'mine.cif': 1 atom whose occupancy is not one (O1W 0.25)"


def test_more_atoms_than_a_cell_can_hold_are_refused_at_once(refused_structure: Refuse) -> None:
    atoms = Atoms("H4000", cell=[2, 2, 2], pbc=True)
    assert "overlapping atoms: 4000 in 8 Å³" in refused_structure(atoms).found


def test_a_structure_from_a_script_with_masses_of_its_own_is_refused() -> None:
    atoms = load_system("salem-2")
    atoms.set_masses(
        [2.014 if symbol == "H" else mass for symbol, mass in zip(atoms.symbols, atoms.get_masses(), strict=True)]
    )
    with pytest.raises(CampaignError, match="other masses of H"):
        campaign_from_structures({"mine": atoms}, "demo")
