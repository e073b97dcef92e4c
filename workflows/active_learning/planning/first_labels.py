"""What is labelled at the start of a campaign: level of theory and tasks."""

from __future__ import annotations

from typing import Any

from aiida import orm
from aiida.engine import calcfunction

from aiida_zif.workflows.active_learning.state.naming import SEED_PERTURBED, FirstTask, held_out_task, seed_aimd_task
from aiida_zif.workflows.campaign.levels import load_campaign_level
from aiida_zif.workflows.campaign.settings import Settings
from aiida_zif.workflows.engine.naming import key_of
from aiida_zif.workflows.engine.seeds import derive_seed
from aiida_zif.workflows.structures.recipe import Perturbation, StartRecipe

Values = dict[str, Any]


def label_tasks(settings: Settings, system: str) -> dict[str, tuple[StartRecipe, Values]]:
    """Return what is labelled at the start of a campaign: by name, a start recipe and a task of ``zif.cp2k``.

    ``seed_…`` makes the first training set, ``held_out_…`` the frames that no training sees.
    """
    of_system, gates = settings.for_system(system), gate_bounds(settings)
    runs = {seed_aimd_task(index): run for index, run in enumerate(of_system.seed_data.aimd or [])}
    runs |= {held_out_task(index): run for index, run in enumerate(of_system.held_out.aimd)}
    tasks: dict[str, tuple[StartRecipe, Values]] = {}
    for name, run in runs.items():
        task = {"mode": "aimd", "seed": derive_seed(settings.seed, "label", system, name), "gates": gates}
        tasks[name] = StartRecipe(system=system), {**task, **run.model_dump(mode="json")}
    copies = of_system.seed_data.perturbed
    if copies is not None and copies.frames:
        seed = derive_seed(settings.seed, "perturb", system)
        perturbed = Perturbation(frames=copies.frames, displacement=copies.displacement, strain=copies.strain)
        tasks[SEED_PERTURBED] = StartRecipe(system=system, perturbed=perturbed, seed=seed), batch_task(settings)
    return tasks


def batch_task(settings: Settings) -> Values:
    """Return the task of ``zif.label`` for given frames."""
    return {"mode": "batch", "batch_time": settings.labelling.batch_time, "gates": gate_bounds(settings)}


def gate_bounds(settings: Settings) -> Values:
    """Return the gates of a campaign for a task; bounds that its version did not know are left to ``zif.cp2k``."""
    return settings.labelling.gates.model_dump(mode="json", exclude_none=True)


def levels_of(settings: Settings) -> dict[str, orm.Data]:
    """Return the level of theory of all systems, ``level``, and those of systems with a charge or spin of their own."""
    level = load_campaign_level(settings.level_of_theory)
    levels: dict[str, orm.Data] = {"level": orm.Dict(level.as_dict())}
    for system, own in settings.systems.items():
        if own.charge or own.multiplicity is not None:
            levels[key_of("level", system)] = orm.Dict(level.in_state(own.charge, own.multiplicity).as_dict())
    return levels


@calcfunction
def plan_campaign(settings: orm.Dict) -> dict[str, orm.Data]:
    """Derive the level of theory and the first labelling tasks; nothing for a campaign that only trains.

    ``level`` is that of all systems but those with a ``level_SYSTEM``, which have a charge or spin of their own.
    """
    values = Settings.from_node(settings)
    if values.only_trains:
        return {}
    plan = levels_of(values)
    for system in values.systems:
        for name, (start, task) in label_tasks(values, system).items():
            label = FirstTask(system, name).label()
            plan |= {key_of("start", label): orm.Dict(start.as_dict()), key_of("task", label): orm.Dict(task)}
    return plan
