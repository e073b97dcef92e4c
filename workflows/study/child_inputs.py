"""What each child of a study is given: functions of the study's inputs and of what it knows by then.

The context holds ``plan`` (settings of every part by the name of its call), ``cells`` (crystals in the cell of their
melt), ``crystals`` (frames of crystals that states start from, or that are analysed as they are), ``analysis`` (of the
structure of states), and the children by the names of their calls.
"""

from __future__ import annotations

from typing import Any

from aiida import orm
from aiida.common import AttributeDict
from aiida.common.links import LinkType

from aiida_zif.workflows.properties.validation.settings import ValidationSettings
from aiida_zif.workflows.study.names import ChildName, StateName
from aiida_zif.workflows.study.schema.resources import StudyResources
from aiida_zif.workflows.study.settings import StudySettings
from aiida_zif.workflows.study.steps import frames_of_state


def md_inputs(inputs: AttributeDict) -> dict[str, Any]:
    """Return code, Python and options of every trajectory."""
    options = StudyResources.from_node(inputs.resources).md.options()
    dp = {"dp": inputs.codes.dp} if "dp" in inputs.codes else {}
    return {"code": inputs.codes.lmp, "python": inputs.codes.python, **dp, "metadata": {"options": options}}


def shared_inputs(inputs: AttributeDict, ctx: AttributeDict, part: ChildName) -> dict[str, Any]:
    """Return what every child that runs trajectories is given."""
    md = StudyResources.from_node(inputs.resources).md
    return {
        "committee": dict(inputs.committee),
        "settings": ctx.plan[part.label()],
        "concurrent": max(1, md.concurrent // len(ctx.running)),
        "try_layouts": md.layout == "fastest",
        "metadata": {"call_link_label": part.label(), "label": part.label()},
    }


def melt_inputs(inputs: AttributeDict, ctx: AttributeDict, part: ChildName) -> dict[str, Any]:
    """Return the crystal, and what it is melted with."""
    given = shared_inputs(inputs, ctx, part)
    return {**given, "structure": inputs.systems[part.system], "md": {"md": md_inputs(inputs)}}


def states_inputs(inputs: AttributeDict, ctx: AttributeDict, part: ChildName) -> dict[str, Any] | None:
    """Return the starts of a grid of states; None where the glass that it starts from was not made."""
    settings = StudySettings.from_node(inputs.settings)
    if settings.states is None or settings.states.start == "crystal":
        start, topology = {"crystal": ctx.crystals[part.system]}, inputs.systems[part.system]
    else:
        start, topology = slowest_glass(settings, ctx, part.system), ctx.cells[part.system]
    if not start:
        return None
    given = {"start": start, "topology": topology, "structure": ctx.analysis, "md": md_inputs(inputs)}
    return {**shared_inputs(inputs, ctx, part), **given}


def slowest_glass(settings: StudySettings, ctx: AttributeDict, system: str) -> dict[str, Any]:
    """Return the glasses of the slowest rate that were made, by replica."""
    from aiida_zif.workflows.properties.melt_quench.naming import in_name

    rates = sorted(settings.melt_quench.rates) if settings.melt_quench is not None else []
    found = (frames_made(settings, ctx, StateName(system, "glass", in_name(rate))) for rate in rates)
    return next((frames for frames in found if frames), {})


def structure_inputs(inputs: AttributeDict, ctx: AttributeDict, part: ChildName) -> dict[str, Any] | None:
    """Return the frames of a state; None where there are none."""
    settings = StudySettings.from_node(inputs.settings)
    if settings.moves:
        frames = frames_made(settings, ctx, StateName.parse(part.name))
    else:
        frames = frames_given(inputs, ctx, part.system)
    if not frames:
        return None
    given = {"frames": frames, "settings": ctx.plan[part.label()]}
    given |= {"topology": ctx.cells[part.system]} if settings.moves else {}
    return {**given, "metadata": {"call_link_label": part.label(), "label": part.label()}}


def frames_given(inputs: AttributeDict, ctx: AttributeDict, system: str) -> dict[str, Any]:
    """Return the frames of others of a system by replica, or its crystal as it is."""
    given = inputs.get("frames", {}).get(system)
    return dict(given) if given else {"replica_0": ctx.crystals[system]}


def validation_inputs(inputs: AttributeDict, ctx: AttributeDict, part: ChildName) -> dict[str, Any] | None:
    """Return reports, curves and references of a system; None where no structure was computed."""
    settings = ctx.comparisons.get(part.system)
    if settings is None:
        return None
    wanted = ValidationSettings.from_node(settings)
    found = {ChildName.parse(label).name: nodes for label, nodes in structures_made(ctx).items()}
    given: dict[str, Any] = {
        "settings": settings,
        "reports": {name: found[name]["report"] for name in wanted.computed},
        "curves": {name: found[name]["curves"] for name in wanted.computed},
        "metadata": {"call_link_label": part.label(), "label": part.label()},
    }
    if "facts" in inputs:
        given["facts"] = inputs.facts
    references = inputs.get("references", {})
    for kind, port, names in (("frames", "frames", wanted.frames), ("curves", "measured", wanted.curves)):
        if names:
            given[port] = {name: references[kind][name] for name in names}
    return given


def structures_made(ctx: AttributeDict) -> dict[str, dict[str, Any]]:
    """Return report and curves of every structure, by the name of its call; of a grid with the state behind it."""
    found: dict[str, dict[str, Any]] = {}
    for label in [label for label in ctx if label.startswith(("structure_", "states_"))]:
        outputs = nested_outputs(ctx[label])
        if label.startswith("structure_") and {"report", "curves"} <= outputs.keys():
            found[label] = outputs
        elif label.startswith("states_"):
            found |= {f"{label}_{state}": nodes for state, nodes in outputs.get("structure", {}).items()}
    return found


def frames_made(settings: StudySettings, ctx: AttributeDict, state: StateName) -> dict[str, Any]:
    """Return the frames of a state by replica, as far as its melt-quench brought them."""
    melt = ctx.get(ChildName("melt_quench", state.system).label())
    if melt is None or settings.melt_quench is None:
        return {}
    return frames_of_state(nested_outputs(melt), state, settings.melt_quench.replicas)


def nested_outputs(child: orm.WorkChainNode) -> dict[str, Any]:
    """Return the outputs of a child, those of a namespace below its name."""
    outputs: dict[str, Any] = {}
    for link in child.base.links.get_outgoing(link_type=LinkType.RETURN).all():
        namespace, _, name = link.link_label.rpartition("__")
        holder = outputs
        for part in filter(None, namespace.split("__")):
            holder = holder.setdefault(part, {})
        holder[name] = link.node
    return outputs
