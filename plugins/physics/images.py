"""Nearest images of short vectors in frames of any cell (no AiiDA)."""

from __future__ import annotations

import numpy as np

from .lattice import reduction


def nearest_images(vectors: np.ndarray, cells: np.ndarray, longest: float) -> np.ndarray:
    """Return the images of vectors that are shortest, exact for all that come out no longer than ``longest``.

    Rounding fractions finds the image that is shorter than half of every height of the cell. Each cell is therefore
    reduced first, and refused if that does not make it thick enough.

    :param vectors: Å, shape (N, ..., 3).
    :param cells: lattice vectors as rows, Å, shape (N, 3, 3).
    :param longest: Å.
    :raises ValueError: a cell is thinner than twice ``longest`` in any choice of vectors.
    """
    compact = compact_cells(cells, longest)
    shape = (len(vectors), -1, 3)
    fractions = vectors.reshape(shape) @ np.linalg.inv(compact)
    return np.asarray(((fractions - np.rint(fractions)) @ compact).reshape(vectors.shape))


def compact_cells(cells: np.ndarray, longest: float) -> np.ndarray:
    """Return the cells with other vectors of the same lattices, each thicker than twice ``longest``.

    :param cells: Å, shape (N, 3, 3).
    :raises ValueError: there are no such vectors.
    """
    if not len(cells):
        return cells
    compact = reduction(cells[0]) @ cells
    for index in np.flatnonzero(_heights(compact).min(axis=1) <= 2 * longest):
        compact[index] = reduction(cells[index]) @ cells[index]
        thickness = float(_heights(compact[index]).min())
        if thickness <= 2 * longest:
            raise ValueError(
                f"cells: frame {index} is {thickness:.2f} Å thick, more than {2 * longest:g} Å are needed; "
                "repeat the cell along its short direction"
            )
    return compact


def _heights(cells: np.ndarray) -> np.ndarray:
    """Distances between opposite faces, Å, shape (..., 3); columns of the inverse are the reciprocal vectors."""
    return np.asarray(1.0 / np.linalg.norm(np.linalg.inv(cells), axis=-2))
