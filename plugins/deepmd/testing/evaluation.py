"""Errors of the members of a committee on held-out blocks: what a test reports (no AiiDA)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from aiida_zif.plugins.data.record import Entry, Report


class Errors(Entry):
    """Root mean squares over all frames (and atoms and components), as ``dp test`` defines them.

    :param virial_rmse_meV_per_atom: None where the labels have no virials.
    """

    force_rmse_eV_per_A: float
    energy_rmse_meV_per_atom: float
    virial_rmse_meV_per_atom: float | None = None

    def known(self) -> dict[str, float]:
        """Return by name what is known."""
        return self.model_dump(exclude_none=True)


class BlockEvaluation(Entry):
    """Errors on one block.

    :param models: of each member, by its label.
    :param force_rmse_eV_per_A: mean over the members, as the other two; some early versions had none.
    """

    n_frames: int
    models: dict[str, Errors]
    force_rmse_eV_per_A: float | None = None
    energy_rmse_meV_per_atom: float | None = None
    virial_rmse_meV_per_atom: float | None = None


class Evaluation(Report):
    """``output_parameters`` of ``zif.deepmd.test``: blocks by label, which in the node stand beside ``schema``."""

    blocks: dict[str, BlockEvaluation] = {}

    def as_dict(self) -> dict[str, Any]:
        """Return the blocks by label beside the number of the definition."""
        content = super().as_dict()
        return {**content.pop("blocks", {}), **content}

    @classmethod
    def upgraded(cls, content: dict[str, Any], number: int) -> dict[str, Any]:
        """Return all keys of a node as blocks."""
        return {"blocks": content}


def block_evaluation(n_frames: int, models: Mapping[str, Errors]) -> BlockEvaluation:
    """Return the errors on one block, with their means over the members.

    :param models: errors of every member by its label; all have virials or none has.
    """
    members = [errors.known() for errors in models.values()]
    means = {name: float(np.mean([one[name] for one in members])) for name in members[0]}
    return BlockEvaluation(n_frames=n_frames, models=dict(models), **means)
