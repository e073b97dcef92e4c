"""In which order a batch is worked through (no AiiDA)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

OVERLAP = 0.7
"""Pairs closer than this share of the sum of their covalent radii are no chemistry; ordinary C-H bonds in hot
melts stay above 0.8."""


def batch_order(symbols: Sequence[str], positions: ArrayLike, cells: ArrayLike) -> list[int]:
    """Indices of the frames in the order of work: as given, but frames with overlapping atoms last.

    Such a frame takes many SCF steps and, where the wavefunction is carried on, spoils the guess of those after it.

    :param symbols: chemical symbols, (n,).
    :param positions: Å, (N, n, 3).
    :param cells: Å, (N, 3, 3).
    """
    from ase.data import atomic_numbers, covalent_radii

    radii = np.array([covalent_radii[atomic_numbers[symbol]] for symbol in symbols])
    pairs = zip(np.asarray(positions), np.asarray(cells), strict=True)
    overlaps = [closest_contact(radii, frame, cell) < OVERLAP for frame, cell in pairs]
    return sorted(range(len(overlaps)), key=lambda index: overlaps[index])


def closest_contact(radii: np.ndarray, positions: np.ndarray, cell: np.ndarray) -> float:
    """Smallest distance between two atoms over the sum of their radii, in the nearest-image convention.

    :param radii: Å, (n,).
    :param positions: Å, (n, 3).
    :param cell: lattice vectors as rows, Å, (3, 3); the convention is exact for the short distances of interest
        unless the cell is strongly skewed.
    """
    if len(positions) < 2:
        return float("inf")
    fractional = positions @ np.linalg.inv(cell)
    closest = float("inf")
    for atom in range(len(positions) - 1):
        apart = fractional[atom + 1 :] - fractional[atom]
        apart -= np.rint(apart)
        distances = np.linalg.norm(apart @ cell, axis=1) / (radii[atom + 1 :] + radii[atom])
        closest = min(closest, float(distances.min()))
    return closest
