"""Strategy ``separation``: a minimum number of MD steps between chosen frames (no AiiDA)."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Mapping
from typing import Any

import numpy as np

from aiida_zif.plugins.selection.pool import Pool, Sieved


def separation(pool: Pool, open_frames: list[int], settings: Mapping[str, Any], rng: np.random.Generator) -> Sieved:
    """Drop frames closer than ``min_separation`` MD steps to a preferred one of the same run.

    :returns: reason ``near_duplicate``.
    """
    taken: dict[int, list[int]] = {}
    kept, rejected = [], {}
    for index in open_frames:
        step, steps = int(pool.step[index]), taken.setdefault(int(pool.run[index]), [])
        place = bisect_left(steps, step)
        if any(abs(step - other) < settings["min_separation"] for other in steps[max(place - 1, 0) : place + 1]):
            rejected[index] = "near_duplicate"
        else:
            insort(steps, step)
            kept.append(index)
    return Sieved(kept, rejected)
