"""The cell that a system gets: its own, one that was asked for, or the smallest that is thick enough."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ase import Atoms

from aiida_zif.plugins.physics.geometry import cell_heights, neighbour_counts
from aiida_zif.plugins.systems import load_system
from aiida_zif.workflows.campaign.loading import Campaign, Problem, campaign_from_structures
from aiida_zif.workflows.campaign.structures import as_stored
from aiida_zif.workflows.campaign.supercell import LARGEST_ENTRY, CellChoice, build, choose_cell, smallest_supercell
from aiida_zif.workflows.structures.perturbation import smallest_height

Load = Callable[[str], Campaign]
Refuse = Callable[..., list[Problem]]
SALEM = "name: x\nprotocol: fast\nsystems: {sod: {structure: salem-2, supercell: SUPERCELL}}\n"
RHOMBOHEDRAL = np.array([[-8.4, 8.4, 8.4], [8.4, -8.4, 8.4], [8.4, 8.4, -8.4]])
"""The primitive cell of a body-centred cubic lattice of 16.8 Å, 11.9 Å thick."""


def salem(supercell: str) -> str:
    """A campaign whose cell is 11.9 Å thick, and whose cut-off is 6 Å."""
    return SALEM.replace("SUPERCELL", supercell)


def choice(asked: Any, cell: np.ndarray, needed: float, strain: float = 0.0, n_atoms: int = 100) -> CellChoice:
    return choose_cell(asked, cell, n_atoms, needed, strain, 5000)


def test_a_cell_that_is_thick_enough_stays_as_it_is() -> None:
    found = choice("auto", np.diag([12.0, 13.0, 14.0]), 12.0)
    assert (found.value, found.copies, found.notes(dft=True)) == ([1, 1, 1], 1, [])


def test_a_thin_cell_is_repeated_where_it_is_thin() -> None:
    found = choice("auto", np.diag([20.0, 9.0, 30.0]), 12.0)
    assert found.value == [1, 2, 1]
    assert found.notes(dft=False) == [
        "supercell 1x2x1, 200 atoms, because the file's cell is 9.00 Å thick "
        "and twice the cut-off (training.rcut) is 12 Å"
    ]


def test_vectors_of_the_lattice_that_are_not_the_file_s_save_atoms() -> None:
    found = choice("auto", RHOMBOHEDRAL, 12.0)
    assert found.copies == 2
    cell = np.array(found.matrix) @ RHOMBOHEDRAL
    assert np.sort(cell_heights(cell)[0]) == pytest.approx([16.8, 16.8, 16.8])


def test_a_tilted_cell_of_a_thick_lattice_stays_as_it_is_but_in_lammps() -> None:
    cube = np.array([[1, 0, 0], [3, 1, 0], [-2, 4, 1]]) @ np.diag([13.0, 13.0, 13.0])
    assert cell_heights(cube).min() < 12.0
    found = choice("auto", cube, 12.0)
    assert (found.value, found.thickness) == ([1, 1, 1], pytest.approx(13.0))
    (note,) = found.notes(dft=False)
    assert note.startswith("the cell is tilted by 4.00 of its length; LAMMPS gets other vectors")


@pytest.mark.parametrize("needed", [7.0, 10.0, 12.0, 17.0])
@pytest.mark.parametrize("strain", [0.0, 0.03])
def test_no_smaller_repeats_are_thick_enough(needed: float, strain: float) -> None:
    cell = np.array([[6.6, 0.2, 0.0], [-3.0, 7.5, 0.4], [1.0, -2.0, 9.0]])
    matrix = smallest_supercell(cell, needed, strain, 100)
    assert matrix is not None
    assert smallest_height(matrix @ cell, strain) >= needed
    copies = round(np.linalg.det(matrix))
    for repeats in np.ndindex(5, 5, 5):
        if np.prod(np.add(repeats, 1)) < copies:
            assert smallest_height(np.diag(np.add(repeats, 1)) @ cell, strain) < needed


def test_many_copies_of_a_tilted_cell_are_repeats_of_its_reduced_one() -> None:
    cell = np.array([[1, 0, 0], [7, 1, 0], [-7, 7, 1]]) @ np.diag([3.0, 3.0, 3.0])
    matrix = smallest_supercell(cell, 12.0, 0.0, 100)
    assert matrix is not None
    assert round(np.linalg.det(matrix)) == 64
    assert cell_heights(matrix @ cell)[0] == pytest.approx([12.0] * 3)


def test_strained_copies_ask_for_a_thicker_cell() -> None:
    assert choice("auto", np.diag([12.2, 15.0, 15.0]), 12.0).copies == 1
    assert choice("auto", np.diag([12.2, 15.0, 15.0]), 12.0, strain=0.03).copies == 2


def test_a_supercell_of_too_many_atoms_is_not_taken_but_said() -> None:
    found = choice("auto", np.diag([9.0, 30.0, 30.0]), 12.0, n_atoms=3000)
    assert found.value == [1, 1, 1]
    (note,) = found.notes(dft=False)
    assert note.startswith("warning: the cell is 9.00 Å thick")
    assert "too many atoms" in note


def test_a_tiny_cell_is_multiplied_at_once() -> None:
    assert choice("auto", np.diag([2.0, 2.0, 2.0]), 12.0, n_atoms=1).value == [6, 6, 6]


@pytest.mark.parametrize("supercell", ["[1, 1, 1]", "[[1, 0, 0], [0, 1, 0], [0, 0, 1]]"])
def test_a_thin_cell_that_was_asked_for_is_taken_with_a_warning(load: Load, supercell: str) -> None:
    campaign = load(salem(supercell))
    (note,) = campaign.cell_notes()
    assert note.startswith("sod: warning: the cell is 1")
    assert "Γ point" in note


def test_the_supercell_that_was_taken_is_a_setting_and_can_be_written(load: Load) -> None:
    automatic = load(salem("auto"))
    taken = automatic.settings().systems["sod"].supercell
    assert np.linalg.det(taken) == pytest.approx(2)
    written = load(salem(str(taken)))
    assert written.settings() == automatic.settings()
    assert np.array_equal(written.structures()["sod"].positions, automatic.structures()["sod"].positions)
    assert written.cell_notes() == []


def test_atoms_of_a_supercell_are_copies_in_the_order_of_the_file(load: Load) -> None:
    atoms, built = load_system("salem-2"), load(salem("auto")).structures()["sod"]
    assert built.get_chemical_symbols() == 2 * atoms.get_chemical_symbols()
    first, second = built.positions.reshape(2, -1, 3)
    assert np.allclose(first, atoms.positions)
    shift = second - first
    assert np.allclose(shift, shift[0])
    repeats = shift[0] @ np.linalg.inv(atoms.cell[:])
    assert np.allclose(repeats, np.rint(repeats))


@pytest.mark.parametrize(
    "matrix",
    [((-2, -2, 0), (0, 1, 0), (0, 0, -1)), ((1, -1, 0), (1, 1, 2), (-1, -1, 0)), ((2, 0, 1), (0, 3, 1), (0, 0, 1))],
)
def test_the_first_copy_lies_where_the_file_has_it_and_the_others_apart(matrix: Any) -> None:
    cell = np.array([[6.6, 0.2, 0.0], [-3.0, 7.5, 0.4], [1.0, -2.0, 9.0]])
    atoms = Atoms("ZnN", positions=[[0.5, 9.0, -3.0], [1.0, 2.0, 3.0]], cell=cell, pbc=True)
    built = build(atoms, choice(matrix, cell, 0.0, n_atoms=2).matrix)
    copies = built.positions.reshape(-1, 2, 3)
    assert np.allclose(copies[0], atoms.positions)
    assert np.allclose(built.cell[:], np.array(matrix) @ cell)
    shifts = copies[:, 0] - copies[0, 0]
    assert np.allclose(copies[:, 1] - copies[0, 1], shifts)
    inside = np.round(shifts @ np.linalg.inv(built.cell[:]), 6) % 1.0
    assert len({tuple(row) for row in np.round(inside, 4) % 1.0}) == round(np.linalg.det(matrix)) == len(copies)


def test_every_atom_of_a_supercell_has_the_neighbours_that_it_had() -> None:
    rng = np.random.default_rng(1)
    atoms = Atoms("ZnN3", cell=[[6.6, 0.2, 0.0], [-3.0, 7.5, 0.4], [1.0, -2.0, 9.0]], pbc=True)
    atoms.positions = rng.random((4, 3)) @ atoms.cell[:]
    built = build(atoms, choice("auto", atoms.cell[:], 12.0, n_atoms=4).matrix)
    assert len(built) > 4
    counts = [
        neighbour_counts(part.get_chemical_symbols(), part.positions, part.cell[:], 6.0) for part in (atoms, built)
    ]
    assert counts[0].tolist() == counts[1].tolist()


@pytest.mark.parametrize(
    "value",
    [
        *("Auto", "true", "1", "{a: 1}", "[0, 1, 1]", "[101, 1, 1]", "[1, 1.0, 1]", "[1, 1, true]", "[[1, 0], [0, 1]]"),
        *("[[1, 0, 0], [0, 1, 0], [1, 1, 0]]", "[[0, 1, 0], [1, 0, 0], [0, 0, 1]]"),
        "[[10001, 0, 0], [0, 1, 0], [0, 0, 1]]",
    ],
)
def test_a_supercell_that_is_none_is_refused(refused: Refuse, value: str) -> None:
    (problem,) = refused(salem(value))
    assert problem.field == "systems.sod.supercell"
    assert problem.allowed.startswith("auto, three repeats of 1 to 100")


@pytest.mark.parametrize("skew", [7, 40])
def test_what_was_taken_of_a_strongly_tilted_file_can_be_written(skew: int) -> None:
    cell = np.array([[1, 0, 0], [skew, 1, 0], [-skew, skew, 1]]) @ np.diag([9.0, 8.0, 7.0])
    found = choice("auto", cell, 12.0)
    assert choice(found.value, cell, 12.0).matrix == found.matrix
    assert np.abs(found.matrix).max() <= LARGEST_ENTRY
    assert found.thickness >= 12.0


def test_charge_and_spin_are_those_of_a_cell_that_is_written_out(refused: Refuse, load: Load) -> None:
    text = "name: x\nprotocol: fast\nsystems: {sod: {structure: salem-2, charge: 2}}\n"
    (problem,) = refused(text)
    assert problem.field == "systems.sod.supercell"
    assert "write supercell: [[" in problem.fix
    assert load(text.replace("charge: 2", "charge: 2, supercell: [1, 1, 1]"))


def test_a_label_by_dft_of_a_large_cell_is_warned_of(load: Load) -> None:
    text = "name: x\nprotocol: PROTOCOL\nsystems: {zif4: {structure: zif-4, supercell: [2, 2, 1]}}\n"
    assert "1088 atoms" in load(text.replace("PROTOCOL", "balanced")).cell_notes()[0]
    assert load(text.replace("PROTOCOL", "demo")).cell_notes() == []


def test_the_demo_keeps_its_cell(load: Load) -> None:
    campaign = load("name: x\nprotocol: demo\nsystems: {zif4: {structure: zif-4}}\n")
    assert len(campaign.structures()["zif4"]) == 272
    assert campaign.settings().systems["zif4"].supercell == [1, 1, 1]
    assert np.array_equal(campaign.structures()["zif4"].positions, as_stored(load_system("zif-4")).positions)


def test_a_structure_given_in_python_gets_its_supercell_too(tmp_path: Path) -> None:
    campaign = campaign_from_structures({"sod": load_system("salem-2")}, "fast")
    assert len(campaign.structures()["sod"]) == 204
