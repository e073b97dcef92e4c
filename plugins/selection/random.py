"""Chance, to compare with (no AiiDA)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from aiida_zif.plugins.selection.pool import Pool, Sieved, Traits, with_traits


@with_traits(Traits(draws_from="any"))
def random(pool: Pool, open_frames: list[int], settings: Mapping[str, Any], rng: np.random.Generator) -> Sieved:
    """Draw ``per_cycle`` frames, all with the same chance, whatever their deviation.

    :returns: reason ``not_drawn``.
    """
    drawn = [open_frames[place] for place in rng.permutation(len(open_frames))]
    return Sieved(drawn[: settings["per_cycle"]], dict.fromkeys(sorted(drawn[settings["per_cycle"] :]), "not_drawn"))
