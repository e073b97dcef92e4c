"""Distance between two configurations of the same atoms (no AiiDA)."""

from __future__ import annotations

import numpy as np

TURNS = 4
"""Times that the common translation is refined."""


def displacement_rms(positions: np.ndarray, cell: np.ndarray, others: np.ndarray, cells: np.ndarray) -> np.ndarray:
    """Return the root mean square displacement per atom between a frame and others, whatever their common translation.

    Positions are compared in fractions of their own cells and measured in that of the frame: a strain that moves
    every atom with its cell is no displacement. Every atom moves by its shortest periodic image, the atoms as a whole
    by whatever makes the sum of squares least. Found by refinement from the mean direction of all displacements, so
    that frames in which atoms have gone more than half a cell in all directions may come out farther apart than
    they are, never closer.

    :param positions: of the frame, Å, shape (n, 3).
    :param cell: lattice vectors as rows, Å, shape (3, 3).
    :param others: Å, shape (N, n, 3), the same atoms in the same order.
    :param cells: Å, shape (N, 3, 3).
    :returns: sqrt(mean over atoms of |displacement|²), Å, shape (N,).
    """
    basis = reduced_basis(cell)
    here = positions @ np.linalg.inv(basis @ cell)
    there = others @ np.linalg.inv(basis @ cells)
    moved = there - here
    direction = np.exp(2j * np.pi * moved).mean(axis=1, keepdims=True)
    moved = moved - np.angle(direction) / (2 * np.pi)
    for _ in range(TURNS):
        moved = moved - np.rint(moved)
        moved = moved - moved.mean(axis=1, keepdims=True)
    return np.asarray(np.sqrt(np.mean(np.sum((moved @ (basis @ cell)) ** 2, axis=-1), axis=-1)))


def reduced_basis(cell: np.ndarray) -> np.ndarray:
    """Return the whole numbers that make the most compact vectors of a lattice, rows, shape (3, 3).

    In these vectors rounding fractions finds the shortest image of every displacement that matters here.
    """
    from ase.geometry import minkowski_reduce

    return np.asarray(minkowski_reduce(cell)[1])
