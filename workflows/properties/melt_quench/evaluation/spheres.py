"""The spheres that fit into one frame, by Zeo++ in a process of its own (no AiiDA)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from aiida_zif.workflows.properties.melt_quench.evaluation.voids import Spheres


def spheres_of(symbols: Sequence[str], positions: np.ndarray, cell: np.ndarray) -> Spheres:
    """Return the largest sphere that fits, and the largest that can pass through; unknown where Zeo++ fails.

    :param positions: Å, shape (n, 3); cell: Å, shape (3, 3).
    """
    return Spheres(np.nan, np.nan, "pores are not computed here")
