"""Which frames of a job go back: the most uncertain ones, or a sample by chance of which all have the same chance."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .choosing import candidates
from .streaming import Reservoir, Slots

COLUMNS = ("step", "deviation", "run", "offset", "temperature", "pressure", "mean_deviation")
"""What is kept of a frame that may go back."""

VERDICTS = ("accurate", "candidate", "failed")
KEEP = {"window": ("candidate",), "any": ("accurate", "candidate")}
"""Verdicts among which chance draws, by the setting ``keep``; ``uncertain`` leaves nothing to chance."""

Row = tuple[float, ...]


class MostUncertain:
    """Candidates of every run, the most uncertain first, spread in time."""

    def __init__(self, n_runs: int, size: int, separation: float) -> None:
        """Take ``size`` frames at most, those of one run at least ``separation`` steps apart."""
        self.size, self.separation = size, separation
        self.slots = [Slots(separation, 2 * size) for _ in range(n_runs)]

    def add(self, verdict: str, row: Row) -> None:
        """Offer a physical frame; ``row`` is as :data:`COLUMNS`."""
        if verdict == "candidate":
            self.slots[int(row[2])].add(int(row[0]), row[1], row)

    def rows(self) -> np.ndarray:
        """What goes back, by run and step, shape (m, 7)."""
        kept = np.concatenate([np.empty((0, len(COLUMNS))), *(slots.rows(len(COLUMNS)) for slots in self.slots)])
        return kept[candidates(kept[:, 2], kept[:, 0], kept[:, 1], len(self.slots), self.size, self.separation)]


class ByChance:
    """A uniform sample without replacement of the frames with certain verdicts, of all runs together."""

    def __init__(self, size: int, seed: int | Sequence[int], verdicts: Sequence[str]) -> None:
        self.sample, self.verdicts = Reservoir(size, seed), verdicts

    def add(self, verdict: str, row: Row) -> None:
        """Offer a physical frame; ``row`` is as :data:`COLUMNS`."""
        if verdict in self.verdicts:
            self.sample.add(row)

    def rows(self) -> np.ndarray:
        """What goes back, by run and step, shape (m, 7)."""
        rows = self.sample.rows(len(COLUMNS))
        return rows[np.lexsort((rows[:, 0], rows[:, 2]))]


def keeper_of(settings: dict[str, Any], n_runs: int) -> MostUncertain | ByChance:
    """Return what keeps the candidates as ``keep`` asks for, see ``Settings`` in ``exploration/settings.py``.

    Chance draws from the seed of the job, but not the numbers of the control sample.
    """
    size = settings["max_candidates"]
    if settings["keep"] == "uncertain":
        return MostUncertain(n_runs, size, settings["min_separation"] / settings["timestep"])
    return ByChance(size, [settings["seed"], 1], KEEP[settings["keep"]])


def control_of(settings: dict[str, Any]) -> ByChance:
    """Return what keeps the control sample: of all frames that a choice by chance could have sent to be labelled."""
    return ByChance(settings["n_control"], settings["seed"], KEEP["any"])
