"""Pairs within a distance: every image, in any cell."""

from __future__ import annotations

import tracemalloc
from itertools import product

import numpy as np
import pytest

from aiida_zif.plugins.analysis.structure.neighbours import distance_counts, neighbour_pairs

CELLS = {
    "orthorhombic": (np.diag([9.0, 10.0, 11.0]), 4.0),
    "triclinic": (np.array([[9.0, 0, 0], [5.0, 8.0, 0], [-3.0, 3.0, 7.0]]), 5.0),
    "left-handed": (np.array([[9.0, 0, 0], [5.0, -8.0, 0], [-3.0, 3.0, 7.0]]), 5.0),
    "thin": (np.diag([2.0, 25.0, 25.0]), 7.5),
    "very skew": (np.array([[3.0, 0, 0], [2.9, 1.0, 0], [0, 0, 20.0]]), 6.0),
    "cut-off longer than the cell": (np.diag([4.0, 5.0, 6.0]), 9.0),
}

Found = set[tuple[int, ...]]


def frame(cell: np.ndarray, n: int = 12, seed: int = 4) -> np.ndarray:
    """Positions in and far outside the cell."""
    return np.random.default_rng(seed).uniform(-2, 3, size=(n, 3)) @ cell


def every_pair(positions: np.ndarray, cell: np.ndarray, cutoff: float) -> Found:
    """The same by looking at every image within a range that is wide enough for any of these cells."""
    found: Found = set()
    heights = 1 / np.linalg.norm(np.linalg.inv(cell), axis=0)
    shifts = np.array(
        list(product(*(range(-reach, reach + 1) for reach in (np.ceil(cutoff / heights) + 2).astype(int))))
    )
    for i, j in product(range(len(positions)), repeat=2):
        apart = positions[j] - positions[i]
        shifted = shifts - np.rint(apart @ np.linalg.inv(cell)).astype(int)
        near = np.linalg.norm(apart + shifted @ cell, axis=1) < cutoff
        found |= {(i, j, *map(int, shift)) for shift in shifted[near] if i != j or shift.any()}
    return found


@pytest.mark.parametrize("name", CELLS)
def test_every_image_within_reach_is_a_neighbour_once(name: str) -> None:
    cell, cutoff = CELLS[name]
    positions = frame(cell)
    pairs = neighbour_pairs(positions, cell, cutoff)
    found = list(zip(pairs.first.tolist(), pairs.second.tolist(), *pairs.shift.T.tolist(), strict=True))
    assert len(set(found)) == len(found)
    assert set(found) == every_pair(positions, cell, cutoff)


def test_vectors_lead_from_the_first_atom_to_that_image_of_the_second() -> None:
    cell, cutoff = CELLS["triclinic"]
    positions = frame(cell)
    pairs = neighbour_pairs(positions, cell, cutoff)
    expected = positions[pairs.second] + pairs.shift @ cell - positions[pairs.first]
    assert pairs.vector == pytest.approx(expected)
    assert pairs.distance == pytest.approx(np.linalg.norm(expected, axis=1))
    assert (np.diff(pairs.first) >= 0).all()


def test_groups_give_the_pairs_from_one_to_the_other() -> None:
    cell, cutoff = CELLS["triclinic"]
    positions = frame(cell)
    pairs = neighbour_pairs(positions, cell, cutoff, first=[1, 5, 7], second=[0, 5])
    found = set(zip(pairs.first.tolist(), pairs.second.tolist(), *pairs.shift.T.tolist(), strict=True))
    assert found == {p for p in every_pair(positions, cell, cutoff) if p[0] in (1, 5, 7) and p[1] in (0, 5)}


def test_an_image_at_exactly_the_cutoff_is_no_neighbour_in_either_direction() -> None:
    cell = np.array([[9.0, 0, 0], [5.0, 8.0, 0], [-3.0, 3.0, 7.0]])
    positions = frame(cell, 30)
    pairs = neighbour_pairs(positions, cell, 9.0)
    forth = set(zip(pairs.first.tolist(), pairs.second.tolist(), *pairs.shift.T.tolist(), strict=True))
    assert forth == {(j, i, -a, -b, -c) for i, j, a, b, c in forth}
    assert (0, 0, 1, 0, 0) not in forth


@pytest.mark.parametrize("name", CELLS)
def test_counts_are_those_of_the_pairs(name: str) -> None:
    cell, cutoff = CELLS[name]
    cutoff *= 0.998  # no bin ends at the length of a lattice vector
    positions = frame(cell)
    some, others = np.arange(7), np.arange(4, 12)
    pairs = neighbour_pairs(positions, cell, cutoff, some, others)
    expected = np.histogram(pairs.distance, bins=30, range=(0, cutoff))[0]
    assert distance_counts(positions, cell, cutoff, 30, some, others).tolist() == expected.tolist()


def test_two_atoms_at_one_place_are_a_pair() -> None:
    cell = np.eye(3) * 10
    assert len(neighbour_pairs(np.zeros((2, 3)), cell, 1.0)) == 2
    assert distance_counts(np.zeros((2, 3)), cell, 1.0, 4, [0, 1], [0, 1]).tolist() == [2, 0, 0, 0]


def test_no_atoms_have_no_neighbours() -> None:
    assert len(neighbour_pairs(np.zeros((3, 3)), np.eye(3) * 5, 2.0, first=[], second=[0, 1])) == 0


def test_a_hundred_thousand_atoms_are_counted_in_bounded_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aiida_zif.plugins.analysis.structure.neighbours.PAIRS_AT_ONCE", 200_000)
    edge = 100.0
    positions = np.random.default_rng(1).random((100_000, 3)) * edge
    atoms = np.arange(len(positions))
    tracemalloc.start()
    counted = int(distance_counts(positions, np.eye(3) * edge, 4.0, 10, atoms, atoms).sum())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert counted == pytest.approx(1e5 * 0.1 * 4 / 3 * np.pi * 4.0**3, rel=0.01)
    assert peak < 100e6


def test_atoms_that_fill_a_corner_of_a_large_cell_are_counted_in_bounded_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("aiida_zif.plugins.analysis.structure.neighbours.PAIRS_AT_ONCE", 200_000)
    positions, atoms = np.random.default_rng(1).random((30_000, 3)) * 60.0, np.arange(30_000)
    tracemalloc.start()
    distance_counts(positions, np.eye(3) * 5000.0, 6.0, 10, atoms, atoms)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 60e6


@pytest.mark.parametrize(
    ("positions", "cell", "cutoff", "word"),
    [
        (np.zeros((1, 3)), np.eye(3), 0.0, "cutoff"),
        (np.zeros((1, 3)), np.eye(3), float("nan"), "cutoff"),
        (np.zeros((1, 3)), np.zeros((3, 3)), 1.0, "volume"),
        (np.full((1, 3), np.inf), np.eye(3), 1.0, "positions"),
        (np.zeros((1, 3)), np.full((3, 3), np.nan), 1.0, "cell"),
    ],
)
def test_what_is_no_frame_is_refused(positions: np.ndarray, cell: np.ndarray, cutoff: float, word: str) -> None:
    with pytest.raises(ValueError, match=word):
        neighbour_pairs(positions, cell, cutoff)
