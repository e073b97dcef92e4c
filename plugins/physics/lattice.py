"""Other vectors of a lattice, and lattices that are part of another: integer matrices (no AiiDA).

Cells are lattice vectors as rows in Å. A matrix M of integers turns a cell into ``M @ cell``. Where its determinant is
1 the lattice stays the same, and no position has to change.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike

MOST_TILTED = 0.6
"""A cell that is tilted by more, as a share of the length that it tilts along, gets other vectors in LAMMPS. Half is
what any lattice can do with; a hexagonal cell that is strained must not change its vectors."""


def reduction(cell: ArrayLike) -> np.ndarray:
    """Return the matrix of determinant 1 that turns a cell into a Minkowski-reduced one, its shortest vectors.

    P. Q. Nguyen and D. Stehlé, ACM Trans. Algorithms 2009, 5(4), 46, as ASE implements it.

    :param cell: Å, shape (3, 3).
    """
    from ase.geometry import minkowski_reduce

    matrix = np.asarray(minkowski_reduce(np.asarray(cell, dtype=float))[1], dtype=int)
    return matrix if np.linalg.det(matrix) > 0 else -matrix


def untilting(cell: ArrayLike) -> np.ndarray:
    """Return the matrix of determinant 1 after which no tilt factor is above half the length that it tilts along.

    A cell whose tilt factors are all below :data:`MOST_TILTED` stays as it is.

    :param cell: Å, shape (3, 3), right- or left-handed.
    """
    cell = np.asarray(cell, dtype=float)
    if tilts(cell).max() <= MOST_TILTED:
        return np.eye(3, dtype=int)
    matrix = reduction(cell)
    for row, along in ((1, 0), (2, 1), (2, 0)):
        h = _lower_triangular(matrix @ cell)
        matrix[row] -= int(np.rint(h[row, along] / h[along, along])) * matrix[along]
    return matrix


def tilts(cell: ArrayLike) -> np.ndarray:
    """Return |xy/lx|, |xz/lx| and |yz/ly| of a cell that was rotated to be lower triangular, shape (3,)."""
    h = _lower_triangular(np.asarray(cell, dtype=float))
    return np.abs([h[1, 0] / h[0, 0], h[2, 0] / h[0, 0], h[2, 1] / h[1, 1]])


def sublattices(cell: ArrayLike, copies: int, shortest: float) -> Iterator[np.ndarray]:
    """Yield the matrices of all lattices of ``copies`` cells that hold no vector shorter than ``shortest``.

    They are the Hermite normal forms of that determinant (G. L. W. Hart and R. W. Forcade, Phys. Rev. B 2008, 77,
    224115), each followed by a reduction.

    :param cell: Å, shape (3, 3).
    :param copies: cells in one cell of the new lattice.
    :param shortest: Å.
    """
    base = reduction(cell)
    reduced = base @ np.asarray(cell, dtype=float)
    near = _short_vectors(reduced, shortest)
    for form in _hermite_forms(copies):
        inside = near @ np.linalg.inv(form)
        if not (np.abs(inside - np.rint(inside)) < 1e-6).all(axis=1).any():
            yield reduction(form @ reduced) @ form @ base


def _short_vectors(cell: np.ndarray, length: float) -> np.ndarray:
    """All vectors of a lattice, but zero, shorter than a length, in units of its cell, shape (m, 3)."""
    heights = 1.0 / np.linalg.norm(np.linalg.inv(cell), axis=0)
    limits = np.floor(length / heights).astype(int)
    every = np.stack(np.meshgrid(*(np.arange(-limit, limit + 1) for limit in limits), indexing="ij"), axis=-1)
    vectors = every.reshape(-1, 3)
    return vectors[(np.linalg.norm(vectors @ cell, axis=1) < length) & vectors.any(axis=1)]


def _hermite_forms(determinant: int) -> Iterator[np.ndarray]:
    for a in (a for a in range(1, determinant + 1) if determinant % a == 0):
        for d in (d for d in range(1, determinant // a + 1) if (determinant // a) % d == 0):
            f = determinant // (a * d)
            for b, c, e in np.ndindex(d, f, f):
                yield np.array([[a, b, c], [0, d, e], [0, 0, f]])


def _lower_triangular(cell: np.ndarray) -> np.ndarray:
    return np.asarray(np.linalg.cholesky(cell @ cell.T))
