"""Partial pair distributions of frames, and coordination numbers, cut-offs and peak positions from them (no AiiDA).

Convention: g_ab(r) = V/(N_a N_b) · (ordered pairs a→b in a shell) / (volume of the shell). It tends to one far away,
g_ab = g_ba, and ρ_b ∫ 4πr² g_ab dr is the exact number of b around an a. An ideal gas of N like atoms has 1 - 1/N below
its shortest lattice vector: an atom has no pair with itself, and its images come later. Every image is counted, so that
distances beyond half the cell are right; there the period of the cell is part of the structure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from aiida_zif.plugins.analysis.errors import Estimate, combine
from aiida_zif.plugins.analysis.structure.neighbours import distance_counts
from aiida_zif.plugins.physics.geometry import volumes

MAXIMUM = 10.0
"""Å, longest distance unless another is given."""

WIDTH = 0.02
"""Å, of a bin unless another is given."""

Pair = tuple[str, str]


@dataclass(frozen=True)
class PairDistribution:
    """Distances of all pairs in the frames of one trajectory, counted in bins.

    :param numbers: number of atoms of each element, in alphabetical order.
    :param edges: of the bins, Å, shape (K + 1,); the last one is the longest distance that was looked at.
    :param counts: for each pair of elements a ≤ b the ordered pairs a→b, shape (N, K).
    :param volumes: of the cells, Å³, shape (N,).
    """

    numbers: dict[str, int]
    edges: np.ndarray
    counts: dict[Pair, np.ndarray]
    volumes: np.ndarray

    @property
    def r(self) -> np.ndarray:
        """Return the middle of each bin in Å, shape (K,)."""
        return (self.edges[1:] + self.edges[:-1]) / 2

    @property
    def elements(self) -> tuple[str, ...]:
        """Return the elements in alphabetical order."""
        return tuple(self.numbers)

    @property
    def densities(self) -> np.ndarray:
        """Return the number of atoms per Å³ of each frame, shape (N,)."""
        return sum(self.numbers.values()) / self.volumes

    def g(self, a: str, b: str) -> np.ndarray:
        """Return g_ab(r) of each frame, shape (N, K)."""
        counts = self.ordered_pairs(a, b)
        shells = 4 / 3 * np.pi * np.diff(self.edges**3)
        return counts * (self.volumes[:, None] / (self.numbers[a] * self.numbers[b] * shells))

    def running(self, a: str, b: str) -> np.ndarray:
        """Return the mean number of b within ``edges[1:]`` of an a, in each frame, shape (N, K)."""
        return np.cumsum(self.ordered_pairs(a, b), axis=1) / self.numbers[a]

    def coordination(self, a: str, b: str, cutoff: float) -> np.ndarray:
        """Return the mean number of b within a distance of an a, in each frame, shape (N,).

        It is exact where a bin ends; within a bin it is interpolated.

        :raises ValueError: the distance is longer than what was counted.
        """
        if not 0 < cutoff <= self.edges[-1]:
            raise ValueError(f"cutoff {a}–{b}: found {cutoff:g} Å; distances were counted up to {self.edges[-1]:g} Å")
        within = np.column_stack([np.zeros(len(self.volumes)), self.running(a, b)])
        return np.array([np.interp(cutoff, self.edges, frame) for frame in within])

    def ordered_pairs(self, a: str, b: str) -> np.ndarray:
        """Return the number of pairs a→b in each bin of each frame, shape (N, K).

        :raises ValueError: an element is not there, or the pair was not counted.
        """
        for element in (a, b):
            if element not in self.numbers:
                raise ValueError(f"element: found {element}; the frames hold {', '.join(self.numbers)}")
        if (pair := (min(a, b), max(a, b))) not in self.counts:
            counted = ", ".join("–".join(names) for names in self.counts)
            raise ValueError(f"pair: found {'–'.join(pair)}; counted were {counted}; count it with the others")
        return self.counts[pair]


def pair_distribution(
    symbols: Sequence[str],
    positions: ArrayLike,
    cells: ArrayLike,
    maximum: float = MAXIMUM,
    width: float = WIDTH,
    pairs: Sequence[Pair] | None = None,
) -> PairDistribution:
    """Count the distances of all pairs in every frame.

    :param symbols: chemical symbols, shape (n,).
    :param positions: Å, shape (N, n, 3).
    :param cells: lattice vectors as rows, Å, shape (N, 3, 3).
    :param maximum: longest distance, Å; it is rounded to a whole number of bins, and may be longer than the cell.
    :param width: of a bin, Å.
    :param pairs: pairs of elements to count, in any order; all if not given.
    :raises ValueError: a frame is none, or the longest distance or the width is no length.
    """
    names = np.asarray(symbols)
    members = {str(element): np.flatnonzero(names == element) for element in np.unique(names)}
    if not 0 < width <= maximum:
        raise ValueError(f"width: found {width!r} Å with a maximum of {maximum!r} Å; 0 < width ≤ maximum is needed")
    n_bins = round(maximum / width)
    frames = np.asarray(positions, dtype=float).reshape(-1, len(names), 3)
    lattices = np.asarray(cells, dtype=float).reshape(-1, 3, 3)
    wanted = pairs if pairs is not None else [(a, b) for a in members for b in members if a <= b]
    counts = {
        (a, b): np.array(
            [
                distance_counts(frame, cell, n_bins * width, n_bins, members[a], members[b])
                for frame, cell in zip(frames, lattices, strict=True)
            ]
        )
        for a, b in (sorted(pair) for pair in wanted)
    }
    numbers = {element: len(atoms) for element, atoms in members.items()}
    return PairDistribution(numbers, np.arange(n_bins + 1) * width, counts, volumes(lattices))


def mean_distribution(replicas: Sequence[PairDistribution], a: str, b: str) -> Estimate:
    """Return g_ab(r) with its standard error, over replicas or else blocks of frames, each of shape (K,)."""
    return combine([one.g(a, b) for one in alike(replicas)])


def coordination_number(replicas: Sequence[PairDistribution], a: str, b: str, cutoff: float) -> Estimate:
    """Return the mean number of b within a distance of an a, with its standard error."""
    return combine([one.coordination(a, b, cutoff) for one in alike(replicas)])


def alike(replicas: Sequence[PairDistribution]) -> Sequence[PairDistribution]:
    """Return replicas that have the same bins and atoms.

    :raises ValueError: there is none, or they differ.
    """
    if not replicas:
        raise ValueError("replicas: none given; at least one is needed")
    first = replicas[0]
    for index, one in enumerate(replicas):
        if one.numbers != first.numbers:
            raise ValueError(f"replicas: number {index} has the atoms {one.numbers}, number 0 has {first.numbers}")
        if len(one.edges) != len(first.edges) or not np.allclose(one.edges, first.edges):
            raise ValueError(f"replicas: number {index} was counted in other bins than number 0; count them alike")
    return replicas
