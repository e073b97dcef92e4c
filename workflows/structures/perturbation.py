"""Strained and rattled copies of a structure (no AiiDA)."""

from __future__ import annotations

import numpy as np


def perturbed_frames(
    positions: np.ndarray, cell: np.ndarray, n_frames: int, displacement: float, strain: float, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Strain the cell at random and displace every atom at random.

    Each frame gets a symmetric strain whose six components are uniform in [-strain, strain] and Gaussian
    displacements of standard deviation ``displacement`` in every coordinate.

    :param positions: Å, shape (n, 3).
    :param cell: lattice vectors as rows in Å, shape (3, 3).
    :param n_frames: number of frames N.
    :param displacement: Å.
    :param strain: dimensionless, 0.02 for 2 %.
    :param seed: of NumPy's default generator.
    :returns: positions (N, n, 3) and cells (N, 3, 3) in Å.
    """
    rng = np.random.default_rng(seed)
    random_strain = rng.uniform(-strain, strain, size=(n_frames, 3, 3))
    deformation = np.eye(3) + 0.5 * (random_strain + random_strain.transpose(0, 2, 1))
    noise = rng.normal(scale=displacement, size=(n_frames, *positions.shape))
    return positions @ deformation + noise, cell @ deformation


def smallest_heights(cell: np.ndarray, strain: float) -> np.ndarray:
    """Return the smallest distances between opposite faces in Å that a cell may have after :func:`perturbed_frames`.

    Of all strains within the bounds, that one brings two faces closest whose components all pull along their normal.

    :param cell: lattice vectors as rows in Å, shape (3, 3).
    :param strain: as there.
    :returns: of each pair of faces, shape (3,).
    """
    normals = np.linalg.inv(cell).T  # one a row, of length 1/height
    signs = np.where(normals < 0, -1.0, 1.0)
    deformations = np.eye(3) - strain * signs[:, :, None] * signs[:, None, :]
    return np.asarray(1.0 / np.linalg.norm(np.linalg.solve(deformations, normals[:, :, None]), axis=1).ravel())


def smallest_height(cell: np.ndarray, strain: float) -> float:
    """Return the smallest of :func:`smallest_heights` in Å."""
    return float(smallest_heights(cell, strain).min())
