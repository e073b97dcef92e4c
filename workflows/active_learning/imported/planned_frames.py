"""Frames that a campaign will label and that are known before it starts: perturbed ones, AIMD runs of before."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from aiida import orm

from aiida_zif.plugins.data.frames import FramesData
from aiida_zif.plugins.data.same_frame import Frame
from aiida_zif.workflows.active_learning.planning.first_labels import label_tasks
from aiida_zif.workflows.active_learning.state.naming import use_of
from aiida_zif.workflows.campaign.levels import load_campaign_level
from aiida_zif.workflows.campaign.loading import Campaign
from aiida_zif.workflows.labelling.run_cache import known_run
from aiida_zif.workflows.structures.recipe import StartRecipe

if TYPE_CHECKING:
    from ase import Atoms


class Geometry(NamedTuple):
    """A frame without a label."""

    symbols: tuple[str, ...]
    positions: np.ndarray
    cell: np.ndarray


class Planned(NamedTuple):
    """What one task of a campaign labels.

    :param use: ``training`` or ``held_out``.
    :param origin: in words.
    """

    use: str
    origin: str
    frames: list[Frame]


def planned_frames(campaign: Campaign) -> Iterator[Planned]:
    """Yield the first labels that are known before a campaign starts, system by system and task by task."""
    for system, atoms in campaign.structures().items():
        for name, (start, task) in label_tasks(campaign.settings(), system).items():
            use, first = use_of(name), first_frames(atoms, start)
            if start.perturbed is not None:
                symbols = tuple(first.symbols)
                made = zip(first.positions, first.cells, strict=True)
                frames: list[Frame] = [Geometry(symbols, *frame) for frame in made]
                yield Planned(use, f"seed_data.perturbed of {system}", frames)
            else:
                yield Planned(use, f"the AIMD run {name} of {system}", run_of_before(campaign, system, first, task))


def first_frames(atoms: Atoms, start: StartRecipe) -> FramesData:
    """Return the frames that a labelling will start from, unstored.

    :param atoms: of the campaign, in the digits that the database keeps.
    """
    frames = start.frames_of(atoms.get_positions(), np.array(atoms.cell.array))
    return FramesData(atoms.get_chemical_symbols(), *frames, system=start.system)


def run_of_before(campaign: Campaign, system: str, first: FramesData, task: dict[str, object]) -> list[Frame]:
    """Return the frames of an AIMD run that the profile holds already, none if it was never run."""
    state = campaign.systems[system]
    level = load_campaign_level(campaign.level_of_theory).in_state(state.charge, state.multiplicity)
    run = known_run(first, orm.Dict(task), level.hash)
    return [frame for block in run.outputs.blocks.values() for frame in block.labelled_frames()] if run else []
