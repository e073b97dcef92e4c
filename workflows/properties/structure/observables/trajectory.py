"""The frames of one replica, with the linkers that are followed through them (no AiiDA)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from aiida_zif.plugins.analysis.network.linkers import Linkers, NotALinker, find_linkers

MOST_ATOMS = 250_000
"""Atoms of all frames that one step analyses, so that it takes seconds; beyond it frames are taken evenly."""


class NotAnalysed(ValueError):
    """A group of observables that these frames do not have; the message is a sentence for the report."""


@dataclass(frozen=True)
class Trajectory:
    """Frames of one replica.

    :param positions: Å, shape (N, n, 3).
    :param cells: Å, shape (N, 3, 3).
    :param times: ps, shape (N,); None where frames have none.
    """

    symbols: Sequence[str]
    positions: np.ndarray
    cells: np.ndarray
    times: np.ndarray | None = None
    crystal: tuple[np.ndarray, np.ndarray] | None = None
    """Positions (n, 3) and cell (3, 3) of the crystal in which linkers are found; None for the first frame."""

    def __len__(self) -> int:
        return len(self.positions)

    def linkers(self) -> Linkers:
        """Return the linkers of the crystal, or of the first frame.

        :raises NotAnalysed: there are none.
        """
        positions, cell = self.crystal or (self.positions[0], self.cells[0])
        try:
            return find_linkers(self.symbols, positions, cell)
        except NotALinker as error:
            raise NotAnalysed(f"No linkers were found: {error}.") from error

    def thinned(self, most: int | None = None) -> Trajectory:
        """Return evenly spaced frames.

        :param most: frames; as many as :data:`MOST_ATOMS` allows, if left out.
        """
        most = max(1, min(most or len(self), MOST_ATOMS // len(self.symbols)))
        if len(self) <= most:
            return self
        chosen = np.unique(np.rint(np.linspace(0, len(self) - 1, most)).astype(int))
        times = None if self.times is None else self.times[chosen]
        return replace(self, positions=self.positions[chosen], cells=self.cells[chosen], times=times)


def block_means(values: np.ndarray, most: int = 16) -> np.ndarray:
    """Return means over blocks of consecutive frames, shape (blocks, …).

    :param values: shape (N, …).
    """
    return np.stack([block.mean(axis=0) for block in np.array_split(values, min(most, len(values)))])
