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
from aiida_zif.workflows.campaign.schema.resources import Resources
from aiida_zif.workflows.campaign.settings import Settings
from aiida_zif.workflows.engine.job_options import with_layout
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
    options = Resources.from_node(inputs.resources).label.options()
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
        "reuse": Settings.from_node(inputs.settings).labelling.reuse,
        "metadata": stage_metadata(ctx.cycle, "label", name),
    }
    if ctx.tasks[name]["mode"] == "batch":
        given["earlier"] = blocks_of(inputs, ctx, ctx.frames[name].system)
        given["concurrent"] = max(1, Resources.from_node(inputs.resources).label.concurrent // len(ctx.running))
    return given


def training_inputs(inputs: AttributeDict, ctx: AttributeDict, plan: Mapping[str, Any]) -> dict[str, Any]:
    """Return data, seeds and means of a committee.

    :param plan: by :func:`~.planning.training.plan_training`.
    """
    settings, stage = Settings.from_node(inputs.settings), Resources.from_node(inputs.resources).train
    training, budget = settings.training, settings.failure_budget.train
    given: dict[str, Any] = {
        "dataset": dict(ctx.dataset),
        "seeds": {name: seed for name, seed in plan.items() if name != "parameters"},
        "lanes": stage.lanes,
        "members": stage.members,
        "concurrent": stage.concurrent,
        "min_models": max(2, math.ceil(training.models * (1.0 - budget))),
        "train": {
            "code": inputs.codes.dp,
            "parameters": plan["parameters"],
            "metadata": {"options": stage.options()},
        },
        "metadata": stage_metadata(ctx.cycle, "train"),
    }
    if training.early_stop and early_stop.applies(plan["parameters"].get_dict()):
        given["train"]["validation"] = dict(ctx.held_out)
    if training.warm_start and "committee" in ctx:
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
            "options": Resources.from_node(inputs.resources).test.options(),
        },
    }


def acquire_inputs(inputs: AttributeDict, ctx: AttributeDict, system: str) -> dict[str, Any]:
    """Return plan and means of one system in this cycle, and what the others have taken or may still take."""
    settings, resources = Settings.from_node(inputs.settings), Resources.from_node(inputs.resources)
    budget, plan = settings.failure_budget, ctx.cycle_plan
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
        "lost_runs": float(budget.explore),
        "lammps": {
            "code": inputs.codes.lmp,
            "python": inputs.codes.python,
            "metadata": {"options": resources.explore.options()},
        },
        "cp2k": cp2k_inputs(inputs, ctx, system),
        "reuse": settings.labelling.reuse,
        "concurrent": max(1, resources.label.concurrent // len(ctx.running)),
        "metadata": stage_metadata(ctx.cycle, "acquire", system),
    }
    last = ctx.frames.get(system)
    if last is not None and "forces_predicted" in last.per_frame:
        given["explored"] = last
    if ctx.cycle == 1:
        given["hopeless"] = float(budget.hopeless)
    return given


def stage_metadata(cycle: int, stage: str, name: str = "") -> dict[str, str]:
    """Name a child so that `status` and a reader of the graph can tell cycle, stage and system."""
    label = StepName(cycle, stage, name).label()
    return {"call_link_label": label, "label": label}


def blocks_of(inputs: AttributeDict, ctx: AttributeDict, system: str) -> dict[str, Any]:
    """Return what is labelled of one system; imported blocks only if their atoms are those of its structure."""
    symbols = inputs.systems[system].get_ase().get_chemical_symbols()
    nodes = ctx.dataset.items()
    return {name: node for name, node in nodes if node.system == system and node.symbols == symbols}
