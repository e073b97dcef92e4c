"""What each child of a campaign is given: functions of the campaign's inputs and of what it knows by then.

The context holds ``plan`` and ``cycle_plan`` (nodes by name), ``frames`` and ``tasks`` (by task), ``dataset``,
``held_out`` and ``committee`` (nodes by label), ``verdict`` (the newest one), and the ``queue`` of what waits.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from aiida.common import AttributeDict

from aiida_zif.plugins.cp2k.batches.layout import Layout
from aiida_zif.plugins.deepmd.training import early_stop
from aiida_zif.workflows.active_learning.state.naming import StepName
from aiida_zif.workflows.engine.job_options import stage_options, with_layout
from aiida_zif.workflows.engine.naming import Kind, Try, key_of


def timing_inputs(inputs: AttributeDict, ctx: AttributeDict) -> dict[str, Any]:
    """Return what the layouts are tried on: the largest system."""
    system = max(inputs.systems, key=lambda name: len(inputs.systems[name].sites))
    return {
        "structure": inputs.systems[system],
        "cp2k": cp2k_inputs(inputs, ctx, system),
        "metadata": stage_metadata(ctx.cycle, "timing", system),
    }


def cp2k_inputs(inputs: AttributeDict, ctx: AttributeDict, system: str) -> dict[str, Any]:
    """Return what all labellings of a system share, in the layout that was the fastest if one was looked for."""
    options = stage_options(inputs.resources["label"])
    if "timing" in ctx and ctx.timing.is_finished_ok:
        layout = Layout.from_node(ctx.timing.outputs.layout)
        options = with_layout(options, layout.n_ranks, layout.n_threads)
    level = ctx.plan.get(key_of("level", system), ctx.plan["level"])
    return {"code": inputs.codes.cp2k, "level": level, "metadata": {"options": options}}


def labelling_inputs(inputs: AttributeDict, ctx: AttributeDict, name: str) -> dict[str, Any]:
    """Return frames and means of one of the tasks that run now."""
    given = {
        "frames": ctx.frames[name],
        "task": ctx.tasks[name],
        "cp2k": cp2k_inputs(inputs, ctx, ctx.frames[name].system),
        "reuse": inputs.settings["labelling"]["reuse"],
        "metadata": stage_metadata(ctx.cycle, "label", name),
    }
    if ctx.tasks[name]["mode"] == "batch":
        given["earlier"] = blocks_of(inputs, ctx, ctx.frames[name].system)
        given["concurrent"] = max(1, width(inputs.resources, "label") // len(ctx.running))
    return given


def training_inputs(inputs: AttributeDict, ctx: AttributeDict, plan: Mapping[str, Any]) -> dict[str, Any]:
    """Return data, seeds and means of a committee.

    :param plan: by :func:`~.planning.training.plan_training`.
    """
    resources = inputs.resources["train"]
    settings, budget = inputs.settings["training"], inputs.settings["failure_budget"]["train"]
    given = {
        "dataset": dict(ctx.dataset),
        "seeds": {name: seed for name, seed in plan.items() if name != "parameters"},
        "lanes": resources.get("lanes") or 1,
        "members": resources.get("members") or 1,
        "concurrent": width(inputs.resources, "train"),
        "min_models": max(2, math.ceil(settings["models"] * (1.0 - budget))),
        "train": {
            "code": inputs.codes.dp,
            "parameters": plan["parameters"],
            "metadata": {"options": stage_options(resources)},
        },
        "metadata": stage_metadata(ctx.cycle, "train"),
    }
    if settings["early_stop"] and early_stop.applies(plan["parameters"].get_dict()):
        given["train"]["validation"] = dict(ctx.held_out)
    if settings.get("warm_start") and "committee" in ctx:
        given["init_committee"] = dict(ctx.committee)
    return given


def test_inputs(inputs: AttributeDict, ctx: AttributeDict) -> dict[str, Any]:
    """Return the newest committee and the frames that no training sees."""
    return {
        "code": inputs.codes.dp,
        "committee": dict(ctx.committee),
        "blocks": dict(ctx.held_out),
        "metadata": {
            **stage_metadata(ctx.cycle, Try("test", ctx.evaluation_tries).label()),
            "options": stage_options(inputs.resources["test"]),
        },
    }


def acquire_inputs(inputs: AttributeDict, ctx: AttributeDict, system: str) -> dict[str, Any]:
    """Return plan and means of one system in this cycle, and what the others have taken or may still take."""
    resources, budget, plan = inputs.resources, inputs.settings["failure_budget"], ctx.cycle_plan
    parts: tuple[Kind, ...] = ("starts", "runs", "parameters", "selection", "task")
    may_choose = [name for name in [*ctx.running, *ctx.queue] if name != system]
    given = {
        "system": system,
        "crystal": inputs.systems[system],
        "committee": dict(ctx.committee),
        "plan": {part: plan[key_of(part, system)] for part in parts},
        "dataset": blocks_of(inputs, ctx, system),
        "earlier": dict(ctx.selections),
        "waiting": {name: plan[key_of("selection", name)] for name in may_choose},
        "lost_runs": float(budget["explore"]),
        "lammps": {
            "code": inputs.codes.lmp,
            "python": inputs.codes.python,
            "metadata": {"options": stage_options(resources["explore"])},
        },
        "cp2k": cp2k_inputs(inputs, ctx, system),
        "reuse": inputs.settings["labelling"]["reuse"],
        "concurrent": max(1, width(inputs.resources, "label") // len(ctx.running)),
        "metadata": stage_metadata(ctx.cycle, "acquire", system),
    }
    last = ctx.frames.get(system)
    if last is not None and "forces_predicted" in last.per_frame:
        given["explored"] = last
    if ctx.cycle == 1:
        given["hopeless"] = float(budget["hopeless"])
    return given


def stage_metadata(cycle: int, stage: str, name: str = "") -> dict[str, str]:
    """Name a child so that `status` and a reader of the graph can tell cycle, stage and system."""
    label = StepName(cycle, stage, name).label()
    return {"call_link_label": label, "label": label}


def width(resources: Mapping[str, Any], stage: str) -> int:
    """Return the number of jobs or systems of a stage that run side by side."""
    return int(resources[stage].get("concurrent") or 1)


def blocks_of(inputs: AttributeDict, ctx: AttributeDict, system: str) -> dict[str, Any]:
    """Return what is labelled of one system; imported blocks only if their atoms are those of its structure."""
    symbols = inputs.systems[system].get_ase().get_chemical_symbols()
    nodes = ctx.dataset.items()
    return {name: node for name, node in nodes if node.system == system and node.symbols == symbols}
