"""Close pairs of atoms with the cell that the second one lies in, for bonds (no AiiDA)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from aiida_zif.plugins.physics.lattice import reduction


@dataclass(frozen=True)
class NeighbourPairs:
    """Pairs of atoms that are close, each image on its own.

    :param first: indices, shape (m,).
    :param second: indices, shape (m,).
    :param shift: cell of the second atom, in vectors of the cell that was given: it lies at
        ``positions[second] + shift @ cell``; shape (m, 3).
    :param vector: from the first to the second, Å, shape (m, 3).
    """

    first: np.ndarray
    second: np.ndarray
    shift: np.ndarray
    vector: np.ndarray
    distance: np.ndarray


def neighbour_pairs(
    positions: np.ndarray, cell: np.ndarray, cutoff: float, first: np.ndarray, second: np.ndarray
) -> NeighbourPairs:
    """Return all pairs of an atom of one group and an image of an atom of another that are closer than a cut-off.

    Exact in a cell of any shape and thickness: every image that comes near the cell is searched. An atom is no
    partner of itself, but of its images. A pair within one group is there twice, once from either atom.

    :param positions: Å, shape (n, 3), in any cell.
    :param cell: lattice vectors as rows, Å, shape (3, 3).
    :param first: indices of the atoms that pairs begin with.
    :param second: indices of the atoms that pairs end with.
    :param cutoff: Å.
    """
    from scipy.spatial import cKDTree

    matrix = reduction(cell)
    compact = matrix @ cell
    fractions = positions @ np.linalg.inv(compact)
    home = np.floor(fractions).astype(int)
    wrapped = fractions - home
    image_atoms, image_cells = _images(wrapped[second], compact, cutoff)
    image_positions = (wrapped[second][image_atoms] + image_cells) @ compact
    origins = wrapped[first] @ compact
    near = cKDTree(origins).sparse_distance_matrix(cKDTree(image_positions), cutoff, output_type="coo_matrix")
    one, other = first[near.row], second[image_atoms[near.col]]
    shifts = image_cells[near.col] + home[one] - home[other]
    kept = (one != other) | shifts.any(axis=1)
    vectors = image_positions[near.col] - origins[near.row]
    order = np.lexsort((*shifts.T, other, one))
    order = order[kept[order]]
    one, other, shifts, vectors = one[order], other[order], (shifts @ matrix)[order], vectors[order]
    return NeighbourPairs(one, other, shifts, vectors, np.linalg.norm(vectors, axis=1))


def _images(wrapped: np.ndarray, cell: np.ndarray, reach: float) -> tuple[np.ndarray, np.ndarray]:
    """Return atoms and cells (m,), (m, 3) of all images within ``reach`` of the cell; ``wrapped`` is in [0, 1)."""
    margin = reach * np.linalg.norm(np.linalg.inv(cell), axis=0) + 1e-9
    atoms, cells = np.arange(len(wrapped)), np.zeros((len(wrapped), 3), dtype=int)
    for axis in range(3):
        limit = int(np.ceil(margin[axis]))
        steps = np.arange(-limit, limit + 1)
        along = wrapped[atoms, axis][:, None] + steps[None, :]
        row, column = np.nonzero((along > -margin[axis]) & (along < 1 + margin[axis]))
        atoms, cells = atoms[row], cells[row]
        cells[:, axis] += steps[column]
    return atoms, cells
