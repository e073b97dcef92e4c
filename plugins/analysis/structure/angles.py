"""Coordination of single atoms, bond angles and tetrahedral order in frames (no AiiDA).

Frames share one order of atoms: positions (N, n, 3) Å, cells (N, 3, 3) Å with lattice vectors as rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from aiida_zif.plugins.analysis.errors import Estimate, combine
from aiida_zif.plugins.analysis.structure.neighbours import NeighbourPairs, neighbour_pairs


@dataclass(frozen=True)
class Angles:
    """Angles found in the frames of one trajectory.

    :param degrees: shape (m,).
    :param frame: in which frame each was found, shape (m,).
    :param n_frames: number of frames that were looked at.
    """

    degrees: np.ndarray
    frame: np.ndarray
    n_frames: int

    def moments(self, power: int = 1, about: float = 0.0) -> np.ndarray:
        """Return the mean of (angle - about)^power in each frame that holds an angle, shape (≤ N,)."""
        count = np.bincount(self.frame, minlength=self.n_frames)
        total = np.bincount(self.frame, weights=(self.degrees - about) ** power, minlength=self.n_frames)
        return total[count > 0] / count[count > 0]

    def density(self, edges: np.ndarray) -> np.ndarray:
        """Return the probability per degree of each frame that holds an angle, shape (≤ N, K), in bins (K + 1,)."""
        n_bins = len(edges) - 1
        bins = np.clip(np.searchsorted(edges, self.degrees, side="right") - 1, 0, n_bins - 1)
        counts = np.bincount(self.frame * n_bins + bins, minlength=self.n_frames * n_bins).reshape(-1, n_bins)
        total = counts.sum(axis=1, keepdims=True)
        kept = total[:, 0] > 0
        return np.asarray(counts[kept] / total[kept] / np.diff(edges))


def element_pairs(
    symbols: Sequence[str], positions: np.ndarray, cell: np.ndarray, centre: str, neighbour: str, cutoff: float
) -> NeighbourPairs:
    """Return the atoms of one element that are closer than a cut-off to those of another, in one frame."""
    names = np.asarray(symbols)
    first, second = np.flatnonzero(names == centre), np.flatnonzero(names == neighbour)
    for element, atoms in ((centre, first), (neighbour, second)):
        if not len(atoms):
            raise ValueError(f"element: found {element}; the frames hold {', '.join(sorted(set(symbols)))}")
    return neighbour_pairs(positions, cell, cutoff, first, second)


def coordination_counts(
    symbols: Sequence[str], positions: ArrayLike, cells: ArrayLike, centre: str, neighbour: str, cutoff: float
) -> np.ndarray:
    """Return the number of neighbours of every central atom in every frame, integers, shape (N, number of centres).

    :param centre: element of the central atoms, such as Zn.
    :param neighbour: element of the neighbours, such as N.
    :param cutoff: Å.
    """
    members = np.flatnonzero(np.asarray(symbols) == centre)
    counts = [
        np.bincount(element_pairs(symbols, frame, cell, centre, neighbour, cutoff).first, minlength=len(symbols))[
            members
        ]
        for frame, cell in _frames(symbols, positions, cells)
    ]
    return np.array(counts)


def coordination_shares(replicas: Sequence[np.ndarray], up_to: int = 6) -> Estimate:
    """Return the shares of centres with 0, 1, … neighbours, with standard errors, each of shape (up_to + 1,).

    :param replicas: of :func:`coordination_counts`, one a replica.
    :param up_to: the last share is that of centres with this many neighbours or more.
    """
    numbers = np.arange(up_to + 1)
    return combine([(np.minimum(one, up_to)[:, :, None] == numbers).mean(axis=1) for one in replicas])


def bond_angles(
    symbols: Sequence[str], positions: ArrayLike, cells: ArrayLike, centre: str, neighbour: str, cutoff: float
) -> Angles:
    """Return all angles neighbour–centre–neighbour.

    :param cutoff: longest distance between a centre and its neighbour, Å.
    """
    found: list[np.ndarray] = []
    frames = list(_frames(symbols, positions, cells))
    for frame, cell in frames:
        pairs = element_pairs(symbols, frame, cell, centre, neighbour, cutoff)
        found.append(np.concatenate([np.zeros(0), *(_between(group).ravel() for group in _by_size(pairs))]))
    return Angles(np.concatenate(found), np.repeat(np.arange(len(frames)), [len(one) for one in found]), len(frames))


def bridge_angles(centres: Sequence[np.ndarray], ends: Sequence[np.ndarray]) -> Angles:
    """Return the angles end–centre–end of bridges with known centres, such as Zn–(ring centre)–Zn.

    :param centres: of each frame, Å, shape (m, 3).
    :param ends: the two ends of each bridge, in the images that belong to the centre, Å, shape (m, 2, 3).
    """
    found = [np.asarray(end) - np.asarray(centre)[:, None, :] for centre, end in zip(centres, ends, strict=True)]
    degrees = [_between(vectors)[:, 0] if len(vectors) else np.zeros(0) for vectors in found]
    frame = np.repeat(np.arange(len(found)), [len(one) for one in degrees])
    return Angles(np.concatenate([np.zeros(0), *degrees]), frame, len(found))


def tetrahedral_order(
    symbols: Sequence[str], positions: ArrayLike, cells: ArrayLike, centre: str, neighbour: str, reach: float
) -> np.ndarray:
    """Return q of every central atom in every frame, shape (N, number of centres).

    q = 1 - 3/8 Σ (cos ψ + 1/3)² over the six angles between the four nearest neighbours: 1 in an ideal tetrahedron, 0
    in the mean of random directions (Errington and Debenedetti, Nature 409, 318 (2001)).

    :param reach: where neighbours are looked for, Å; a centre with fewer than four within it has NaN. With the cut-off
        of a bond, q is that of centres with four bonds or more; with a long reach, that of all centres.
    """
    members = np.flatnonzero(np.asarray(symbols) == centre)
    order: list[np.ndarray] = []
    for frame, cell in _frames(symbols, positions, cells):
        pairs = element_pairs(symbols, frame, cell, centre, neighbour, reach)
        sorted_pairs = np.lexsort((pairs.distance, pairs.first))
        first, vector = pairs.first[sorted_pairs], pairs.vector[sorted_pairs]
        rank = np.arange(len(first)) - np.searchsorted(first, first)
        enough = np.bincount(first, minlength=len(symbols))[first] >= 4
        nearest = vector[enough & (rank < 4)].reshape(-1, 4, 3)
        values = np.full(len(symbols), np.nan)
        cosines = np.cos(np.radians(_between(nearest)))
        values[np.unique(first[enough])] = 1 - 3 / 8 * np.sum((cosines + 1 / 3) ** 2, axis=1)
        order.append(values[members])
    return np.array(order)


def mean_angle(replicas: Sequence[Angles]) -> Estimate:
    """Return the mean angle with its standard error, degrees."""
    return combine([one.moments() for one in _with_angles(replicas)])


def angle_width(replicas: Sequence[Angles]) -> Estimate:
    """Return the standard deviation of the angles about their mean with its standard error, degrees."""
    about = float(mean_angle(replicas).mean)
    variance = combine([one.moments(2, about) for one in _with_angles(replicas)])
    width = float(variance.mean) ** 0.5
    error = variance.error / (2 * width) if width > 0 else variance.error
    return Estimate(width, error, variance.n, variance.freedom, variance.error_from, variance.remark)


def mean_order(replicas: Sequence[np.ndarray]) -> Estimate:
    """Return the mean of q over the centres that have one, with its standard error.

    :param replicas: of :func:`tetrahedral_order`, one a replica.
    :raises ValueError: a frame has no centre with four neighbours.
    """
    if any(np.isnan(one).all(axis=1).any() for one in replicas):
        raise ValueError("tetrahedral order: a frame has no centre with four neighbours; look farther for them")
    return combine([np.nanmean(one, axis=1) for one in replicas])


def angle_distribution(replicas: Sequence[Angles], edges: np.ndarray) -> Estimate:
    """Return the probability per degree with its standard error, each of shape (K,), in bins with edges (K + 1,)."""
    return combine([one.density(edges) for one in _with_angles(replicas)])


def _with_angles(replicas: Sequence[Angles]) -> Sequence[Angles]:
    for index, one in enumerate(replicas):
        if not len(one.degrees):
            raise ValueError(f"angles: replica {index} holds none; a longer cut-off finds more neighbours")
    return replicas


def _between(vectors: np.ndarray) -> np.ndarray:
    """Return the angles between every two of k vectors, degrees, shape (m, k (k - 1)/2)."""
    units = vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)
    a, b = np.triu_indices(vectors.shape[1], 1)
    return np.degrees(np.arccos(np.clip(np.sum(units[:, a] * units[:, b], axis=-1), -1.0, 1.0)))


def _by_size(pairs: NeighbourPairs) -> list[np.ndarray]:
    """Return the vectors of centres with k ≥ 2 neighbours, shape (m, k, 3), for each k that occurs."""
    _, counts = np.unique(pairs.first, return_counts=True)
    of_pair = np.repeat(counts, counts)
    return [pairs.vector[of_pair == k].reshape(-1, k, 3) for k in np.unique(counts) if k >= 2]


def _frames(symbols: Sequence[str], positions: ArrayLike, cells: ArrayLike) -> list[tuple[np.ndarray, np.ndarray]]:
    frames = np.asarray(positions, dtype=float).reshape(-1, len(symbols), 3)
    return list(zip(frames, np.asarray(cells, dtype=float).reshape(-1, 3, 3), strict=True))
