"""All pairs of atoms within a distance in one periodic frame, every image counted (no AiiDA).

Any cell is right: triclinic, left-handed, thinner than the distance. The images that can be within reach are laid
around the cell, and trees of both groups are compared (``scipy.spatial.cKDTree``): time and memory grow with the number
of pairs.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from aiida_zif.plugins.physics.geometry import cell_heights

PAIRS_AT_ONCE = 4_000_000
"""Pairs held at a time where only their distances count."""

DENSE = 0.15
"""Atoms per Å³ of dense matter: atoms may fill a small part of the cell."""


@dataclass(frozen=True)
class NeighbourPairs:
    """Pairs (i, j, image of j), sorted by the first atom.

    :param first: index of i, shape (m,).
    :param second: index of j, shape (m,).
    :param shift: lattice vectors added to j as the positions were given, integers, shape (m, 3).
    :param vector: from i to that image of j, Å, shape (m, 3).
    :param distance: Å, shape (m,).
    """

    first: np.ndarray
    second: np.ndarray
    shift: np.ndarray
    vector: np.ndarray
    distance: np.ndarray

    def __len__(self) -> int:
        """Return the number of pairs."""
        return len(self.first)


def neighbour_pairs(
    positions: ArrayLike,
    cell: ArrayLike,
    cutoff: float,
    first: ArrayLike | None = None,
    second: ArrayLike | None = None,
) -> NeighbourPairs:
    """Return every atom of the second group, images included, that is closer than the cut-off to one of the first.

    Both directions of a pair are there if both atoms are in both groups. An atom is no neighbour of itself, but of its
    own images.

    :param positions: Å, shape (n, 3); they may lie outside the cell.
    :param cell: lattice vectors as rows, Å, shape (3, 3).
    :param cutoff: Å; a pair at exactly this distance is none.
    :param first: indices of the first group; all atoms if not given.
    :param second: indices of the second group; all atoms if not given.
    :raises ValueError: a cell without volume, a cut-off that is no length, positions that are no numbers.
    """
    from scipy.spatial import cKDTree

    points, lattice = _checked(positions, cell, cutoff)
    everything = np.arange(len(points))
    left = everything if first is None else np.asarray(first, dtype=np.intp)
    right = everything if second is None else np.asarray(second, dtype=np.intp)
    around, owners, images = _images(points[right], lattice, cutoff)
    inside, wraps = _wrapped(points[left], lattice)
    # the last word has the vector, which is the same in both directions of a pair
    found = cKDTree(inside).sparse_distance_matrix(cKDTree(around), cutoff * (1 + 1e-9), output_type="ndarray")
    i, j = left[found["i"]], right[owners[found["j"]]]
    shift = images[found["j"]] + wraps[found["i"]]
    vector = points[j] - points[i] + shift @ lattice
    distance = np.linalg.norm(vector, axis=1)
    kept = np.flatnonzero((distance < cutoff) & ((i != j) | shift.any(axis=1)))
    order = kept[np.argsort(i[kept], kind="stable")]
    return NeighbourPairs(i[order], j[order], shift[order], vector[order], distance[order])


def distance_counts(
    positions: ArrayLike, cell: ArrayLike, maximum: float, n_bins: int, first: ArrayLike, second: ArrayLike
) -> np.ndarray:
    """Return how many pairs of :func:`neighbour_pairs` have their distance in each of equal bins from 0 to a maximum.

    Pairs are looked at in parts of bounded size.

    :param maximum: Å; it may be longer than the cell.
    :returns: integers, shape (n_bins,); an atom is not counted with itself.
    """
    from scipy.spatial import cKDTree

    points, lattice = _checked(positions, cell, maximum)
    left, right = np.asarray(first, dtype=np.intp), np.asarray(second, dtype=np.intp)
    inside, _ = _wrapped(points[left], lattice)
    # parts are slabs, so that a part is near to few branches of the other tree
    inside = inside[np.argsort(inside[:, 0])]
    tree = cKDTree(_images(points[right], lattice, maximum)[0])
    density = max(len(right) / abs(np.linalg.det(lattice)), DENSE)
    expected = len(left) * min(tree.n, density * 4 / 3 * np.pi * maximum**3)
    counts = np.zeros(n_bins, dtype=np.int64)
    for part in np.array_split(inside, int(expected // PAIRS_AT_ONCE) + 1):
        found = cKDTree(part).sparse_distance_matrix(tree, maximum, output_type="ndarray")["v"]
        bins = (found * (n_bins / maximum)).astype(np.intp)
        counts += np.bincount(bins, minlength=n_bins + 1)[:n_bins]
    counts[0] -= len(np.intersect1d(left, right))
    return counts


def _wrapped(points: np.ndarray, cell: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return points within the cell, and the lattice vectors by which each was moved, subtracted."""
    fractional = points @ np.linalg.inv(cell)
    wraps = np.floor(fractional)
    return (fractional - wraps) @ cell, wraps.astype(np.intp)


def _images(points: np.ndarray, cell: np.ndarray, reach: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return all images that can be closer than ``reach`` to some point within the cell.

    A point closer than ``reach`` differs by at most reach/height along an axis.

    :returns: positions (m, 3) Å, whose images they are (m,), lattice vectors added to the points as given (m, 3).
    """
    fractional = points @ np.linalg.inv(cell)
    wraps = np.floor(fractional)
    fractional -= wraps
    margin = reach / cell_heights(cell)[0] * (1 + 1e-9) + 1e-9
    owners = np.arange(len(points))
    shifts = np.zeros((len(points), 0), dtype=np.intp)
    for axis in range(3):
        here = fractional[owners, axis]
        steps = np.arange(-int(np.ceil(margin[axis])), int(np.ceil(margin[axis])) + 1)
        moved = here[:, None] + steps[None, :]
        row, step = np.nonzero((moved >= -margin[axis]) & (moved <= 1 + margin[axis]))
        owners, shifts = owners[row], np.column_stack([shifts[row], steps[step]])
    # an image without a shift is exactly where the wrapped point is
    return fractional[owners] @ cell + shifts @ cell, owners, shifts - wraps[owners].astype(np.intp)


def _checked(positions: ArrayLike, cell: ArrayLike, cutoff: float) -> tuple[np.ndarray, np.ndarray]:
    points, lattice = np.asarray(positions, dtype=float).reshape(-1, 3), np.asarray(cell, dtype=float).reshape(3, 3)
    if not (np.isfinite(cutoff) and cutoff > 0):
        raise ValueError(f"cutoff: found {cutoff!r}; a length above zero in Å is needed")
    if not np.isfinite(points).all():
        atom = int(np.argmin(np.isfinite(points).all(axis=1)))
        raise ValueError(f"positions: atom {atom} is at {points[atom]}; every coordinate must be a number in Å")
    if not np.isfinite(lattice).all():
        raise ValueError("cell: a lattice vector is no vector of numbers; nine numbers in Å are needed")
    cell_heights(lattice)  # refuses a cell without volume
    return points, lattice
