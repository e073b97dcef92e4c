"""What is labelled at the start of a campaign: level of theory and tasks."""

from __future__ import annotations

from aiida import orm
from aiida.engine import calcfunction

from aiida_zif.workflows.active_learning.planning.sections import Settings, section
from aiida_zif.workflows.active_learning.state.naming import SEED_PERTURBED, FirstTask, held_out_task, seed_aimd_task
from aiida_zif.workflows.campaign.levels import load_campaign_level
from aiida_zif.workflows.engine.naming import key_of
from aiida_zif.workflows.engine.seeds import derive_seed
from aiida_zif.workflows.structures.recipe import Perturbation, StartRecipe


def label_tasks(settings: Settings, system: str) -> dict[str, tuple[StartRecipe, Settings]]:
    """Return what is labelled at the start of a campaign: by name, a start recipe and a task of ``zif.cp2k``.

    ``seed_…`` makes the first training set, ``held_out_…`` the frames that no training sees.
    """
    seed_data, held_out = section(settings, system, "seed_data"), section(settings, system, "held_out")
    gates = settings["labelling"]["gates"]
    runs = {seed_aimd_task(index): run for index, run in enumerate(seed_data.get("aimd") or [])}
    runs |= {held_out_task(index): run for index, run in enumerate(held_out["aimd"])}
    tasks: dict[str, tuple[StartRecipe, Settings]] = {}
    for name, run in runs.items():
        seed = derive_seed(settings["seed"], "label", system, name)
        tasks[name] = StartRecipe(system=system), {"mode": "aimd", "seed": seed, "gates": gates, **run}
    if (seed_data.get("perturbed") or {}).get("frames"):
        seed, perturbed = derive_seed(settings["seed"], "perturb", system), Perturbation(**seed_data["perturbed"])
        tasks[SEED_PERTURBED] = StartRecipe(system=system, perturbed=perturbed, seed=seed), batch_task(settings)
    return tasks


def batch_task(settings: Settings) -> Settings:
    """Return the task of ``zif.label`` for given frames."""
    labelling = settings["labelling"]
    return {"mode": "batch", "batch_time": labelling["batch_time"], "gates": labelling["gates"]}


@calcfunction
def plan_campaign(settings: orm.Dict) -> dict[str, orm.Data]:
    """Derive the level of theory and the first labelling tasks.

    ``level`` is that of all systems but those with a ``level_SYSTEM``, which have a charge or spin of their own.
    """
    values = settings.get_dict()
    level = load_campaign_level(values["level_of_theory"])
    plan: dict[str, orm.Data] = {"level": orm.Dict(level.as_dict())}
    for system, own in values["systems"].items():
        if "charge" in own or "multiplicity" in own:
            state = level.in_state(own.get("charge", 0), own.get("multiplicity"))
            plan[key_of("level", system)] = orm.Dict(state.as_dict())
        for name, (start, task) in label_tasks(values, system).items():
            label = FirstTask(system, name).label()
            plan |= {key_of("start", label): orm.Dict(start.as_dict()), key_of("task", label): orm.Dict(task)}
    return plan
