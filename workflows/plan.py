"""From the campaign's settings to the inputs of each step; every derived node has this as its creator."""

from __future__ import annotations

from typing import Any

from aiida import orm
from aiida.engine import calcfunction

from aiida_zif.workflows.campaign_levels import load_campaign_level
from aiida_zif.workflows.campaign_protocols import merged
from aiida_zif.workflows.seeds import derive_seed

Settings = dict[str, Any]


def section(settings: Settings, system: str, name: str) -> Settings:
    """Return one section of the campaign as it holds for one system (its own keys win).

    :param settings: the campaign's settings.
    :param system: label of the system.
    :param name: such as ``exploration``.
    """
    own = settings.get("systems", {}).get(system, {}).get(name) or {}
    return {**settings[name], **own}


def label_tasks(settings: Settings, system: str) -> dict[str, tuple[Settings, Settings]]:
    """Return what is labelled at the start of a campaign: by name, a start recipe and a task of ``zif.cp2k``.

    ``seed_…`` makes the first training set, ``held_out_…`` the frames that no training sees. A recipe says how
    the structure becomes frames, see :func:`aiida_zif.workflows.frame_steps.frames_from_structure`.
    """
    seed_data, held_out = section(settings, system, "seed_data"), section(settings, system, "held_out")
    gates = settings["labelling"]["gates"]
    runs = {f"seed_aimd_{index}": run for index, run in enumerate(seed_data.get("aimd") or [])}
    runs |= {f"held_out_{index}": run for index, run in enumerate(held_out["aimd"])}
    tasks: dict[str, tuple[Settings, Settings]] = {}
    for name, run in runs.items():
        seed = derive_seed(settings["seed"], "label", system, name)
        tasks[name] = {"system": system, "perturbed": None}, {"mode": "aimd", "seed": seed, "gates": gates, **run}
    perturbed = seed_data.get("perturbed") or {"frames": 0}
    if perturbed["frames"]:
        seed = derive_seed(settings["seed"], "perturb", system)
        tasks["seed_perturbed"] = {"system": system, "perturbed": perturbed, "seed": seed}, batch_task(settings)
    return tasks


def batch_task(settings: Settings) -> Settings:
    """Return the task of ``zif.label`` for given frames."""
    labelling = settings["labelling"]
    return {"mode": "batch", "batch_time": labelling["batch_time"], "gates": labelling["gates"]}


def exploration_runs(settings: Settings, system: str, cycle: int) -> list[Settings]:
    """Return the MD runs of one cycle: every temperature at every pressure, each from a start of its own."""
    exploration = section(settings, system, "exploration")
    conditions = [(t, p) for t in exploration["temperatures"] for p in exploration["pressures"]]
    barostat = exploration["ensemble"] == "npt"
    stage = {
        "kind": exploration["ensemble"],
        "coupling": exploration["coupling"],
        "steps": exploration["steps"],
    }
    return [
        {
            "label": f"{temperature:g}K_{pressure:g}GPa",
            "start": index,
            "seed": derive_seed(settings["seed"], "explore", cycle, system, index),
            "stages": [{**stage, "temperature": temperature} | ({"pressure": pressure} if barostat else {})],
        }
        for index, (temperature, pressure) in enumerate(conditions)
    ]


def affordable(selection: Settings, labels_left: int) -> Settings:
    """Return the selection of one system, cut down to the labels that the campaign may still pay for."""
    control = min(selection["control"], max(labels_left - 1, 0))
    return {**selection, "control": control, "per_cycle": max(1, min(selection["per_cycle"], labels_left - control))}


def exploration_parameters(settings: Settings, selection: Settings, system: str, cycle: int) -> Settings:
    """Return what ``zif.lammps`` needs besides its runs; units as there."""
    exploration = section(settings, system, "exploration")
    keys = ("timestep", "sample_every", "thermostat_time", "barostat_time", "halt")
    return {
        **{key: exploration[key] for key in keys},
        "lower": selection["lower"],
        "upper": selection["upper"],
        "max_candidates": 4 * selection["per_cycle"],
        "n_control": selection["control"],
        "min_separation": selection["min_separation"] * exploration["timestep"],
        "seed": derive_seed(settings["seed"], "harvest", cycle, system),
    }


@calcfunction
def plan_campaign(settings: orm.Dict) -> dict[str, orm.Data]:
    """Derive the level of theory, the training input and the first labelling tasks.

    ``level`` is that of all systems but those with a ``level_SYSTEM``, which have a charge or spin of their own.
    """
    from aiida_zif.plugins.deepmd.inputs import training_input

    values = settings.get_dict()
    level, training = load_campaign_level(values["level_of_theory"]), values["training"]
    learning = training_input(type_map=values["type_map"], rcut=training["rcut"], steps=training["steps"])
    plan: dict[str, orm.Data] = {
        "level": orm.Dict(level.as_dict()),
        "training": orm.Dict(merged(learning, training["deepmd"])),
    }
    for system, own in values["systems"].items():
        if "charge" in own or "multiplicity" in own:
            state = level.in_state(own.get("charge", 0), own.get("multiplicity"))
            plan[f"level_{system}"] = orm.Dict(state.as_dict())
        for name, (start, task) in label_tasks(values, system).items():
            plan[f"start_{system}_{name}"] = orm.Dict(start)
            plan[f"task_{system}_{name}"] = orm.Dict(task)
    return plan


@calcfunction
def plan_training(settings: orm.Dict, state: orm.Dict) -> dict[str, orm.Data]:
    """Derive one seed a committee member."""
    values, cycle = settings.get_dict(), state["cycle"]
    return {
        f"model_{index}": orm.Int(derive_seed(values["seed"], "train", cycle, index))
        for index in range(values["training"]["models"])
    }


@calcfunction
def plan_exploration(settings: orm.Dict, state: orm.Dict) -> dict[str, orm.Data]:
    """Derive the runs, their starting points and the trust window of the cycle that follows ``state``."""
    values, cycle = settings.get_dict(), state["cycle"] + 1
    plan: dict[str, orm.Data] = {}
    labels_left = (values["limits"]["labels"] - state["n_labels"]) // len(values["systems"])
    for system in values["systems"]:
        selection = affordable(section(values, system, "selection"), labels_left)
        runs = exploration_runs(values, system, cycle)
        starts = {"count": len(runs), "seed": derive_seed(values["seed"], "starts", cycle, system)}
        plan[f"runs_{system}"] = orm.List(runs)
        plan[f"starts_{system}"] = orm.Dict(starts)
        plan[f"parameters_{system}"] = orm.Dict(exploration_parameters(values, selection, system, cycle))
        plan[f"task_{system}"] = orm.Dict(batch_task(values))
        plan[f"selection_{system}"] = orm.Dict(selection)
    return plan
