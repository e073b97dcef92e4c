"""Strategy ``diversity``: uncertain frames that differ from each other and from labelled ones (no AiiDA)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from aiida_zif.plugins.selection.fingerprint import fingerprints
from aiida_zif.plugins.selection.pool import Pool, Sieved


def diversity(
    pool: Pool, open_frames: list[int], settings: Mapping[str, Any], rng: np.random.Generator, *, weight: float = 1.0
) -> Sieved:
    """Keep ``per_cycle`` frames that are uncertain, unlike what is labelled, and stand for many others.

    Farthest points alone are outliers, the most uncertain frames alone may be one frame many times over. The deviation
    is the mean over the atoms, not that of the worst atom: it is what the frame will teach.

    :param weight: exponent of the distance; 0 goes by uncertainty alone.
    :returns: reason ``less_informative``.
    """
    chosen = from_largest_clusters(
        fingerprints(pool.symbols, pool.positions[open_frames], pool.cells[open_frames]),
        fingerprints(pool.symbols, pool.known_positions, pool.known_cells),
        pool.uncertainty[open_frames],
        settings["per_cycle"],
        weight,
    )
    kept = [open_frames[place] for place in chosen]
    return Sieved(kept, dict.fromkeys(sorted(set(open_frames) - set(kept)), "less_informative"))


def from_largest_clusters(
    features: np.ndarray, known: np.ndarray, uncertainty: np.ndarray, count: int, weight: float = 1.0
) -> list[int]:
    """Choose rows one after the other: of the largest cluster the one of largest uncertainty times distance.

    Every row belongs to the nearest row that is chosen or known. The size of a cluster is the sum of uncertainty times
    squared distance over its rows, so that a lone outlier waits until many rows that are alike have been heard. After
    "largest cluster maximum distance" of D. Holzmüller et al., J. Mach. Learn. Res. 24, 164 (2023), with the
    uncertainty of a committee in place of distances in the space of gradients.

    :param features: shape (N, D).
    :param known: shape (M, D); with M = 0 the first row is the most uncertain one.
    :param uncertainty: not negative, shape (N,).
    :param count: rows at most.
    :param weight: exponent of the distance; 0 goes by uncertainty alone.
    :returns: indices in the order of choice.
    """
    chosen: list[int] = []
    nearest, cluster = np.ones(len(features)), np.zeros(len(features), dtype=int)
    for number, centre in enumerate(known):
        _join(nearest, cluster, features, centre, number)
    is_open = np.ones(len(features), dtype=bool)
    for number in range(len(known), len(known) + min(count, len(features))):
        mass = np.where(is_open, uncertainty * nearest ** (2 * weight), 0.0)
        largest = np.argmax(np.bincount(cluster, mass)) if weight else None
        inside = is_open & (cluster == largest) if weight and mass.any() else is_open
        best = int(np.argmax(np.where(inside, uncertainty * nearest**weight, -1.0)))
        chosen.append(best)
        is_open[best] = False
        _join(nearest, cluster, features, features[best], number)
    return chosen


def _join(nearest: np.ndarray, cluster: np.ndarray, features: np.ndarray, centre: np.ndarray, number: int) -> None:
    """Move the rows to a new centre that are nearer to it than to their own; the first centre takes all."""
    distance = np.linalg.norm(features - centre, axis=1)
    nearer = distance < nearest if number else np.ones(len(features), dtype=bool)
    nearest[nearer], cluster[nearer] = distance[nearer], number
