"""Perturbed frames have the strain and the displacements that were asked for."""

import numpy as np
import pytest

from aiida_zif.plugins.physics.geometry import cell_heights
from aiida_zif.workflows.structures.perturbation import perturbed_frames, smallest_height

CELL = np.diag([10.0, 12.0, 14.0])
POSITIONS = np.random.default_rng(0).uniform(0.0, 10.0, size=(400, 3))


def test_without_displacement_fractional_coordinates_are_kept() -> None:
    frames, cells = perturbed_frames(POSITIONS, CELL, 5, displacement=0.0, strain=0.05, seed=1)
    fractional = np.einsum("fai,fij->faj", frames, np.linalg.inv(cells))
    assert np.allclose(fractional, POSITIONS @ np.linalg.inv(CELL))


def test_strain_is_symmetric_and_bounded() -> None:
    _, cells = perturbed_frames(POSITIONS, CELL, 50, displacement=0.0, strain=0.02, seed=1)
    strain = np.linalg.inv(CELL) @ cells - np.eye(3)
    assert np.allclose(strain, strain.transpose(0, 2, 1))
    assert 0.01 < np.abs(strain).max() <= 0.02


def test_displacements_have_the_asked_for_deviation() -> None:
    frames, _ = perturbed_frames(POSITIONS, CELL, 20, displacement=0.08, strain=0.0, seed=1)
    assert abs(np.std(frames - POSITIONS) - 0.08) < 0.002


def test_the_same_seed_gives_the_same_frames() -> None:
    first, second, other = (perturbed_frames(POSITIONS, CELL, 2, 0.1, 0.02, seed)[0] for seed in (7, 7, 8))
    assert np.array_equal(first, second)
    assert not np.allclose(first, other)


def test_no_strained_cell_is_thinner_than_the_smallest_height_and_some_come_close() -> None:
    skewed = np.array([[9.98, 0.0, 0.0], [0.98, 9.94, 0.0], [-5.48, -4.97, 6.7]])
    for cell in (CELL, skewed):
        _, cells = perturbed_frames(POSITIONS[:1], cell, 20000, displacement=0.0, strain=0.03, seed=3)
        thinnest, bound = cell_heights(cells).min(), smallest_height(cell, 0.03)
        assert bound <= thinnest < 1.01 * bound
    assert smallest_height(CELL, 0.0) == pytest.approx(10.0)
