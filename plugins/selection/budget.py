"""Strategy ``budget``: at most so many frames of one condition and in total (no AiiDA)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np

from aiida_zif.plugins.selection.pool import Pool, Sieved

OVER_BUDGET = "over_budget"
"""Reason of a frame that is worth a label, for which no label is left."""


def budget(pool: Pool, open_frames: list[int], settings: Mapping[str, Any], rng: np.random.Generator) -> Sieved:
    """Keep the preferred frames: ``per_cycle`` in all, and ``per_condition`` of any run if that is given.

    :returns: reasons ``over_condition_budget`` and ``over_budget``.
    """
    each = settings.get("per_condition")
    taken = Counter[int]()
    kept: list[int] = []
    rejected = {}
    for index in open_frames:
        run = int(pool.run[index])
        if len(kept) >= settings["per_cycle"]:
            rejected[index] = OVER_BUDGET
        elif each is not None and taken[run] >= each:
            rejected[index] = "over_condition_budget"
        else:
            kept.append(index)
            taken[run] += 1
    return Sieved(kept, rejected)
