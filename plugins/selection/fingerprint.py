"""One vector per frame that describes the arrangement of its atoms (no AiiDA).

The fingerprint of A. R. Oganov and M. Valle, J. Chem. Phys. 130, 104504 (2009): the smeared distribution of the
distances between every two elements, over that of an ideal gas, less one. It is independent of order of atoms, origin
and orientation, and takes milliseconds per frame.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations_with_replacement

import numpy as np

from aiida_zif.plugins.physics.geometry import squared_distances, volumes

REACH = 6.0
"""Å; the next ring of linkers is inside."""
BIN = 0.1
"""Å; as wide as the thermal smearing of a bond."""


def fingerprints(symbols: Sequence[str], positions: np.ndarray, cells: np.ndarray) -> np.ndarray:
    """Return a fingerprint of each frame, shape (N, pairs of elements x bins).

    Each pair of elements is weighted with the share of its pairs of atoms, as its source does, so that the squared
    distance between two fingerprints is a mean over all pairs of atoms.

    :param symbols: elements of the n atoms.
    :param positions: Å, shape (N, n, 3).
    :param cells: Å, shape (N, 3, 3).
    """
    elements = np.asarray(symbols)
    members = {element: np.flatnonzero(elements == element) for element in sorted(set(symbols))}
    pairs = list(combinations_with_replacement(members, 2))
    counts = np.array([len(members[a]) * len(members[b]) for a, b in pairs], dtype=float)
    weights = np.sqrt(counts / counts.sum())
    edges = np.arange(0.0, REACH + BIN / 2, BIN)
    shells = 4.0 / 3.0 * np.pi * np.diff(edges**3)
    result = np.empty((len(positions), len(pairs), len(shells)))
    for frame, (atoms, cell, volume) in enumerate(zip(positions, cells, volumes(cells), strict=True)):
        seen = np.zeros((len(pairs), len(shells)))
        for squared in squared_distances(atoms, cell, REACH):
            distances = np.sqrt(squared)
            for row, (a, b) in enumerate(pairs):
                seen[row] += np.histogram(distances[np.ix_(members[a], members[b])], edges)[0]
        ideal = counts[:, None] * shells / volume
        result[frame] = weights[:, None] * (seen / ideal - 1.0)
    return np.asarray(_smeared(result).reshape(len(positions), len(pairs) * len(shells)))


def _smeared(histograms: np.ndarray) -> np.ndarray:
    """Spread every bin over its neighbours, so that a distance that crosses an edge changes little."""
    padded = np.pad(histograms, ((0, 0), (0, 0), (1, 1)), mode="edge")
    return np.asarray(0.25 * padded[..., :-2] + 0.5 * padded[..., 1:-1] + 0.25 * padded[..., 2:])
