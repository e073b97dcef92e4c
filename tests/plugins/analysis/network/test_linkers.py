"""Linkers are found by their bonds, wherever their atoms stand in the list and in space."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from zif_frames import Frame, repeated, said_otherwise, shipped

from aiida_zif.plugins.analysis.network.linkers import NotALinker, find_linkers, formula, planes, whole_rings

SPECIES = {"zif-4": {"C3H3N2": 32}, "zif-8": {"C4H5N2": 12}, "zif-8-cl": {"C3H2ClN2": 12}, "salem-2": {"C3H3N2": 12}}


def fused(ring: str, extra: dict[str, list[list[float]]]) -> Frame:
    """A flat five-membered ring of bonds of 1.37 Å with more atoms, beside one zinc, in a large cell."""
    angles = np.pi / 2 + 2 * np.pi * np.arange(5) / 5
    radius = 1.37 / (2 * np.sin(np.pi / 5))
    places = [[radius * np.cos(angle), radius * np.sin(angle), 0.0] for angle in angles]
    symbols = [*ring]
    for symbol, more in extra.items():
        symbols += [symbol] * len(more)
        places += more
    return Frame((*symbols, "Zn"), np.array([*places, [9.0, 9.0, 9.0]]) + 5.0, np.eye(3) * 25.0)


def six_ring() -> list[list[float]]:
    """Four atoms that close a flat ring of six on the bond between the third and the fourth atom of the ring."""
    low = -1.37 / (2 * np.tan(np.pi / 5))
    return [[x, low + y, 0.0] for x, y in ((1.37, -1.19), (0.685, -2.37), (-0.685, -2.37), (-1.37, -1.19))]


@pytest.mark.parametrize("name", SPECIES)
def test_every_linker_of_a_shipped_framework_is_found(name: str) -> None:
    linkers = find_linkers(*shipped(name).arrays())
    assert Counter(linkers.species) == SPECIES[name]
    assert linkers.others == {}
    assert sorted(atom for atoms in linkers.atoms for atom in atoms) == sorted(
        set(range(len(linkers.symbols))) - set(linkers.metals.tolist())
    )


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("name", SPECIES)
def test_linkers_do_not_depend_on_vectors_images_and_order(name: str, seed: int) -> None:
    other = said_otherwise(shipped(name), seed)
    linkers, same = find_linkers(*shipped(name).arrays()), find_linkers(*other.arrays())
    assert Counter(same.species) == Counter(linkers.species)
    assert len(same.bonds) == len(linkers.bonds)
    flat = planes(linkers, shipped(name).positions[None], shipped(name).cell[None]).flatness
    assert np.sort(planes(same, other.positions[None], other.cell[None]).flatness) == pytest.approx(np.sort(flat))


def test_a_ring_is_given_around_and_whole() -> None:
    frame = said_otherwise(shipped("zif-4"), 3)
    linkers = find_linkers(*frame.arrays())
    whole = whole_rings(linkers, frame.positions[None], frame.cell[None])[0]
    sides = np.linalg.norm(whole - np.roll(whole, 1, axis=1), axis=2)
    assert sides.min() > 1.2
    assert sides.max() < 1.5
    assert (np.array(frame.symbols)[linkers.rings] == "N").sum(axis=1).tolist() == [2] * 32
    assert linkers.nitrogens.tolist() == linkers.rings[linkers.ring_nitrogens()].tolist()


def test_normals_are_perpendicular_to_flat_rings() -> None:
    frame = shipped("zif-4")
    linkers = find_linkers(*frame.arrays())
    found = planes(linkers, frame.positions[None], frame.cell[None])
    whole = whole_rings(linkers, frame.positions[None], frame.cell[None])
    heights = np.einsum("nlac,nlc->nla", whole - found.centres[:, :, None], found.normals)
    assert np.abs(heights).max() < 0.02
    assert np.linalg.norm(found.normals, axis=2) == pytest.approx(np.ones((1, 32)))
    assert found.flatness[0] == pytest.approx(np.sqrt(np.mean(heights[0] ** 2, axis=1)))


def test_the_ring_of_five_is_taken_in_fused_linkers() -> None:
    frame = fused("CNCCN", {"C": six_ring()})
    linkers = find_linkers(*frame.arrays())
    assert linkers.species == ("C7N2",)
    assert set(linkers.rings[0].tolist()) == {0, 1, 2, 3, 4}


def test_purines_and_azoles_with_more_nitrogen_are_linkers() -> None:
    six = six_ring()
    purine = find_linkers(*fused("CNCCN", {"N": [six[0], six[2]], "C": [six[1], six[3]]}).arrays())
    assert purine.species == ("C5N4",)
    assert len(purine.nitrogens) == 2, "those of the ring of five"
    assert len(find_linkers(*fused("NNCNC", {}).arrays()).nitrogens) == 3


def test_solvent_is_listed_apart() -> None:
    frame = shipped("zif-8")
    water = np.array([[0.0, 0, 0], [0.96, 0, 0], [-0.24, 0.93, 0]])
    linkers = find_linkers((*frame.symbols, *"OHH"), np.concatenate([frame.positions, water]), frame.cell)
    assert linkers.others == {"H2O": 1}
    assert len(linkers) == 12
    assert set(linkers.of_atom()[-3:]) == {-1}


def test_a_ligand_that_is_no_linker_is_refused() -> None:
    frame = fused("CNCCN", {})
    hydroxide = frame.positions[-1] + np.array([[2.0, 0.0, 0.0], [2.6, 0.7, 0.0]])
    with pytest.raises(NotALinker, match=r"linker: HO with atom 6 is bound to Zn 5 \(2.00 Å\)"):
        find_linkers((*frame.symbols, *"OH"), np.concatenate([frame.positions, hydroxide]), frame.cell)


def test_a_broken_linker_is_refused_with_what_to_do() -> None:
    frame = shipped("zif-4")
    linkers = find_linkers(*frame.arrays())
    broken = frame.positions.copy()
    carbon = next(atom for atom in linkers.rings[0].tolist() if frame.symbols[atom] == "C")
    broken[carbon] += planes(linkers, frame.positions[None], frame.cell[None]).normals[0, 0] * 2.0
    with pytest.raises(NotALinker, match="find the linkers in the crystal"):
        find_linkers(frame.symbols, broken, frame.cell)


@pytest.mark.parametrize("ratio", [1.28, 1.33, 1.38])
def test_a_ring_with_one_stretched_bond_is_still_a_linker(ratio: float) -> None:
    frame = shipped("zif-4")
    linkers = find_linkers(*frame.arrays())
    ring = whole_rings(linkers, frame.positions[None], frame.cell[None])[0, 4]
    names = [frame.symbols[atom] for atom in linkers.rings[4]]
    place = next(number for number in range(5) if {names[number - 1], names[number]} == {"C"})
    apart = ring[place] - ring[place - 1]
    moved = frame.positions.copy()
    moved[linkers.rings[4, place]] += apart * (ratio * 1.52 / np.linalg.norm(apart) - 1) / 2
    moved[linkers.rings[4, place - 1]] -= apart * (ratio * 1.52 / np.linalg.norm(apart) - 1) / 2
    assert Counter(find_linkers(frame.symbols, moved, frame.cell).species) == {"C3H3N2": 32}


def test_a_ring_that_is_squeezed_until_atoms_touch_across_it_is_still_a_linker() -> None:
    frame = fused("CNCCN", {})
    squeezed = frame.positions.copy()
    squeezed[0, 1] = squeezed[[2, 3], 1].mean() + 1.8
    linkers = find_linkers(frame.symbols, squeezed, frame.cell)
    assert set(linkers.rings[0].tolist()) == {0, 1, 2, 3, 4}


def test_what_has_no_metal_or_no_linker_is_refused() -> None:
    with pytest.raises(NotALinker, match="symbols: found C2"):
        find_linkers("CC", np.array([[0.0, 0, 0], [1.4, 0, 0]]), np.eye(3) * 9)
    with pytest.raises(NotALinker, match="frame: no linker in OZn"):
        find_linkers(["Zn", "O"], np.array([[0.0, 0, 0], [5, 0, 0]]), np.eye(3) * 9)


def test_a_molecule_without_end_is_refused() -> None:
    frame = fused("CNCCN", {"C": [[0.0, y, 8.0] for y in np.arange(0, 25.0, 25.0 / 17)]})
    with pytest.raises(NotALinker, match="bonded to its own periodic image"):
        find_linkers(*frame.arrays())


def test_a_hydrogen_far_out_still_belongs_to_its_carbon() -> None:
    frame = shipped("zif-4")
    linkers = find_linkers(*frame.arrays())
    hydrogen, carbon = next(
        (one, other)
        for pair in linkers.bonds.tolist()
        for one, other in (pair, pair[::-1])
        if frame.symbols[one] == "H"
    )
    vector = frame.positions[hydrogen] - frame.positions[carbon]
    vector -= np.rint(vector @ np.linalg.inv(frame.cell)) @ frame.cell
    moved = frame.positions.copy()
    moved[hydrogen] += vector * (1.5 / np.linalg.norm(vector) - 1)
    assert Counter(find_linkers(frame.symbols, moved, frame.cell).species) == {"C3H3N2": 32}


def test_linkers_of_a_supercell_are_those_of_its_cells() -> None:
    small, large = (find_linkers(*repeated(shipped("zif-8"), n).arrays()) for n in ((1, 1, 1), (2, 1, 3)))
    assert len(large) == 6 * len(small)
    assert len(large.bonds) == 6 * len(small.bonds)


def test_formulas_are_in_the_order_of_hill() -> None:
    assert formula(["N", "C", "H", "Cl", "C", "N"]) == "C2HClN2"
    assert formula(["Zn", "H", "O"]) == "HOZn"
