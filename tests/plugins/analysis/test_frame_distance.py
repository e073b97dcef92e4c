"""Distances between frames of the same atoms."""

from __future__ import annotations

import numpy as np
import pytest

from aiida_zif.plugins.analysis.frame_distance import displacement_rms

RNG = np.random.default_rng(1)
CELL = np.array([[9.0, 0, 0], [2.0, 8.0, 0], [-3.0, 1.0, 7.0]])
FRAME = RNG.random((20, 3)) @ CELL


def distance(other: np.ndarray, cell: np.ndarray = CELL) -> float:
    return float(displacement_rms(FRAME, CELL, other[None], cell[None])[0])


def test_a_frame_is_nowhere_but_where_it_is() -> None:
    assert distance(FRAME) == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize("shift", [[0.3, 0, 0], [4.4, -3.9, 3.6], [100.0, 0.0, -50.0]])
def test_a_rigid_translation_is_no_displacement(shift: list[float]) -> None:
    assert distance(FRAME + shift) == pytest.approx(0.0, abs=1e-10)


def test_another_image_of_any_atom_is_the_same_atom() -> None:
    images = RNG.integers(-3, 4, size=(20, 3)) @ CELL
    assert distance(FRAME + images + [1.0, 2.0, 3.0]) == pytest.approx(0.0, abs=1e-10)


def test_random_displacements_count_without_their_mean() -> None:
    moves = 0.2 * RNG.normal(size=(20, 3))
    expected = np.sqrt(np.mean(np.sum((moves - moves.mean(axis=0)) ** 2, axis=1)))
    wrapped = (FRAME + moves + [3.0, 3.0, 3.0]) @ np.linalg.inv(CELL) % 1.0 @ CELL
    assert distance(wrapped) == pytest.approx(expected, rel=1e-10)


def test_a_single_atom_that_moves_is_seen() -> None:
    other = FRAME.copy()
    other[3, 0] += 1.0
    assert distance(other) == pytest.approx(np.sqrt((1 - 1 / 20) / 20), rel=1e-10)


def test_a_strain_that_moves_all_atoms_with_the_cell_is_no_displacement() -> None:
    strain = np.eye(3) + 0.02 * RNG.normal(size=(3, 3))
    assert distance(FRAME @ strain, CELL @ strain) == pytest.approx(0.0, abs=1e-10)


def test_the_way_in_which_a_lattice_is_written_does_not_matter() -> None:
    skewed = np.array([[1, 0, 0], [3, 1, 0], [-2, 2, 1]]) @ CELL
    other = FRAME + 0.5 * RNG.normal(size=FRAME.shape)
    one = displacement_rms(FRAME, CELL, other[None], CELL[None])
    assert displacement_rms(FRAME, skewed, other[None], skewed[None]) == pytest.approx(one, rel=1e-9)


def test_no_translation_of_a_fine_search_does_better() -> None:
    other = FRAME + 0.4 * RNG.normal(size=FRAME.shape) + [1.3, -0.7, 0.2]
    fractions = (other - FRAME) @ np.linalg.inv(CELL)
    best = np.inf
    for shift in RNG.random((4000, 3)):
        moved = fractions - shift
        moved -= np.rint(moved)
        moved -= moved.mean(axis=0)
        best = min(best, float(np.sqrt(np.mean(np.sum((moved @ CELL) ** 2, axis=1)))))
    assert distance(other) <= best + 1e-9
