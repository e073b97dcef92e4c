"""The builder of a convergence study, from a campaign."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiida import orm
from aiida.engine import ProcessBuilder
from aiida.plugins import WorkflowFactory

from aiida_zif.plugins.cp2k.levels import Level
from aiida_zif.plugins.data.frames import FramesData
from aiida_zif.workflows.campaign.levels import load_campaign_level
from aiida_zif.workflows.campaign.loading import Campaign
from aiida_zif.workflows.engine.seeds import derive_seed
from aiida_zif.workflows.level_convergence.ladder import read_ladder
from aiida_zif.workflows.level_convergence.ladder_check import ladder_problems
from aiida_zif.workflows.level_convergence.study import Noise, Overridden, Study
from aiida_zif.workflows.structures.recipe import Perturbation, StartRecipe

PERTURBED = Perturbation(frames=2, displacement=0.05, strain=0.02)
"""Frames of a study: no force is zero by symmetry, and no two cells are alike; Å, and the largest strain."""


def study_of(
    campaign: Campaign,
    system: str,
    level: str | None = None,
    ladder: Mapping[str, list[Any]] | None = None,
    noise: Mapping[str, float] | None = None,
    frame: tuple[FramesData, int] | None = None,
) -> tuple[Level, Study]:
    """Return the level as it is and what a study is asked.

    :param campaign: a checked campaign.
    :param system: label of the system whose frames are labelled.
    :param level: its name, without overrides; that of the campaign, with its overrides, if left out.
    :param ladder: values by setting, the coarsest first; those of the level if left out.
    :param noise: tolerated errors that differ from those of :class:`~.study.Noise`.
    :param frame: frames and the index of the one to take; the structure of the system if left out.
    :raises ValueError: for a level or setting that there is not, and for elements that the level does not know.
    """
    own: dict[str, Any] = {"name": level, "overrides": {}} if level else campaign.level_of_theory.model_dump()
    state = campaign.systems[system]
    given = load_campaign_level(own).in_state(state.charge, state.multiplicity)
    given.check_elements(frame[0].symbols if frame else campaign.structures()[system].get_chemical_symbols())
    if ladder and (problems := ladder_problems(ladder, given)):
        raise ValueError("\n".join(problems))
    ladder = dict(ladder or given.settings.get("ladder", {}))
    read_ladder(ladder, given)
    seed, index = derive_seed(campaign.seed, "converge", system), frame[1] if frame else None
    start = StartRecipe(system=system, perturbed=PERTURBED, seed=seed, index=index)
    known = Overridden(name=own["name"], overrides=own["overrides"])
    return given, Study(own=known, ladder=ladder, noise=Noise(**(noise or {})), start=start)


def builder_of_study(
    campaign: Campaign, level: Level, study: Study, source: orm.Data, max_ranks: int | None = None
) -> ProcessBuilder:
    """Return a builder; CP2K must be set up in the loaded profile.

    :param source: the structure, or the frames of which the study takes one.
    :param max_ranks: most MPI ranks of one job, if the campaign asks for more.
    :raises NotExistent: if the code is not set up.
    """
    resources = campaign.resources.label.with_ranks_below(max_ranks)
    builder: Any = ProcessBuilder(WorkflowFactory("zif.converge"))  # type: ignore[arg-type]
    builder.cp2k.code = orm.load_code(campaign.codes.cp2k)
    builder.cp2k.metadata.options = resources.options()
    builder.level = orm.Dict(level.as_dict())
    builder.study = orm.Dict(study.as_dict())
    builder.concurrent = resources.concurrent
    builder.metadata.label = f"{campaign.name}: convergence of {level.name}"
    builder["structure" if isinstance(source, orm.StructureData) else "frames"] = source
    return builder
