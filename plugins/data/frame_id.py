"""Content hashes of frames, by which a frame is found (no AiiDA)."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

PRECISION = 1e-6
"""Å; two frames closer than this in every coordinate count as one."""

ID_LENGTH = 16


def frame_ids(symbols: Sequence[str], positions: ArrayLike, cells: ArrayLike) -> list[str]:
    """Return one identifier a frame, equal for equal atoms, positions and cell.

    :param symbols: chemical symbols, shape (n,).
    :param positions: Cartesian positions in Å, shape (N, n, 3).
    :param cells: lattice vectors as rows in Å, shape (N, 3, 3).
    :returns: N strings of 16 hexadecimal digits.
    """
    composition = " ".join(symbols).encode()
    return [
        hashlib.sha256(composition + _quantised(cell) + _quantised(frame)).hexdigest()[:ID_LENGTH]
        for frame, cell in zip(np.asarray(positions), np.asarray(cells), strict=True)
    ]


def _quantised(array: np.ndarray) -> bytes:
    """Integers in units of the precision, so that -0.0 and 0.0 hash alike on every machine."""
    return np.rint(np.asarray(array, dtype=float) / PRECISION).astype("<i8").tobytes()
