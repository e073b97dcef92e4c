"""How a campaign that goes on begins: what it takes over, and the frames that it labels first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiida.common import AttributeDict

from aiida_zif.plugins.data.frames import FramesData
from aiida_zif.workflows.active_learning.child_inputs import blocks_of, stage_metadata
from aiida_zif.workflows.active_learning.extension.choice import select_untrusted
from aiida_zif.workflows.active_learning.extension.planning import plan_extension
from aiida_zif.workflows.active_learning.selection.choice_report import Choice
from aiida_zif.workflows.active_learning.state.naming import FirstTask
from aiida_zif.workflows.active_learning.state.verdict import Verdict
from aiida_zif.workflows.campaign.settings import Settings
from aiida_zif.workflows.engine.naming import as_kind, key_of


def take_over(inputs: AttributeDict, ctx: AttributeDict) -> None:
    """Put what the campaign of before has left into the context, and the plan of the first step."""
    previous = inputs.previous
    ctx.plan = AttributeDict(plan_extension(inputs.settings, previous.verdict))
    ctx.cycle = Verdict.from_node(previous.verdict).cycle + bool(inputs.get("untrusted"))
    ctx.dataset, ctx.held_out = AttributeDict(dict(previous.dataset)), AttributeDict(dict(previous.held_out))
    ctx.committee, ctx.trained_steps = AttributeDict(dict(previous.committee)), longest_training(inputs)
    ctx.held_out_names, ctx.queue, ctx.failed, ctx.evidence = [], [], [], AttributeDict()
    ctx.frames, ctx.tasks, ctx.reports, ctx.selections = (AttributeDict() for _ in range(4))


def choose_frames(inputs: AttributeDict, ctx: AttributeDict) -> str | None:
    """Choose, system by system, the frames that are labelled first; return why not, if a strategy fails."""
    for system, frames in by_system(inputs.get("untrusted", {})).items():
        if key_of("selection", system) not in ctx.plan:
            continue  # left out by the campaign of before
        result, call = select_untrusted.run_get_node(
            selection=ctx.plan[key_of("selection", system)],
            metadata=stage_metadata(ctx.cycle, "select", system),
            **as_kind("untrusted", frames),
            **as_kind("known", blocks_of(inputs, ctx, system)),
        )
        if result is None or not call.is_finished_ok:
            return str(call.exit_message)
        ctx.selections[system] = result["report"]
        if Choice.from_node(result["report"]).n_selected:
            task = FirstTask.untrusted(system).label()
            ctx.tasks[task], ctx.frames[task] = ctx.plan[key_of("task", system)], result["frames"]
    ctx.queue = list(ctx.tasks)
    return None


def by_system(untrusted: Mapping[str, FramesData]) -> dict[str, dict[str, FramesData]]:
    """Return sets of frames by system and name."""
    found: dict[str, dict[str, FramesData]] = {}
    for name, frames in sorted(untrusted.items()):
        found.setdefault(frames.system, {})[name] = frames
    return found


def needed_codes(inputs: Mapping[str, Any]) -> list[str]:
    """Return the codes of a campaign that goes on, by their names in a campaign file."""
    cycle = Verdict.from_node(inputs["previous"]["verdict"]).cycle + bool(inputs.get("untrusted"))
    more = Settings.from_node(inputs["settings"]).limits.cycles > cycle
    labels = more or bool(inputs.get("untrusted"))
    return [*(["cp2k"] if labels else []), "dp", *(["lmp", "python"] if more else [])]


def longest_training(inputs: AttributeDict) -> int:
    """Return the steps of the last committee: one that is taken over has had them."""
    from aiida_zif.workflows.campaign.schema.training_steps import first_and_last

    return first_and_last(Settings.from_node(inputs.settings).training.steps)[1]
