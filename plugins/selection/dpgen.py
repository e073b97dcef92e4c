"""The rule of DP-GEN, to compare with: Y. Zhang et al., Comput. Phys. Commun. 253, 107206 (2020) (no AiiDA)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from aiida_zif.plugins.selection.pool import Pool, Sieved, Traits, with_traits
from aiida_zif.plugins.selection.random import random

REASONS = {"accurate": "accurate", "failed": "above_upper", "undefined": "no_deviation"}


def classify(deviation: np.ndarray, lower: float, upper: float) -> np.ndarray:
    """Return ``accurate``, ``candidate`` or ``failed`` for every frame, by its largest force deviation alone.

    A frame at a level belongs to what is above it. Where the deviation is not a number DP-GEN stops with an error;
    here the frame is ``undefined``.

    :param deviation: eV/Å, shape (N,).
    :param lower: ``model_devi_f_trust_lo``, eV/Å.
    :param upper: ``model_devi_f_trust_hi``, eV/Å.
    """
    cases = [np.isnan(deviation), deviation < lower, deviation < upper]
    return np.select(cases, ["undefined", "accurate", "candidate"], "failed")


@with_traits(Traits(draws_from="window"))
def dpgen(pool: Pool, open_frames: list[int], settings: Mapping[str, Any], rng: np.random.Generator) -> Sieved:
    """Draw ``per_cycle`` (DP-GEN's ``fp_task_max``) of the candidates, all with the same chance.

    :returns: reasons ``accurate``, ``above_upper``, ``no_deviation`` and ``not_drawn``.
    """
    classes = classify(pool.max_force_deviation, settings["lower"], settings["upper"])
    drawn = random(pool, [index for index in open_frames if classes[index] == "candidate"], settings, rng)
    others = {index: REASONS[classes[index]] for index in open_frames if classes[index] != "candidate"}
    return Sieved(drawn.kept, {**others, **drawn.rejected})
