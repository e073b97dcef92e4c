"""What a campaign will label is known beforehand, to the identifier of the frame."""

from __future__ import annotations

from typing import Any

import pytest
from aiida import orm

from aiida_zif.plugins.systems import available_systems, load_system
from aiida_zif.workflows.active_learning.imported.planned_frames import first_frames
from aiida_zif.workflows.campaign.structures import as_stored
from aiida_zif.workflows.structures.first_frames import frames_from_structure
from aiida_zif.workflows.structures.recipe import StartRecipe

RECIPES = [None, {"frames": 3, "displacement": 0.05, "strain": 0.02}]


@pytest.mark.parametrize("system", available_systems())
@pytest.mark.parametrize("perturbed", RECIPES, ids=["crystal", "perturbed"])
def test_planned_frames_are_those_that_a_campaign_makes_from_the_stored_structure(
    aiida_profile: object, system: str, perturbed: dict[str, Any] | None
) -> None:
    atoms, start = as_stored(load_system(system)), {"system": system, "perturbed": perturbed, "seed": 5}
    structure = orm.StructureData(ase=load_system(system)).store()
    made: Any = frames_from_structure(orm.load_node(structure.pk), orm.Dict(start))
    assert first_frames(atoms, StartRecipe.from_dict(start)).frame_ids() == made.frame_ids()
