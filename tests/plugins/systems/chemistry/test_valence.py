"""What no substance has is impossible, what a melt or an unusual linker has is not."""

from __future__ import annotations

import numpy as np
import pytest
from ase import Atoms
from ase.build import molecule

from aiida_zif.plugins.systems import available_systems, load_system
from aiida_zif.plugins.systems.chemistry.substance import describe_substance, substance_in_words
from aiida_zif.plugins.systems.chemistry.valence import Oddity, oddities

WHOLE_MOLECULES = "H2O CH3OH CO2 CH4 C2H2 HCN CH3CN C6H6 C5H5N CH3NO2 CH3COOH N2 SO2 NH3 C3H4_D2d HCOOCH3 CH3SH SiH4"
MORE_MOLECULES = "CF4 CH3Cl H2 O3 CO C4H4NH F2O"


def boxed(name: str) -> Atoms:
    """A molecule in a periodic box."""
    atoms = molecule(name)
    atoms.center(vacuum=5)
    atoms.pbc = True
    return atoms


def impossible(atoms: Atoms) -> list[Oddity]:
    """What cannot be."""
    return [oddity for oddity in oddities(atoms) if not oddity.possible]


def without(atoms: Atoms, symbol: str, every: int = 1) -> Atoms:
    """A structure without some of its atoms of one element."""
    members = [index for index, other in enumerate(atoms.symbols) if other == symbol]
    return atoms[[index for index in range(len(atoms)) if index not in members[::every]]]


@pytest.mark.parametrize("name", available_systems())
def test_a_shipped_framework_has_nothing_unusual(name: str) -> None:
    assert oddities(load_system(name)) == []


@pytest.mark.parametrize("name", [*WHOLE_MOLECULES.split(), *MORE_MOLECULES.split()])
def test_a_whole_molecule_is_possible(name: str) -> None:
    assert impossible(boxed(name)) == []


@pytest.mark.parametrize("every", [1, 4, 36])
def test_missing_hydrogens_of_rings_are_counted(every: int) -> None:
    (oddity,) = impossible(without(load_system("salem-2"), "H", every))
    assert oddity.what == "C with two neighbours at an angle, its hydrogen missing"
    assert len(oddity.atoms) == 36 // every
    assert "hydrogens" in oddity.fix


@pytest.mark.parametrize("every", [1, 2, 3])
def test_missing_hydrogens_of_methyl_groups_are_found(every: int) -> None:
    atoms = load_system("zif-8")
    distance = atoms.get_all_distances(mic=True)
    of_methyl = [i for i, s in enumerate(atoms.symbols) if s == "H" and (distance[i] < 2.0).sum() > 3]
    assert len(of_methyl) == 36
    kept = [index for index in range(len(atoms)) if index not in of_methyl[::every]]
    assert impossible(atoms[kept])


def test_a_methyl_group_in_two_orientations_has_too_many_hydrogens() -> None:
    methane, turned = boxed("CH4"), boxed("CH4")
    turned.positions = 2 * turned.positions[0] - turned.positions
    (oddity,) = impossible(methane + turned[1:])
    assert oddity.what == "C with 8 neighbours, 8 of them H"


@pytest.mark.parametrize("symbol", ["O", "H", "C", "N"])
def test_an_atom_alone_in_a_pore_is_refused(symbol: str) -> None:
    atoms = load_system("salem-2")
    (oddity,) = impossible(atoms + Atoms(symbol, [free_place(atoms)]))
    assert oddity.atoms == [f"{symbol}{len(atoms) + 1}"]


@pytest.mark.parametrize(("hydrogens", "possible"), [(1, True), (2, None), (3, True), (4, False)])
def test_a_water_of_too_few_or_too_many_hydrogens_is_noticed(hydrogens: int, possible: bool | None) -> None:
    corners = np.array([[1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]]) * 0.56
    places = np.concatenate([np.zeros((1, 3)), corners[:hydrogens]]) + 5
    atoms = Atoms(f"OH{hydrogens}", places, cell=[10, 10, 10], pbc=True)
    assert [oddity.possible for oddity in oddities(atoms)] == ([] if possible is None else [possible])


