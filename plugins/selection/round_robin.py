"""Strategy ``turns``: frames of all runs in turn (no AiiDA)."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import zip_longest
from typing import Any

import numpy as np

from aiida_zif.plugins.selection.pool import Pool, Sieved


def turns(pool: Pool, open_frames: list[int], settings: Mapping[str, Any], rng: np.random.Generator) -> Sieved:
    """Order the frames anew: the first of every run, then the second of every run, and so on. None is rejected.

    The run of the most preferred frame comes first.
    """
    queues: dict[int, list[int]] = {}
    for index in open_frames:
        queues.setdefault(int(pool.run[index]), []).append(index)
    return Sieved([index for row in zip_longest(*queues.values()) for index in row if index is not None])
