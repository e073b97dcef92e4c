"""Periodic geometry of frames in plain NumPy: heights, densities, shortest distances, neighbours (no AiiDA).

Frames share one order of atoms: positions (N, n, 3) Å, cells (N, 3, 3) Å with lattice vectors as rows. Every
distance is exact for any cell: images are summed wherever the minimum-image convention would not be enough.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import ArrayLike

AMU_PER_A3_IN_G_PER_CM3 = 1.66053906892
"""1 u/Å³ in g/cm³ (CODATA 2022)."""

PairDistances = dict[tuple[str, str], np.ndarray]


def volumes(cells: ArrayLike) -> np.ndarray:
    """Return the volume of each cell in Å³, shape (N,).

    :param cells: lattice vectors as rows in Å, shape (N, 3, 3).
    """
    return np.abs(np.linalg.det(_cells(cells)))


def cell_heights(cells: ArrayLike) -> np.ndarray:
    """Return the distances between opposite faces in Å, shape (N, 3).

    :param cells: lattice vectors as rows in Å, shape (N, 3, 3).
    :raises ValueError: a cell has no volume.
    """
    lattice = _cells(cells)
    if np.any(volumes(lattice) < 1e-6):
        raise ValueError(
            f"cells: frame {int(np.argmin(volumes(lattice)))} has no volume; "
            "three linearly independent lattice vectors are needed, give the frame its full cell"
        )
    # the rows of the inverse transpose are the reciprocal vectors, of length 1/height
    return 1.0 / np.linalg.norm(np.linalg.inv(lattice), axis=1)


def densities(symbols: Sequence[str], cells: ArrayLike, deuterium: bool = False) -> np.ndarray:
    """Return the mass density of each frame in g/cm³, shape (N,).

    :param symbols: chemical symbols, shape (n,).
    :param cells: lattice vectors as rows in Å, shape (N, 3, 3).
    :param deuterium: give every H the mass of ²H.
    """
    from ase.data import atomic_masses, atomic_numbers

    masses = {symbol: float(atomic_masses[atomic_numbers[symbol]]) for symbol in set(symbols)}
    if deuterium and "H" in masses:
        masses["H"] = 2.014
    return sum(masses[symbol] for symbol in symbols) * AMU_PER_A3_IN_G_PER_CM3 / volumes(cells)


def minimum_distances(symbols: Sequence[str], positions: ArrayLike, cells: ArrayLike) -> PairDistances:
    """Return the shortest distance of every pair of elements in every frame.

    An atom and its own periodic images count as a pair, so that every value is finite.

    :param symbols: chemical symbols, shape (n,).
    :param positions: Å, shape (N, n, 3).
    :param cells: lattice vectors as rows in Å, shape (N, 3, 3).
    :returns: for each pair of elements (alphabetical) an array of shape (N,) in Å.
    """
    coordinates, lattice = _frames(symbols, positions, cells)
    members = _members(symbols)
    pairs = [(a, b) for a in sorted(members) for b in sorted(members) if a <= b]
    result: PairDistances = {pair: np.empty(len(lattice)) for pair in pairs}
    for index, (frame, cell) in enumerate(zip(coordinates, lattice, strict=True)):
        for pair, distance in _frame_minima(frame, cell, members, pairs).items():
            result[pair][index] = distance
    return result


def neighbour_counts(
    symbols: Sequence[str],
    positions: ArrayLike,
    cells: ArrayLike,
    rcut: float,
    elements: Sequence[str] | None = None,
) -> np.ndarray:
    """Return the largest number of neighbours of each element that any atom of a frame has.

    This is what ``sel`` of a deep potential must hold. Periodic images count one by one.

    :param symbols: chemical symbols, shape (n,).
    :param positions: Å, shape (N, n, 3).
    :param cells: lattice vectors as rows in Å, shape (N, 3, 3).
    :param rcut: radius in Å.
    :param elements: order of the second dimension; the sorted elements of the frame if not given.
    :returns: integers, shape (N, number of elements); zero for an element that is absent.
    """
    coordinates, lattice = _frames(symbols, positions, cells)
    members = _members(symbols)
    order = list(elements) if elements is not None else sorted(members)
    counts = np.zeros((len(lattice), len(order)), dtype=int)
    for index, (frame, cell) in enumerate(zip(coordinates, lattice, strict=True)):
        near = sum(
            ((squared < rcut**2).astype(np.int32) for squared in squared_distances(frame, cell, rcut)),
            start=np.zeros((len(frame), len(frame)), dtype=np.int32),
        )
        for column, element in enumerate(order):
            if element in members:
                counts[index, column] = int(near[:, members[element]].sum(axis=1).max())
    return counts


def _frame_minima(
    frame: np.ndarray, cell: np.ndarray, members: dict[str, np.ndarray], pairs: list[tuple[str, str]]
) -> dict[tuple[str, str], float]:
    shortest_vector = float(np.linalg.norm(cell, axis=1).min())
    best = {(a, b): shortest_vector if a == b else np.inf for a, b in pairs}
    half_height = float(cell_heights(cell).min()) / 2
    for radius in (half_height, None):
        # first the nearest images alone; more of them only for pairs that the first round leaves in doubt
        reach = max(best.values()) if radius is None else radius
        for squared in squared_distances(frame, cell, reach):
            for a, b in pairs:
                smallest = float(squared[np.ix_(members[a], members[b])].min())
                best[a, b] = min(best[a, b], smallest**0.5)
        if max(best.values()) <= half_height:
            break
    return best


def squared_distances(frame: np.ndarray, cell: np.ndarray, reach: float) -> Iterator[np.ndarray]:
    """Yield matrices (n, n) of squared distances that together hold every pair closer than reach.

    Reduced to the nearest image, fractional differences lie in [-1/2, 1/2]; a pair closer than ``reach`` differs
    by at most reach/height along an axis, which bounds the images to visit. An atom and itself give infinity.
    """
    fractional = np.linalg.solve(cell.T, frame.T).T
    difference = fractional[:, None, :] - fractional[None, :, :]
    difference -= np.rint(difference)
    heights = cell_heights(cell)[0]
    limits = np.floor(reach / heights + 0.5 - 1e-9).astype(int)
    for shift in np.ndindex(*(2 * limits + 1)):
        offset = np.asarray(shift) - limits
        vectors = (difference + offset) @ cell
        squared = np.einsum("ijk,ijk->ij", vectors, vectors)
        if not offset.any():
            np.fill_diagonal(squared, np.inf)
        yield squared


def _members(symbols: Sequence[str]) -> dict[str, np.ndarray]:
    names = np.asarray(symbols)
    return {str(element): np.flatnonzero(names == element) for element in np.unique(names)}


def _cells(cells: ArrayLike) -> np.ndarray:
    return np.asarray(cells, dtype=float).reshape(-1, 3, 3)


def _frames(symbols: Sequence[str], positions: ArrayLike, cells: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    return np.asarray(positions, dtype=float).reshape(-1, len(symbols), 3), _cells(cells)
