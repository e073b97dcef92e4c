"""Neighbours in a periodic frame, against every pair and every image looked at one by one."""

from __future__ import annotations

from itertools import combinations, product

import numpy as np
import pytest

from aiida_zif.plugins.lammps.harvest.pairs import close_pairs, distances_of, heights, surroundings

CELL = np.array([[10.0, 0, 0], [3.0, 9.0, 0], [-2.0, 4.0, 8.0]])
THIN = np.array([[3.0, 0, 0], [0.4, 9.0, 0], [0.2, -1.0, 8.0]])
IMAGES = np.array(list(product((-3, -2, -1, 0, 1, 2, 3), repeat=3)))


def scattered(cell: np.ndarray, n_atoms: int = 30) -> np.ndarray:
    """Positions all over the place, many of them outside the cell."""
    return (4 * np.random.default_rng(3).random((n_atoms, 3)) - 2) @ cell


@pytest.mark.parametrize("cutoff", [0.5, 2.0, 3.4])
def test_every_close_pair_is_found_once(cutoff: float) -> None:
    positions = scattered(CELL)
    assert cutoff < heights(CELL).min() / 2
    images = IMAGES @ CELL
    expected = {}
    for i, j in combinations(range(len(positions)), 2):
        folded = positions[i] - positions[j]
        folded -= np.rint(folded @ np.linalg.inv(CELL)) @ CELL
        distance = np.linalg.norm(folded + images, axis=1).min()
        if distance < cutoff:
            expected[i, j] = distance
    first, second, distance = close_pairs(positions, CELL, cutoff)
    found = {(min(i, j), max(i, j)): d for i, j, d in zip(first, second, distance, strict=True)}
    assert len(found) == len(first)
    assert found == pytest.approx(expected)


@pytest.mark.parametrize("cutoff", [1.6, 3.2, 5.0])
def test_every_image_is_found_once_in_a_cell_thinner_than_twice_the_reach(cutoff: float) -> None:
    positions = scattered(THIN, 12)
    assert cutoff > heights(THIN).min() / 2
    expected = []
    for i, j in combinations(range(len(positions)), 2):
        folded = positions[i] - positions[j]
        folded -= np.rint(folded @ np.linalg.inv(THIN)) @ THIN
        expected += [(i, j, d) for d in np.linalg.norm(folded + IMAGES @ THIN, axis=1) if d < cutoff]
    own = [d for d in np.linalg.norm(IMAGES @ THIN, axis=1) if 0 < d < cutoff]
    expected += [(i, i, d) for i in range(len(positions)) for d in sorted(own)[::2]]
    found = sorted(zip(*close_pairs(positions, THIN, cutoff), strict=True))
    assert [pair[:2] for pair in found] == [pair[:2] for pair in sorted(expected)]
    assert [pair[2] for pair in found] == pytest.approx([pair[2] for pair in sorted(expected)])


def test_distance_of_given_pairs_is_that_of_the_nearest_image_in_a_thin_cell() -> None:
    cell = np.array([[4.0, 0.0, 0.0], [1.9, 3.6, 0.0], [0.0, 0.0, 9.0]])
    positions = np.array([[0.0, 0.0, 0.0], [1.95, 1.75, 0.0]])
    nearest = np.linalg.norm(positions[1] + IMAGES @ cell, axis=1).min()
    assert distances_of(positions, cell, np.array([[0, 1]])) == pytest.approx([nearest])


def test_distance_of_given_pairs_goes_through_the_boundary() -> None:
    positions = scattered(CELL, 2)
    positions[1] = positions[0] + [0.0, 0.0, 1.5] + CELL[1] - CELL[2]
    assert distances_of(positions, CELL, np.array([[0, 1]])) == pytest.approx([1.5])


@pytest.mark.parametrize("cell", [CELL, THIN], ids=["sheared", "thinner than the reach"])
def test_surroundings_hold_every_image(cell: np.ndarray) -> None:
    positions, centres, others = scattered(cell, 8), np.array([0, 1]), np.array([1, 2, 3, 4])
    owners, distance = surroundings(positions, cell, centres, others, 5.0)
    for place, centre in enumerate(centres):
        expected = []
        for other in others:
            folded = positions[centre] - positions[other]
            folded -= np.rint(folded @ np.linalg.inv(cell)) @ cell
            expected += [d for d in np.linalg.norm(folded + IMAGES @ cell, axis=1) if 1e-9 < d < 5.0]
        assert np.sort(distance[owners == place]) == pytest.approx(np.sort(expected))
