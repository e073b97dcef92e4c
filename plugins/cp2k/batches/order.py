"""Order of the frames in a batch (no AiiDA)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

if TYPE_CHECKING:
    from aiida_zif.plugins.cp2k.levels import Level

CLOSE = 0.7
"""Frames with pairs closer than this share of the sum of their covalent radii are hard to converge, and come last;
ordinary C-H bonds in hot melts stay above 0.8. Which frames are refused is a matter of the gates."""


def batch_order(
    symbols: Sequence[str], positions: ArrayLike, cells: ArrayLike, neighbours_alike: bool = False
) -> list[int]:
    """Indices of the frames in the order of work: as given, but frames with very close atoms last.

    Such a frame takes many SCF steps and, where the wavefunction is carried on, spoils the guess of those after it.

    :param symbols: chemical symbols, (n,).
    :param positions: Å, (N, n, 3).
    :param cells: Å, (N, 3, 3).
    :param neighbours_alike: put similar frames next to each other, for a wavefunction that is carried on.
    """
    frames, boxes = np.asarray(positions, dtype=float), np.asarray(cells, dtype=float)
    close = [contact < CLOSE for contact in contacts(symbols, frames, boxes)]
    order = similar_path(frames, boxes) if neighbours_alike else list(range(len(frames)))
    return sorted(order, key=lambda index: close[index])


def carries_wavefunction(level: Level) -> bool:
    """Whether a batch at this level starts every frame from the wavefunction of the one before."""
    return level.settings.get("batch", {}).get("QS", {}).get("EXTRAPOLATION") != "USE_GUESS"


def contacts(symbols: Sequence[str], positions: ArrayLike, cells: ArrayLike) -> list[float]:
    """Closest contact of every frame, see :func:`closest_contact`."""
    from ase.data import atomic_numbers, covalent_radii

    radii = np.array([covalent_radii[atomic_numbers[symbol]] for symbol in symbols])
    pairs = zip(np.asarray(positions), np.asarray(cells), strict=True)
    return [closest_contact(radii, frame, cell) for frame, cell in pairs]


def similar_path(positions: np.ndarray, cells: np.ndarray) -> list[int]:
    """Indices of the frames along a path that always goes on to the nearest frame not yet seen.

    The distance is that of all atoms between two frames in the nearest-image convention of fractional coordinates,
    in Å of the mean cell, and of the cells. The path starts at the frame farthest from the mean.

    :param positions: Å, (N, n, 3).
    :param cells: Å, (N, 3, 3).
    """
    if len(positions) < 3:
        return list(range(len(positions)))
    fractional = positions @ np.linalg.inv(cells)
    drift = np.cumsum(np.diff(fractional, axis=0) - np.rint(np.diff(fractional, axis=0)), axis=0)
    unwrapped = (fractional[0] + np.concatenate([np.zeros_like(drift[:1]), drift])) @ cells.mean(axis=0)
    points = np.concatenate([unwrapped.reshape(len(cells), -1), cells.reshape(len(cells), -1)], axis=1)
    left = np.ones(len(points), dtype=bool)
    here = int(np.argmax(np.linalg.norm(points - points.mean(axis=0), axis=1)))
    path = []
    for _ in range(len(points)):
        path.append(here)
        left[here] = False
        here = int(np.argmin(np.where(left, np.linalg.norm(points - points[here], axis=1), np.inf)))
    return path


def closest_contact(radii: np.ndarray, positions: np.ndarray, cell: np.ndarray) -> float:
    """Smallest distance of two atoms over the sum of their radii, with every periodic image, whatever the cell.

    :param radii: Å, (n,).
    :param positions: Å, (n, 3).
    :param cell: lattice vectors as rows, Å, (3, 3).
    :returns: infinity where no two atoms are closer than the sum of their radii.
    """
    from ase.neighborlist import primitive_neighbor_list

    first, second, distance = primitive_neighbor_list("ijd", [True] * 3, cell, positions, list(radii))
    return float((distance / (radii[first] + radii[second])).min(initial=np.inf))
