"""From the campaign's settings to the inputs of each step; every derived node has this as its creator."""

from __future__ import annotations

from collections.abc import Mapping

from aiida import orm
from aiida.engine import calcfunction
from pydantic import BaseModel

from aiida_zif.plugins.data.frames import LabelledFramesData
from aiida_zif.plugins.deepmd.testing.frame_errors import read_errors
from aiida_zif.plugins.selection import offered_to
from aiida_zif.plugins.selection.calibration import Calibration
from aiida_zif.plugins.selection.window import held_out_error
from aiida_zif.workflows.active_learning.exploration.starts import DrawRecipe
from aiida_zif.workflows.active_learning.planning.first_labels import Values, batch_task
from aiida_zif.workflows.active_learning.selection.label_budget import affordable, with_levels
from aiida_zif.workflows.active_learning.selection.plan import SelectionPlan
from aiida_zif.workflows.active_learning.state.curriculum import (
    Target,
    conditions,
    position,
    stages_of,
    target_in_label,
)
from aiida_zif.workflows.active_learning.state.naming import systems_of
from aiida_zif.workflows.active_learning.state.quarantine import taking_part
from aiida_zif.workflows.active_learning.state.verdict import Verdict
from aiida_zif.workflows.campaign.schema.exploration import Exploration
from aiida_zif.workflows.campaign.settings import Settings
from aiida_zif.workflows.engine.naming import key_of
from aiida_zif.workflows.engine.seeds import derive_seed


def exploration_runs(settings: Settings, system: str, cycle: int, stage: int = 0) -> list[Values]:
    """Return the MD runs of one cycle: every temperature at every pressure, each from a start of its own.

    The members of the committee take turns to drive, so that no condition is always driven by the same one.

    :param stage: of the curriculum, see :mod:`~.curriculum`.
    """
    exploration = stages_of(settings.for_system(system).exploration)[stage]
    return [
        {
            "label": f"{target_in_label(temperature, 'K')}_{target_in_label(pressure, 'GPa')}",
            "start": index,
            "seed": derive_seed(settings.seed, "explore", cycle, system, index),
            "driver": (index + cycle) % settings.training.models,
            "stages": motion(exploration, temperature, pressure),
        }
        for index, (temperature, pressure) in enumerate(conditions(exploration))
    ]


def motion(exploration: Exploration, temperature: Target, pressure: Target) -> list[Values]:
    """Return the stages of one run: an equilibration, which is not sampled, at where its ramps begin, and the MD."""
    sampled = {
        "kind": exploration.ensemble,
        "coupling": exploration.coupling,
        "steps": exploration.steps,
        "temperature": temperature,
    } | ({"pressure": pressure} if exploration.ensemble == "npt" else {})
    begin = {key: value[0] if isinstance(value, list | tuple) else value for key, value in sampled.items()}
    steps = exploration.equilibration
    return [*([{**begin, "kind": "equilibrate", "steps": steps}] if steps else []), sampled]


def exploration_parameters(settings: Settings, selection: Values, system: str, cycle: int) -> Values:
    """Return what ``zif.lammps`` needs besides its runs; units as there."""
    exploration = settings.for_system(system).exploration
    return {
        "timestep": exploration.timestep,
        "sample_every": exploration.sample_every,
        "thermostat_time": exploration.thermostat_time,
        "barostat_time": exploration.barostat_time,
        "halt": plain(exploration.halt),
        "chemistry": plain(exploration.chemistry),
        "preflight": exploration.preflight,
        "plumed": exploration.plumed,
        "lower": selection["lower"],
        "upper": selection["upper"],
        "max_candidates": 4 * selection["per_cycle"],
        "keep": offered_to(selection["strategy"]),
        "n_control": selection["control"],
        "min_separation": selection["min_separation"] * exploration.timestep,
        "seed": derive_seed(settings.seed, "harvest", cycle, system),
    }


def plain(section: BaseModel | None) -> Values | None:
    """Return a section as plain values; None where an earlier version did not know it, so that defaults hold."""
    return section.model_dump(mode="json") if section is not None else None


def starts_recipe(settings: Settings, system: str, cycle: int, n_runs: int) -> DrawRecipe:
    """Return how the starting points of one cycle are drawn."""
    exploration = settings.for_system(system).exploration
    return DrawRecipe(
        count=n_runs,
        uncertain=round(exploration.uncertain_starts * n_runs),
        seed=derive_seed(settings.seed, "starts", cycle, system),
        chemistry=plain(exploration.chemistry) or {},
    )


def plan_selections(
    settings: Settings,
    systems: list[str],
    cycle: int,
    n_labels: int,
    calibration: Calibration | None,
    errors: orm.ArrayData | None,
    held_out: Mapping[str, str] | None = None,
) -> dict[str, SelectionPlan]:
    """Return by system how frames will be chosen: with the labels that are left, the trust levels, and a seed.

    :param errors: of the committee on held-out frames.
    :param held_out: system by held-out block.
    """
    left = settings.limits.labels - n_labels
    known = {label: block.of_a_member for label, block in read_errors(errors).items()} if errors is not None else {}
    plan = {}
    for system in systems:
        of_system = settings.for_system(system)
        selection = affordable(of_system.selection.model_dump(mode="json"), left, len(systems))
        halt = of_system.exploration.halt.force_deviation
        curve = calibration.of(system) if calibration is not None else None
        plan[system] = with_levels(selection, halt, held_out_error(known, held_out or {}, system), curve)
        plan[system]["seed"] = derive_seed(settings.seed, "select", cycle, system)
    for_choice = left - sum(selection["control"] for selection in plan.values())
    return {system: SelectionPlan.from_dict({**one, "labels_left": for_choice}) for system, one in plan.items()}


@calcfunction
def plan_exploration(
    settings: orm.Dict,
    verdict: orm.Dict,
    calibration: orm.Dict | None = None,
    errors: orm.ArrayData | None = None,
    **held_out: LabelledFramesData,
) -> dict[str, orm.Data]:
    """Derive the runs, their starting points and the trust window of the cycle that follows ``verdict``.

    :param settings: of the campaign.
    :param verdict: the newest one; systems that it has left out are not explored.
    :param calibration: the newest relation between deviation and true error, once there is one.
    :param errors: of the committee on held-out frames.
    :param held_out: those frames, ``block_…``; they say what system an error belongs to.
    """
    values, newest = Settings.from_node(settings), Verdict.from_node(verdict)
    plan: dict[str, orm.Data] = {}
    cycle, systems = newest.cycle + 1, taking_part(values.systems, newest.systems)
    relation = Calibration.from_node(calibration) if calibration is not None else None
    selections = plan_selections(values, systems, cycle, newest.n_labels, relation, errors, systems_of(held_out))
    for system, selection in selections.items():
        place = position(values.for_system(system).exploration, system, newest.history)
        runs = exploration_runs(values, system, cycle, place.stage)
        plan |= {
            key_of("stage", system): orm.Dict(place.as_dict()),
            key_of("runs", system): orm.List(runs),
            key_of("starts", system): orm.Dict(starts_recipe(values, system, cycle, len(runs)).as_dict()),
            key_of("parameters", system): orm.Dict(
                exploration_parameters(values, selection.model_dump(), system, cycle)
            ),
            key_of("task", system): orm.Dict(batch_task(values)),
            key_of("selection", system): orm.Dict(selection.as_dict()),
        }
    return plan