def test_an_ion_in_a_pore_is_unusual() -> None:
    atoms = load_system("salem-2")
    (oddity,) = oddities(atoms + Atoms("Cl", [free_place(atoms)]))
    assert oddity.possible
    assert "charge" in oddity.fix


def free_place(atoms: Atoms) -> np.ndarray:
    """The place of a coarse grid that is farthest from all atoms, Å."""
    grid = np.stack(np.meshgrid(*[np.arange(8) / 8] * 3), axis=-1).reshape(-1, 3)
    apart = grid[:, None] - atoms.get_scaled_positions()[None, :]
    nearest = np.linalg.norm((apart - np.rint(apart)) @ atoms.cell[:], axis=2).min(axis=1)
    return np.asarray(grid[int(np.argmax(nearest))] @ atoms.cell[:])


def test_metals_without_their_donors_are_refused() -> None:
    atoms = load_system("salem-2")
    atoms.positions[atoms.numbers == 30] += [2.5, 2.5, 0.0]
    assert any(oddity.what == "Zn with one donor or none" for oddity in impossible(atoms))


def test_three_donors_are_unusual_as_in_a_melt() -> None:
    atoms = load_system("salem-2")
    atoms.positions[0] += (atoms.positions[0] - atoms.positions[nearest_nitrogen(atoms)]) * 0.4
    (oddity,) = oddities(atoms)
    assert (oddity.what, oddity.possible, oddity.atoms) == ("Zn with 3 donors", True, ["Zn1"])


@pytest.mark.parametrize(("metals", "words"), [(1, "5 divalent metals and 12"), (6, "0 divalent metals and 12")])
def test_a_cell_that_lacks_metals_is_not_neutral(metals: int, words: str) -> None:
    atoms = load_system("salem-2")
    zinc = [index for index, number in enumerate(atoms.numbers) if number == 30]
    del atoms[zinc[:metals]]
    (oddity,) = oddities(atoms)
    assert oddity.possible
    assert str(oddity) == f"{words} anions of 1- (an odd number of electrons), not a neutral cell"


def test_carbon_and_nitrogen_exchanged_are_noticed() -> None:
    atoms = load_system("salem-2")
    atoms.symbols = [{"C": "N", "N": "C"}.get(symbol, symbol) for symbol in atoms.symbols]
    assert any(oddity.what == "Zn bound by carbon alone" for oddity in oddities(atoms))


def nearest_nitrogen(atoms: Atoms) -> int:
    distances = atoms.get_distances(0, list(range(len(atoms))), mic=True)
    return int(min((i for i, s in enumerate(atoms.symbols) if s == "N"), key=lambda index: distances[index]))


@pytest.mark.parametrize("name", available_systems())
def test_heat_breaks_no_linker(name: str) -> None:
    atoms = load_system(name)
    atoms.rattle(0.08, seed=3)
    assert impossible(atoms) == []


def test_what_a_framework_is_made_of_is_counted() -> None:
    substance = describe_substance(load_system("zif-8-cl"))
    assert substance["formula"] == "C36H24Cl12N24Zn6"
    assert substance["metals"] == {"Zn": {"4 N": 6}}
    assert (substance["linkers"], substance["guests"]) == ({"C3H2ClN2": 12}, {})
    assert substance_in_words(substance).endswith("1.051 g/cm³; Zn: 6 with 4 N; linkers: 12 C3H2ClN2")


def test_a_guest_is_told_from_a_linker() -> None:
    atoms = load_system("salem-2")
    guest = molecule("H2O")
    guest.positions += free_place(atoms) - guest.positions[0]
    assert describe_substance(atoms + guest)["guests"] == {"H2O": 1}
