"""Calcfunctions that make the first frames of a labelling."""

from __future__ import annotations

import numpy as np
from aiida import orm
from aiida.engine import calcfunction

from aiida_zif.plugins.data.frame_sets import subset
from aiida_zif.plugins.data.frames import FramesData, LabelledFramesData
from aiida_zif.workflows.structures.recipe import StartRecipe


@calcfunction
def frames_from_structure(structure: orm.StructureData, start: orm.Dict) -> FramesData:
    """Turn a structure into what a labelling starts from: itself, or strained and rattled copies.

    :param start: a :class:`~.recipe.StartRecipe`.
    """
    atoms, recipe = structure.get_ase(), StartRecipe.from_node(start)
    frames = recipe.frames_of(atoms.get_positions(), np.asarray(atoms.cell))
    return FramesData(atoms.get_chemical_symbols(), *frames, system=recipe.system)


@calcfunction
def structure_of_frames(frames: FramesData) -> orm.StructureData:
    """Turn the first of some frames into a structure, for a system that nothing else describes."""
    from ase import Atoms

    atoms = Atoms(frames.symbols, positions=frames.positions[0], cell=frames.cells[0], pbc=True)
    return orm.StructureData(ase=atoms, label=frames.system)


@calcfunction
def last_frame(block: LabelledFramesData) -> FramesData:
    """Pick the last frame of an interrupted AIMD run, from which it goes on."""
    return subset(block, [block.n_frames - 1])
