"""Calcfunction that draws where explorations start."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from aiida import orm
from aiida.engine import calcfunction

from aiida_zif.plugins.data.dataset import DatasetData, blocks_in
from aiida_zif.plugins.data.frames import FramesData, LabelledFramesData
from aiida_zif.plugins.deepmd.testing.errors import force_rmse_per_frame
from aiida_zif.plugins.lammps.limits import Chemistry
from aiida_zif.plugins.lammps.structure import substance
from aiida_zif.workflows.active_learning.exploration.starts import DrawRecipe, choose_starts


@calcfunction
def draw_starts(
    starts: orm.Dict,
    crystal: orm.StructureData | None = None,
    explored: FramesData | None = None,
    **known: LabelledFramesData | DatasetData,
) -> FramesData:
    """Draw starting points for exploration from what has been labelled, all different if possible.

    The frames are looked at in the order of their identifiers: in how many jobs they were labelled must not matter.

    :param starts: a :class:`~.starts.DrawRecipe`.
    :param crystal: a frame that is not the substance of this crystal any more is no start.
    :param explored: what the last cycle chose, with the forces that the committee predicted.
    :param known: blocks and data sets of the system.
    """
    recipe, pool = DrawRecipe.from_node(starts), list(blocks_in(known).values())
    order = np.argsort(np.concatenate([block.frame_ids() for block in pool]), kind="stable")
    draws = choose_starts(
        np.concatenate([true_errors(block, explored) for block in pool])[order],
        fit_frames(pool, crystal, Chemistry.read(recipe.chemistry, "starts.chemistry"))[order],
        recipe.count,
        recipe.uncertain,
        recipe.seed,
    )
    return FramesData(
        pool[0].symbols,
        np.concatenate([block.positions for block in pool])[order][draws],
        np.concatenate([block.cells for block in pool])[order][draws],
        system=pool[0].system,
    )


def true_errors(block: LabelledFramesData, explored: FramesData | None) -> np.ndarray:
    """Return the force RMSE that the committee made on each frame of a block in eV/Å; NaN where it is unknown."""
    errors = np.full(block.n_frames, np.nan)
    if explored is None:
        return errors
    row_of = {key: row for row, key in enumerate(explored.frame_ids())}
    known = [(index, row_of[key]) for index, key in enumerate(block.frame_ids()) if key in row_of]
    if known:
        indices, rows = map(list, zip(*known, strict=True))
        predicted = explored.get_array("forces_predicted")[rows]
        errors[indices] = force_rmse_per_frame(predicted, block.forces[indices])
    return errors


def fit_frames(
    pool: Iterable[LabelledFramesData], crystal: orm.StructureData | None, chemistry: Chemistry
) -> np.ndarray:
    """Say of every frame whether it is still the substance of the crystal; without a crystal all are."""
    pool = list(pool)
    if crystal is None:
        return np.ones(sum(block.n_frames for block in pool), dtype=bool)
    atoms = crystal.get_ase()
    checked = substance(atoms.get_chemical_symbols(), atoms.positions, atoms.cell[:], chemistry)
    frames = (frame for block in pool for frame in zip(block.positions, block.cells, strict=True))
    return np.array([checked.fault(positions, cell) is None for positions, cell in frames])
