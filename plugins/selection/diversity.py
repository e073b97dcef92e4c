"""Uncertain frames that differ from each other and from what is labelled already (no AiiDA)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from aiida_zif.plugins.selection.fingerprint import fingerprints
from aiida_zif.plugins.selection.pool import Pool, Sieved


def diversity(
    pool: Pool, open_frames: list[int], settings: Mapping[str, Any], rng: np.random.Generator, *, weight: float = 1.0
) -> Sieved:
    """Keep ``per_cycle`` frames, one after the other that of the largest (mean deviation) x (distance ** weight).

    A farthest-point choice that asks for uncertainty too. Farthest points alone are outliers, the most uncertain
    frames alone may be one frame many times over. The deviation is the mean over the atoms, not that of the worst
    atom: it is what the frame will teach.

    :param weight: 0 goes by uncertainty alone.
    :returns: reason ``less_informative``.
    """
    chosen = farthest_uncertain(
        fingerprints(pool.symbols, pool.positions[open_frames], pool.cells[open_frames]),
        fingerprints(pool.symbols, pool.known_positions, pool.known_cells),
        pool.uncertainty[open_frames],
        settings["per_cycle"],
        weight,
    )
    kept = [open_frames[place] for place in chosen]
    return Sieved(kept, dict.fromkeys(sorted(set(open_frames) - set(kept)), "less_informative"))


def farthest_uncertain(
    features: np.ndarray, known: np.ndarray, uncertainty: np.ndarray, count: int, weight: float = 1.0
) -> list[int]:
    """Choose rows one after the other by uncertainty times distance to the nearest row chosen or known.

    :param features: shape (N, D).
    :param known: shape (M, D); with M = 0 the first row is the most uncertain one.
    :param uncertainty: not negative, shape (N,).
    :param count: rows at most.
    :param weight: exponent of the distance.
    :returns: indices in the order of choice.
    """
    chosen: list[int] = []
    nearest = np.full(len(features), np.inf)
    for row in known:
        nearest = np.minimum(nearest, np.linalg.norm(features - row, axis=1))
    while len(chosen) < min(count, len(features)):
        far = np.where(np.isfinite(nearest), nearest, 1.0) ** weight
        score = np.where(np.isin(np.arange(len(features)), chosen), -1.0, uncertainty * far)
        best = int(np.argmax(score))
        chosen.append(best)
        nearest = np.minimum(nearest, np.linalg.norm(features - features[best], axis=1))
    return chosen
