"""Periodic geometry against brute force over many images and against closed forms."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from aiida_zif.plugins.physics import geometry

SKEWED = np.array([[4.0, 0.0, 0.0], [1.9, 4.5, 0.0], [-1.5, 2.0, 5.0]])


def brute_force_vectors(frame: np.ndarray, cell: np.ndarray, images: int = 4) -> np.ndarray:
    """All vectors between atoms of the cell and atoms of its images, shape (n, n, images³, 3)."""
    shifts = np.array(list(itertools.product(range(-images, images + 1), repeat=3))) @ cell
    return frame[None, :, None] - frame[:, None, None] + shifts


@pytest.fixture
def crowd() -> tuple[list[str], np.ndarray, np.ndarray]:
    """Three frames of eight atoms in a strongly skewed cell, partly outside of it."""
    rng = np.random.default_rng(1)
    return ["Zn", "N", "N", "C", "C", "C", "H", "H"], rng.uniform(-6, 6, (3, 8, 3)), np.tile(SKEWED, (3, 1, 1))


def test_height_of_an_orthogonal_cell_is_its_edge() -> None:
    assert geometry.cell_heights(np.diag([3.0, 4.0, 5.0])) == pytest.approx(np.array([[3.0, 4.0, 5.0]]))


def test_height_of_a_skewed_cell_is_volume_over_face() -> None:
    faces = [np.linalg.norm(np.cross(SKEWED[(i + 1) % 3], SKEWED[(i + 2) % 3])) for i in range(3)]
    expected = geometry.volumes(SKEWED)[0] / np.array(faces)
    assert geometry.cell_heights(SKEWED)[0] == pytest.approx(expected)


def test_flat_cell_is_refused_by_frame() -> None:
    cells = [np.eye(3) * 5, np.array([[1.0, 0, 0], [2.0, 0, 0], [0, 0, 1.0]])]
    with pytest.raises(ValueError, match="frame 1 has no volume"):
        geometry.cell_heights(cells)


def test_density_of_diamond() -> None:
    assert geometry.densities(["C"] * 8, np.eye(3) * 3.567)[0] == pytest.approx(3.516, abs=2e-3)


def test_deuterium_makes_ice_heavier() -> None:
    light, heavy = (geometry.densities(["O", "H", "H"], np.eye(3) * 3.1, flag)[0] for flag in (False, True))
    assert heavy / light == pytest.approx((15.999 + 2 * 2.014) / 18.015, abs=1e-4)


def test_minimum_distances_agree_with_brute_force(crowd: tuple[list[str], np.ndarray, np.ndarray]) -> None:
    symbols, positions, cells = crowd
    found = geometry.minimum_distances(symbols, positions, cells)
    for index in range(3):
        distances = np.linalg.norm(brute_force_vectors(positions[index], cells[index]), axis=-1)
        distances[distances < 1e-9] = np.inf
        for (a, b), values in found.items():
            rows, columns = [[i for i, s in enumerate(symbols) if s == element] for element in (a, b)]
            assert values[index] == pytest.approx(distances[np.ix_(rows, columns)].min()), (a, b)


def test_lonely_atom_is_closest_to_its_own_image() -> None:
    found = geometry.minimum_distances(["Zn"], np.zeros((1, 1, 3)), np.diag([4.0, 7.0, 9.0]))
    assert found["Zn", "Zn"] == pytest.approx([4.0])


def test_distance_across_a_boundary_is_short() -> None:
    positions = np.array([[[0.2, 0, 0], [9.7, 0, 0]]])
    assert geometry.minimum_distances(["C", "H"], positions, np.eye(3) * 10)["C", "H"] == pytest.approx([0.5])


@pytest.mark.parametrize("rcut", [1.5, 3.0, 6.0])
def test_neighbour_counts_agree_with_brute_force(crowd: tuple[list[str], np.ndarray, np.ndarray], rcut: float) -> None:
    """6 Å is larger than every height of the cell: atoms then have images of themselves as neighbours."""
    symbols, positions, cells = crowd
    found = geometry.neighbour_counts(symbols, positions, cells, rcut, ["H", "C", "N", "Zn", "O"])
    for index in range(3):
        distances = np.linalg.norm(brute_force_vectors(positions[index], cells[index]), axis=-1)
        near = ((distances < rcut) & (distances > 1e-9)).sum(axis=-1)
        for column, element in enumerate(["H", "C", "N", "Zn"]):
            members = [i for i, symbol in enumerate(symbols) if symbol == element]
            assert found[index, column] == near[:, members].sum(axis=1).max(), element
    assert (found[:, 4] == 0).all()


def test_neighbours_of_a_simple_cubic_lattice() -> None:
    counts = geometry.neighbour_counts(["Zn"], np.zeros((1, 1, 3)), np.eye(3) * 3.0, 3.1)
    assert counts.tolist() == [[6]]
    assert geometry.neighbour_counts(["Zn"], np.zeros((1, 1, 3)), np.eye(3) * 3.0, 4.3).tolist() == [[18]]
