"""A melt is kept, a broken linker or an exploded cell is not."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from aiida_zif.plugins.lammps.harvest.chemistry import Substance, bond_graph
from aiida_zif.plugins.lammps.limits import Chemistry
from aiida_zif.plugins.lammps.structure import covalent_radii, members, restricted_frame, topology
from aiida_zif.plugins.systems import available_systems, load_system

REFERENCE = Path(__file__).parents[5] / "shared" / "reference"
HOT = REFERENCE / "deepzif"
GLASSES = REFERENCE / "glasses"
PROTON_MOVED = {("zif4_iter5", 89)}
"""Frames of the reference in which an atom of hydrogen sits on a linker that is not its own."""


def substance(symbols: list[str], positions: np.ndarray, cell: np.ndarray, **changes: Any) -> Substance:
    settings = {**vars(Chemistry()), "contact": 0.6, **changes}
    return Substance(topology(symbols, positions, cell), settings, covalent_radii(symbols))


@pytest.fixture(scope="module")
def crystal() -> Any:
    """ZIF-4 in a cell as LAMMPS wants it: (symbols, positions, cell)."""
    atoms = load_system("zif-4")
    return atoms.get_chemical_symbols(), *restricted_frame(atoms.positions, atoms.cell[:])


def place_of(symbols: list[str], element: str) -> int:
    return symbols.index(element)


def bound_to(bonds: np.ndarray, atom: int) -> list[int]:
    """Atoms that have a bond with one."""
    return [int(b if a == atom else a) for a, b in bonds if atom in (a, b)]


@pytest.mark.parametrize("name", available_systems())
def test_every_linker_of_a_crystal_is_a_ring_with_its_substituents(name: str) -> None:
    atoms = load_system(name)
    symbols = atoms.get_chemical_symbols()
    bonds = bond_graph(atoms.positions, atoms.cell[:], covalent_radii(symbols), members(symbols)["metals"])
    degree = np.bincount(bonds.ravel(), minlength=len(symbols))
    assert {int(number) for number, symbol in zip(degree, symbols, strict=True) if symbol == "N"} == {2}
    assert {int(number) for number, symbol in zip(degree, symbols, strict=True) if symbol in ("H", "Cl")} == {1}
    assert {int(number) for number, symbol in zip(degree, symbols, strict=True) if symbol == "Zn"} == {0}
    # a linker is one ring, however many atoms hang on it: as many bonds as atoms
    assert len(bonds) == sum(symbol != "Zn" for symbol in symbols)


def test_crystal_itself_is_sane_wherever_its_atoms_are_wrapped(crystal: Any) -> None:
    _, positions, cell = crystal
    shifts = np.random.default_rng(0).integers(-2, 3, size=positions.shape) @ cell
    assert substance(*crystal).fault(positions + shifts, cell) is None


def test_metal_may_leave_its_linkers(crystal: Any) -> None:
    symbols, positions, cell = crystal
    nitrogens = members(symbols)["nitrogens"]
    moved, zinc = positions.copy(), place_of(symbols, "Zn")
    away = positions[zinc] - positions[nitrogens]
    away -= np.rint(away @ np.linalg.inv(cell)) @ cell
    nearest = away[np.argmin(np.linalg.norm(away, axis=1))]
    moved[zinc] += 0.7 * nearest / np.linalg.norm(nearest)
    assert substance(*crystal).fault(moved, cell) is None


def test_broken_ring_is_named(crystal: Any) -> None:
    symbols, positions, cell = crystal
    checked = substance(*crystal)
    nitrogen = place_of(symbols, "N")
    carbon = bound_to(checked.bonds, nitrogen)[0]  # type: ignore[arg-type]
    along = positions[nitrogen] - positions[carbon]
    along -= np.rint(along @ np.linalg.inv(cell)) @ cell
    moved = positions.copy()
    moved[nitrogen] += 0.7 * along
    assert checked.fault(moved, cell) == "broken_linker"
    assert substance(*crystal, intact=False).fault(moved, cell) is None


def test_proton_that_moved_to_a_nitrogen_is_named(crystal: Any) -> None:
    symbols, positions, cell = crystal
    hydrogen, nitrogen = place_of(symbols, "H"), place_of(symbols, "N")
    moved = positions.copy()
    moved[hydrogen] = positions[nitrogen] + [0.0, 0.0, 1.02]
    assert substance(*crystal).fault(moved, cell) == "lost_hydrogen"


def test_atoms_of_two_linkers_that_meet_are_named(crystal: Any) -> None:
    symbols, positions, cell = crystal
    checked = substance(*crystal, stretch=1e3)
    hydrogen = place_of(symbols, "H")
    own = bound_to(checked.bonds, hydrogen)[0]  # type: ignore[arg-type]
    along = positions[hydrogen] - positions[own]
    along -= np.rint(along @ np.linalg.inv(cell)) @ cell
    other = next(index for index, symbol in enumerate(symbols) if symbol == "C" and index != own)
    moved = positions.copy()
    moved[other] = positions[hydrogen] + along / np.linalg.norm(along) * 1.1
    assert checked.fault(moved, cell) == "new_bond"


@pytest.mark.parametrize(
    ("strain", "reason"),
    [
        (np.diag([1.3, 1.3, 1.3]), "density"),
        (np.diag([0.75, 0.75, 0.75]), "density"),
        (np.diag([1.6, 0.75, 0.85]), "cell_shape"),
        (np.array([[1.0, 0, 0], [0.9, 1.0, 0], [0, 0, 1.0]]), "cell_shape"),
    ],
    ids=["exploded", "collapsed", "stretched", "sheared"],
)
def test_cell_that_is_no_longer_that_of_the_crystal_is_named(crystal: Any, strain: np.ndarray, reason: str) -> None:
    _, positions, cell = crystal
    assert substance(*crystal).fault(positions @ strain, cell @ strain) == reason


def test_atoms_on_top_of_each_other_are_a_contact_though_they_have_a_bond(crystal: Any) -> None:
    symbols, positions, cell = crystal
    checked = substance(*crystal)
    hydrogen = place_of(symbols, "H")
    moved = positions.copy()
    moved[hydrogen] = positions[bound_to(checked.bonds, hydrogen)[0]] + [0.0, 0.0, 0.5]  # type: ignore[arg-type]
    assert checked.fault(moved, cell) == "close_contact"


def test_without_a_crystal_only_contacts_count(crystal: Any) -> None:
    symbols, positions, cell = crystal
    checked = Substance(None, {**vars(Chemistry()), "contact": 0.6}, covalent_radii(symbols))
    assert checked.fault(1.3 * positions, 1.3 * cell) is None
    moved = positions.copy()
    moved[0] = moved[1] + 0.1
    assert checked.fault(moved, cell) == "close_contact"


def hot_frames(name: str) -> Any:
    """Symbols, positions and cells of a set of DFT frames."""
    folder = HOT / name
    if not folder.is_dir():
        pytest.skip(f"the DFT frames of {name} are not on this machine")
    names = (folder / "type_map.raw").read_text().split()
    symbols = [names[int(kind)] for kind in (folder / "type.raw").read_text().split()]
    positions = np.load(folder / "set.000" / "coord.npy").reshape(-1, len(symbols), 3)
    return symbols, positions, np.load(folder / "set.000" / "box.npy").reshape(-1, 3, 3)


@pytest.mark.parametrize("name", ["zif4_pert", "zif4_iter0", "zif4_iter3", "zif4_iter5", "zif4_iter6"])
def test_hot_and_molten_frames_of_zif4_are_kept(name: str) -> None:
    # cells of that order of atoms are cold in this set only
    symbols, cold, cold_cells = hot_frames("zif4_iter3")
    checked = substance(symbols, cold[0], cold_cells[0])
    assert len(checked.bonds) == 256  # type: ignore[arg-type]
    _, positions, cells = hot_frames(name)
    found = {i: checked.fault(*frame) for i, frame in enumerate(zip(positions, cells, strict=True))}
    assert {(name, i) for i, reason in found.items() if reason} == {at for at in PROTON_MOVED if at[0] == name}


def test_hot_frames_of_another_framework_are_kept() -> None:
    symbols, positions, cells = hot_frames("salem2_iter3")
    checked = substance(symbols, positions[0], cells[0])
    assert Counter(map(checked.fault, positions, cells)) == {None: len(positions)}


def test_quenched_glasses_are_kept() -> None:
    from ase.io import read

    files = sorted(GLASSES.glob("*.cif"))
    if not files:
        pytest.skip("the quenched glasses are not on this machine")
    first: Any = read(files[0])
    checked = substance(first.get_chemical_symbols(), first.positions, first.cell[:])
    for file in files:
        atoms: Any = read(file)
        assert checked.fault(*restricted_frame(atoms.positions, atoms.cell[:])) is None, file.name
