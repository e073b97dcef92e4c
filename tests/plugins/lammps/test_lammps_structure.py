"""A frame as LAMMPS wants it."""

from __future__ import annotations

import numpy as np
import pytest

from aiida_zif.plugins.lammps.structure import data_file, masses, own_vectors, restricted_frame

CELL = np.array([[6.0, 0.3, -1.0], [1.0, 7.0, 0.5], [-2.0, 0.7, 8.0]])


def distances(positions: np.ndarray, cell: np.ndarray) -> np.ndarray:
    """Distances of all pairs in the home cell and to all images next to it."""
    images = np.array(list(np.ndindex(3, 3, 3))) - 1
    return np.linalg.norm(positions[:, None, None] - positions[None, :, None] + images @ cell, axis=-1)


@pytest.mark.parametrize("cell", [CELL, CELL[[1, 0, 2]]], ids=["right-handed", "left-handed"])
def test_rotation_keeps_every_distance(cell: np.ndarray) -> None:
    positions = 9.0 * np.random.default_rng(0).random((5, 3))
    rotated, restricted = restricted_frame(positions, cell)
    assert np.allclose(restricted, np.tril(restricted))
    assert (np.diagonal(restricted) > 0).all()
    assert np.allclose(distances(rotated, restricted), distances(positions, cell))


def test_restricted_cell_stays_as_it_is() -> None:
    cell = np.array([[5.0, 0, 0], [1.0, 6.0, 0], [-1.0, 2.0, 7.0]])
    positions = np.array([[1.0, 2.0, 3.0]])
    rotated, restricted = restricted_frame(positions, cell)
    assert np.allclose(rotated, positions)
    assert np.allclose(restricted, cell)


def test_flat_cell_is_refused() -> None:
    with pytest.raises(ValueError, match="cell with a volume"):
        restricted_frame(np.zeros((1, 3)), CELL[[0, 0, 1]])


def test_deuterium_changes_hydrogen_only() -> None:
    light, heavy = masses(["H", "Zn"]), masses(["H", "Zn"], deuterium=True)
    assert light == pytest.approx([1.008, 65.38], abs=1e-3)
    assert heavy == pytest.approx([2.0141, light[1]], abs=1e-4)


def test_data_file_has_types_in_the_order_of_the_model() -> None:
    text = data_file(["Zn", "H"], [[0, 0, 0], [1, 2, 3]], [[5, 0, 0], [1, 6, 0], [0, 0, 7]], ["H", "Zn"], [1.0, 65.0])
    assert text.splitlines() == [
        "atoms and cell in Angstrom, rotated to a lower triangular cell",
        "",
        "2 atoms",
        "2 atom types",
        "",
        "0.0 5.000000000000 xlo xhi",
        "0.0 6.000000000000 ylo yhi",
        "0.0 7.000000000000 zlo zhi",
        "1.000000000000 0.000000000000 0.000000000000 xy xz yz",
        "",
        "Masses",
        "",
        "1 1.00000000  # H",
        "2 65.00000000  # Zn",
        "",
        "Atoms  # atomic",
        "",
        "1 2 0.0000000000 0.0000000000 0.0000000000",
        "2 1 1.0000000000 2.0000000000 3.0000000000",
    ]


def test_a_strongly_tilted_cell_is_written_by_other_vectors_of_its_lattice() -> None:
    cell = np.array([[-11.7, 11.7, 6.2], [11.7, -11.7, 6.2], [23.4, 23.4, -12.4]])
    positions = 30.0 * np.random.default_rng(0).random((5, 3))
    text = data_file(["Zn"] * 5, positions, cell, ["Zn"], [65.4]).split("\n")
    lengths = [float(line.split()[1]) for line in text[5:8]]
    xy, xz, yz = map(float, text[8].split()[:3])
    assert max(abs(xy) / lengths[0], abs(xz) / lengths[0], abs(yz) / lengths[1]) <= 0.5 + 1e-9
    h = np.array([[lengths[0], 0.0, 0.0], [xy, lengths[1], 0.0], [xz, yz, lengths[2]]])
    back = np.array(own_vectors(cell)) @ h
    assert np.allclose(back @ back.T, cell @ cell.T)
    written = np.array([line.split()[2:] for line in text[-6:-1]], dtype=float)
    assert np.allclose(written @ np.linalg.inv(back), positions @ np.linalg.inv(cell))


def test_a_cell_that_is_tilted_little_is_its_own_in_lammps() -> None:
    assert own_vectors(CELL) is None
