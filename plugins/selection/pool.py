"""The frames to choose from, and what a strategy makes of them (no AiiDA)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeVar

import numpy as np


@dataclass(frozen=True)
class Pool:
    """Explored frames of one system, and what is labelled of it already.

    :param symbols: elements of the n atoms, in the same order in every frame.
    :param positions: Å, shape (N, n, 3).
    :param cells: Å, shape (N, 3, 3).
    :param max_force_deviation: of the committee, eV/Å, shape (N,).
    :param run: index of the MD run, that is of the condition, that a frame comes from, shape (N,).
    :param step: MD step inside its run, shape (N,).
    :param forces_predicted: of the model that drove the run, eV/Å, shape (N, n, 3).
    :param known_positions: of the labelled frames, Å, shape (M, n, 3); M may be 0.
    :param known_cells: of the labelled frames, Å, shape (M, 3, 3).
    :param mean_force_deviation: the same, mean over the atoms, eV/Å, shape (N,); None where nobody wrote it.
    :param histogram: edges (eV/Å) and counts of the deviation of everything explored, where the pool is a part of it.
    :raises ValueError: if the arrays are not of the same length.
    """

    symbols: Sequence[str]
    positions: np.ndarray
    cells: np.ndarray
    max_force_deviation: np.ndarray
    run: np.ndarray
    step: np.ndarray
    forces_predicted: np.ndarray
    known_positions: np.ndarray
    known_cells: np.ndarray
    histogram: tuple[np.ndarray, np.ndarray] | None = None
    mean_force_deviation: np.ndarray | None = None

    def __post_init__(self) -> None:
        names = ("positions", "cells", "max_force_deviation", "run", "step", "forces_predicted")
        lengths = {name: len(getattr(self, name)) for name in names}
        if len(set(lengths.values())) > 1 or len(self.known_positions) != len(self.known_cells):
            raise ValueError(f"arrays of a pool must agree in length, found {lengths}")

    def __len__(self) -> int:
        return len(self.positions)

    @property
    def uncertainty(self) -> np.ndarray:
        """What a frame as a whole is expected to teach: the mean deviation, or the largest where that is not known."""
        return self.max_force_deviation if self.mean_force_deviation is None else self.mean_force_deviation


@dataclass(frozen=True)
class Sieved:
    """Frames that stay in play, the preferred ones first, and why each of the others does not."""

    kept: list[int]
    rejected: dict[int, str] = field(default_factory=dict)

    @property
    def reasons(self) -> dict[str, int]:
        """Number of frames by reason."""
        return dict(sorted(Counter(self.rejected.values()).items()))


Strategy = Callable[..., Sieved]
"""``strategy(pool, open_frames, settings, rng, **options)``: sort out some of the frames that are still in play.

``open_frames`` are their indices, the preferred ones first; ``settings`` is the section ``selection`` of the campaign
in canonical units; ``rng`` the only source of chance. What a strategy lets a user set beyond the section are its
keyword-only parameters, given by ``selection.options``.
"""

S = TypeVar("S", bound=Callable[..., Sieved])
TRAITS = "traits"


@dataclass(frozen=True)
class Traits:
    """What a strategy says of itself; one that says nothing looks for the most uncertain frames.

    :param draws_from: what it draws from by chance, ``any`` physical frame or those inside the ``window``: it has to be
        offered a uniform sample of them. None where chance has no part in it.
    :param keeps_window: lets frames inside the trust window through, whatever comes before it.
    """

    draws_from: Literal["any", "window"] | None = None
    keeps_window: bool = False


def with_traits(traits: Traits) -> Callable[[S], S]:
    """Let a strategy say what it is; a decorator."""

    def mark(strategy: S) -> S:
        setattr(strategy, TRAITS, traits)
        return strategy

    return mark


def traits_of(strategy: Strategy) -> Traits:
    """Return what a strategy says of itself."""
    traits: Traits = getattr(strategy, TRAITS, Traits())
    return traits
