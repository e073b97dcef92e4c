"""Statistics of a stream of frames in memory that does not depend on how many there are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

FINE = np.concatenate([[0.0], np.geomspace(1e-4, 1e3, 1401)])
"""eV/Å; bins 1.2 % wide, from which quantiles are read."""


class Slots:
    """The most uncertain candidate of every slot of time of one run.

    A slot is as long as the smallest separation of two candidates. When there are more than ``most``, neighbours are
    merged and slots are twice as long from then on, so that a run of any length leaves at most as many.
    """

    def __init__(self, length: float, most: int) -> None:
        self.length, self.most = max(length, 1.0), max(most, 1)
        self.best: dict[int, tuple[float, ...]] = {}

    def add(self, step: int, deviation: float, row: tuple[float, ...]) -> None:
        """Offer a candidate; ``row`` begins with its step and deviation."""
        slot = int(step // self.length)
        if slot not in self.best or deviation > self.best[slot][1]:
            self.best[slot] = row
        while len(self.best) > self.most:
            self._merge()

    def rows(self, width: int) -> np.ndarray:
        """What is kept, by step, shape (m, width)."""
        return np.array([self.best[slot] for slot in sorted(self.best)], dtype=float).reshape(-1, width)

    def _merge(self) -> None:
        self.length *= 2
        kept, self.best = self.best, {}
        for row in kept.values():
            slot = int(row[0] // self.length)
            if slot not in self.best or row[1] > self.best[slot][1]:
                self.best[slot] = row


class Reservoir:
    """A uniform sample without replacement of a stream (algorithm R; Vitter, ACM TOMS 1985, 11, 37)."""

    def __init__(self, size: int, seed: int | Sequence[int]) -> None:
        self.size, self.seen = size, 0
        self.kept: list[tuple[float, ...]] = []
        self.rng = np.random.default_rng(seed)

    def add(self, row: tuple[float, ...]) -> None:
        """Offer one element."""
        self.seen += 1
        if len(self.kept) < self.size:
            self.kept.append(row)
        elif self.size:
            place = int(self.rng.integers(self.seen))
            if place < self.size:
                self.kept[place] = row

    def rows(self, width: int) -> np.ndarray:
        """The sample in no order, shape (m, width)."""
        return np.array(self.kept, dtype=float).reshape(-1, width)


class Spread:
    """Distribution of one positive number: bins of fixed edges, extremes exact."""

    def __init__(self, edges: np.ndarray) -> None:
        self.edges, self.counts = edges, np.zeros(len(edges) - 1, dtype=int)
        self.fine = np.zeros(len(FINE) - 1, dtype=int)
        self.least, self.most = np.inf, -np.inf

    def add(self, value: float) -> None:
        """Count one value; what is above the last edge counts in the last bin."""
        for edges, counts in ((self.edges, self.counts), (FINE, self.fine)):
            counts[min(int(np.searchsorted(edges, value, side="right")), len(counts)) - 1] += 1
        self.least, self.most = min(self.least, value), max(self.most, value)

    def quantile(self, share: float) -> float | None:
        """Value below which a share of all lies, within 1.2 %; None if there is none."""
        total = int(self.fine.sum())
        if not total:
            return None
        below = np.concatenate([[0], np.cumsum(self.fine)]) / total
        rising = np.concatenate([[True], np.diff(below) > 0])
        return float(np.clip(np.interp(share, below[rising], FINE[rising]), self.least, self.most))


class BlockMeans:
    """Means of several numbers, and their errors from means over blocks of consecutive frames.

    Frames that follow each other are correlated; blocks that are long enough are not (Flyvbjerg and Petersen,
    J. Chem. Phys. 1989, 91, 461). However long the stream is, there are 16 to 32 blocks: they are
    merged in pairs.
    """

    MOST, FEWEST = 32, 4

    def __init__(self, width: int) -> None:
        self.length, self.n_open = 1, 0
        self.blocks: list[np.ndarray] = []
        self.open, self.total, self.count = np.zeros(width), np.zeros(width), 0

    def add(self, values: np.ndarray) -> None:
        """Add one frame, shape (width,)."""
        self.total, self.count = self.total + values, self.count + 1
        self.open, self.n_open = self.open + values, self.n_open + 1
        if self.n_open == self.length:
            self.blocks.append(self.open)
            self.open, self.n_open = np.zeros_like(self.open), 0
        if len(self.blocks) == self.MOST:
            self.blocks = [first + second for first, second in zip(self.blocks[::2], self.blocks[1::2])]  # noqa: B905
            self.length *= 2

    def means(self) -> np.ndarray:
        """Means over all frames, shape (width,); NaN without a frame."""
        return self.total / self.count if self.count else np.full_like(self.total, np.nan)

    def errors(self) -> np.ndarray:
        """Standard errors of the means, shape (width,); NaN with fewer than four blocks."""
        if len(self.blocks) < self.FEWEST:
            return np.full_like(self.total, np.nan)
        means = np.array(self.blocks) / self.length
        return np.asarray(means.std(axis=0, ddof=1) / np.sqrt(len(means)))


def plain(value: Any) -> float | None:
    """A number for JSON; None where it is none."""
    return float(value) if np.isfinite(value) else None
