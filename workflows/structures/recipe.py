"""How a structure becomes the frames that a labelling starts from (no AiiDA)."""

from __future__ import annotations

import numpy as np
from pydantic import model_validator

from aiida_zif.plugins.data.record import Record
from aiida_zif.workflows.structures.perturbation import perturbed_frames


class Perturbation(Record):
    """Copies of a structure, strained and rattled at random.

    :param frames: number of copies.
    :param displacement: standard deviation of every coordinate, Å.
    :param strain: largest component of the strain, 0.02 for 2 %.
    """

    frames: int
    displacement: float
    strain: float


class StartRecipe(Record):
    """The frames that a labelling starts from: a structure itself, or copies of it.

    :param system: label of the system.
    :param perturbed: how the copies are made; None for the structure itself.
    :param seed: of the copies.
    :param index: of the frame that stands for the structure, where frames are given.
    """

    system: str
    perturbed: Perturbation | None = None
    seed: int | None = None
    index: int | None = None

    @model_validator(mode="after")
    def _copies_have_a_seed(self) -> StartRecipe:
        if self.perturbed is not None and self.seed is None:
            raise ValueError("found copies without a seed; allowed: a whole number; fix: state the seed")
        return self

    @property
    def n_frames(self) -> int:
        """Number of frames that the recipe makes."""
        return 1 if self.perturbed is None else self.perturbed.frames

    def frames_of(self, positions: np.ndarray, cell: np.ndarray, n_given: int = 0) -> tuple[np.ndarray, np.ndarray]:
        """Return the frames of a structure.

        :param positions: Å, shape (n, 3).
        :param cell: lattice vectors as rows, Å, shape (3, 3).
        :param n_given: frames among those of the recipe that are there already.
        :returns: positions (N, n, 3) and cells (N, 3, 3) in Å.
        """
        made = self.perturbed
        if made is None or self.seed is None:
            return positions[None], cell[None]
        return perturbed_frames(positions, cell, made.frames - n_given, made.displacement, made.strain, self.seed)
