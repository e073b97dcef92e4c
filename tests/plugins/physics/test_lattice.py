"""Other vectors for one lattice: the atoms stay where they are, and no cell is strongly tilted."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from aiida_zif.plugins.physics.lattice import reduction, sublattices, tilts, untilting

BODY_CENTRED = np.array([[-11.7, 11.7, 6.2], [11.7, -11.7, 6.2], [11.7, 11.7, -6.2]])
"""Primitive vectors at 139, 97 and 97 degrees."""
SHEARED = np.array([[10.0, 0.0, 0.0], [17.0, 9.0, 0.0], [-23.0, 14.0, 8.0]])
HEXAGONAL = np.array([[10.0, 0.0, 0.0], [-5.0, 75**0.5, 0.0], [0.0, 0.0, 12.0]])


@pytest.mark.parametrize("cell", [BODY_CENTRED, SHEARED, SHEARED[[1, 0, 2]]], ids=["bct", "sheared", "left-handed"])
def test_an_untilted_cell_is_the_same_lattice_of_the_same_handedness(cell: np.ndarray) -> None:
    matrix = untilting(cell)
    assert tilts(cell).max() > 0.7
    assert tilts(matrix @ cell).max() <= 0.5 + 1e-9
    assert matrix.dtype == int
    assert np.linalg.det(matrix) == pytest.approx(1.0)


def test_a_cell_that_is_tilted_little_keeps_its_vectors() -> None:
    for strain in (-0.05, 0.0, 0.05):
        assert np.array_equal(untilting(HEXAGONAL + strain * HEXAGONAL[[1, 0, 2]]), np.eye(3))


def test_a_reduced_cell_has_the_shortest_vectors() -> None:
    lengths = np.linalg.norm(reduction(BODY_CENTRED) @ BODY_CENTRED, axis=1)
    assert np.sort(lengths) == pytest.approx([12.4, *np.linalg.norm(BODY_CENTRED[:2], axis=1)])


@pytest.mark.parametrize(("copies", "number"), [(1, 1), (2, 7), (3, 13), (4, 35), (6, 91)])
def test_every_sublattice_is_there_once(copies: int, number: int) -> None:
    found = list(sublattices(SHEARED, copies, shortest=0.0))
    assert len(found) == number  # sequence A001001 of the OEIS
    assert all(np.linalg.det(matrix) == pytest.approx(copies) for matrix in found)
    for first, second in combinations(found, 2):
        common = first @ np.linalg.inv(second)
        assert not np.allclose(common, np.rint(common))


def test_sublattices_with_a_short_vector_are_left_out() -> None:
    cube = 5.0 * np.eye(3)
    found = list(sublattices(cube, 8, shortest=9.0))
    assert min(np.linalg.norm(matrix @ cube, axis=1).min() for matrix in found) == pytest.approx(10.0)
    assert any(np.array_equal(np.abs(matrix), 2 * np.eye(3)) for matrix in found)
