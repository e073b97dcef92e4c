"""Calcfunctions that make the first frames of a labelling."""

from __future__ import annotations

import numpy as np
from aiida import orm
from aiida.engine import calcfunction

from aiida_zif.plugins.data.frame_sets import subset
from aiida_zif.plugins.data.frames import FramesData, LabelledFramesData
from aiida_zif.workflows.structures.perturbation import perturbed_frames


@calcfunction
def frames_from_structure(structure: orm.StructureData, start: orm.Dict) -> FramesData:
    """Turn a structure into what a labelling starts from: itself, or strained and rattled copies.

    :param start: ``system`` (label), ``perturbed`` (None, or ``frames``, ``displacement`` in Å and ``strain``) and
        then the ``seed``.
    """
    atoms, perturbed = structure.get_ase(), start["perturbed"]
    frames, cells = atoms.get_positions()[None], np.asarray(atoms.cell)[None]
    if perturbed is not None:
        frames, cells = perturbed_frames(
            frames[0], cells[0], perturbed["frames"], perturbed["displacement"], perturbed["strain"], start["seed"]
        )
    return FramesData(atoms.get_chemical_symbols(), frames, cells, system=start["system"])


@calcfunction
def last_frame(block: LabelledFramesData) -> FramesData:
    """Pick the last frame of an interrupted AIMD run, from which it goes on."""
    return subset(block, [block.n_frames - 1])
