"""Frames that a campaign will label and that are known before it starts: perturbed ones, AIMD runs of before."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from aiida import orm

from aiida_zif.plugins.data.frames import FramesData
from aiida_zif.plugins.data.same_frame import Frame
from aiida_zif.workflows.campaign import Campaign
from aiida_zif.workflows.campaign_levels import load_campaign_level
from aiida_zif.workflows.perturbation import perturbed_frames
from aiida_zif.workflows.plan import label_tasks
from aiida_zif.workflows.run_cache import known_run


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
        symbols = tuple(atoms.get_chemical_symbols())
        start = atoms.positions, atoms.cell.array
        for name, (recipe, task) in label_tasks(campaign.parameters(), system).items():
            use = "held_out" if name.startswith("held_out") else "training"
            perturbed = recipe["perturbed"]
            if perturbed is not None:
                given = perturbed["frames"], perturbed["displacement"], perturbed["strain"], recipe["seed"]
                made = zip(*perturbed_frames(*start, *given), strict=True)
                frames: list[Frame] = [Geometry(symbols, *frame) for frame in made]
                yield Planned(use, f"seed_data.perturbed of {system}", frames)
            else:
                yield Planned(use, f"the AIMD run {name} of {system}", run_of_before(campaign, system, task))


def run_of_before(campaign: Campaign, system: str, task: dict[str, object]) -> list[Frame]:
    """Return the frames of an AIMD run that the profile holds already, none if it was never run."""
    state, atoms = campaign.systems[system], campaign.structures()[system]
    level = load_campaign_level(campaign.level_of_theory).in_state(state.charge, state.multiplicity)
    first = FramesData(atoms.get_chemical_symbols(), atoms.positions[None], atoms.cell.array[None], system=system)
    run = known_run(first, orm.Dict(task), level.hash)
    return [frame for block in run.outputs.blocks.values() for frame in block.labelled_frames()] if run else []
