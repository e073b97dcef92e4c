"""What the processes of a study have to say in a lineage: trajectories, frames of states, tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from aiida import orm
from aiida.common.links import LinkType

from aiida_zif.plugins.data.frames import FramesData
from aiida_zif.plugins.data.potential import DeepPotentialData
from aiida_zif.plugins.words import counted
from aiida_zif.provenance.lineage.lookup import Place
from aiida_zif.provenance.lineage.origin import Origin
from aiida_zif.provenance.lineage.processes import describes
from aiida_zif.provenance.lineage.tracer import Tracer
from aiida_zif.provenance.queries import sql
from aiida_zif.provenance.queries.links import children, creation_label, inputs_under
from aiida_zif.provenance.words import short_list
from aiida_zif.workflows.engine.naming import of_kind
from aiida_zif.workflows.study.names import ENTRY_POINT
from aiida_zif.workflows.study.settings import StudySettings

FS_PER_PS = 1000.0
WORKFLOWS = "aiida.workflows:"
MD_CHAIN = f"{WORKFLOWS}zif.md"


@describes("zif.lammps.md")
def trajectory(tracer: Tracer, job: orm.CalcJobNode, place: Place | None) -> Origin:
    """A job of molecular dynamics: stages; the frame that it began with, the committee, the job that it continued."""
    stages, parameters = job.inputs.stages.get_list(), job.inputs.parameters.get_dict()
    timestep, seed = float(parameters.get("timestep", 0.5)), parameters.get("seed")
    where = place_in_study(job)
    words = "; ".join(stage_in_words(stage, timestep) for stage in stages)
    title = f"LAMMPS MD{f', {where}' if where else ''}: {words}{'' if seed is None else f'; seed {seed}'}"
    facts: dict[str, Any] = {"stages": stages, "timestep_fs": timestep, "seed": seed, "trajectory": where}

    def origins() -> list[Origin]:
        before = [earlier_job(tracer, job)] if "restart" in job.inputs else []
        return [*before, tracer.trace(job.inputs.frames), tracer.committee(inputs_under(job, "committee"))]

    return Origin("trajectory", title, job, facts, tracer.below(origins))


def earlier_job(tracer: Tracer, job: orm.CalcJobNode) -> Origin:
    """The job that a job continued from its last checkpoint; the folder between them is no file of the profile."""
    folder = job.inputs.restart
    origin = tracer.trace(folder.creator) if folder.creator is not None else Origin("data", "a restart folder", folder)
    origin.title = f"continued from {origin.title}"
    return origin


def stage_in_words(stage: dict[str, Any], timestep: float) -> str:
    """Return one stage: name, temperature, time.

    :param timestep: fs.
    """
    name = str(stage.get("name") or stage["kind"]).replace("_", " ")
    if stage["kind"] == "minimise":
        return name
    first, last = ends_of(stage.get("temperature"))
    target = "" if first is None else f" {first:g} K" if first == last else f" {first:g} to {last:g} K"
    return f"{name}{target}, {float(stage['steps']) * timestep / FS_PER_PS:g} ps"


def ends_of(target: Any) -> tuple[float | None, float | None]:
    """Return the first and the last value of a target; None where nothing is controlled."""
    if target is None:
        return None, None
    return (float(target[0]), float(target[-1])) if isinstance(target, list | tuple) else (float(target),) * 2


def place_in_study(process: orm.ProcessNode) -> str:
    """Return which trajectory of which study a job belongs to, such as ``quench_0_at_20 of study zif4-glass <12>``."""
    calls = sql.calls_above(int(process.pk or 0))
    callers: dict[int, Any] = {pk: orm.load_node(pk) for pk, _, _ in calls}
    chains = {pk for pk, node in callers.items() if node.process_type == MD_CHAIN}
    names = [
        label
        for _, label, called in calls
        if called in {*chains, process.pk if process.process_type == MD_CHAIN else 0}
    ]
    studies = [f"study {node.label} <{pk}>" for pk, node in callers.items() if node.process_type == ENTRY_POINT]
    return " of ".join([*names[:1], *studies[:1]])


# -- calculation functions -----------------------------------------------------------------------------------

MADE_OF_FRAMES = {
    "report_structure": "table and curves of the structure",
    "count_distances": "distances of all pairs of atoms",
    "measure_network": "bonds, angles and linkers",
    "search_rings": "rings of the linker graph",
    "follow_dynamics": "bonds, atoms and planes from frame to frame",
    "evaluate": "states, transitions, checks and verdict of a melt and quench",
    "merge_untrusted": "frames above the trust level of several trajectories",
    "frames_of_stages": "snapshots of the stages of a trajectory",
    "join_curves": "series of several trajectories",
    "start_of": "last frame of a state",
    "exchange_parts": "parts of frames of a state exchanged for those of another",
    "report_states": "states, and the causes of their change of structure",
    "judge_study": "verdict of a study",
    "compare_with_references": "results beside those of others",
}
"""Calculation function of a study → what it makes."""


@describes(*MADE_OF_FRAMES)
def made_of_frames(tracer: Tracer, call: orm.CalcFunctionNode, place: Place | None) -> Origin:
    """What a step made of frames, series or numbers of trajectories: these, one for all of a kind."""
    what = MADE_OF_FRAMES[str(call.process_label)]
    return Origin("result", what, call, origins=tracer.below(lambda: sources_of(tracer, call, place)))


FIRST = ("glass", "frames", "quench", "melt")
"""Kinds of inputs that lead furthest back, and are shown before others."""


def sources_of(tracer: Tracer, call: orm.CalcFunctionNode, place: Place | None) -> list[Origin]:
    """Return what a step was given, kind by kind: frames and models; numbers where no frame is; else the crystal."""
    links = sorted(call.base.links.get_incoming().all(), key=lambda link: link.link_label)
    given = {link.link_label: link.node for link in links if isinstance(link.node, orm.Data)}
    frames = {label: node for label, node in given.items() if isinstance(node, FramesData)}
    if place is not None:
        frames = {label: node for label, node in frames.items() if place.frame_id in node.frame_ids()} or frames
    models = {label: node for label, node in given.items() if isinstance(node, DeepPotentialData)}
    crystals = [node for node in given.values() if isinstance(node, orm.StructureData)]
    made = {
        label: node
        for label, node in given.items()
        if node.creator is not None and not isinstance(node, FramesData | DeepPotentialData | orm.StructureData)
    }
    shown = {**frames, **made} if tracer.full else frames or made
    found = [origin for kind, nodes in by_kind(shown).items() for origin in several(tracer, nodes, kind)]
    found += [tracer.committee(of_kind("model", models) or models)] if models else []
    return found or [tracer.trace(crystal) for crystal in crystals]


def by_kind(nodes: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Return nodes by the first word of their labels, those that lead furthest back first."""
    found: dict[str, list[Any]] = {}
    for label, node in nodes.items():
        found.setdefault(label.partition("_")[0], []).append(node)
    rank = {kind: place for place, kind in enumerate(FIRST)}
    return {kind: found[kind] for kind in sorted(found, key=lambda kind: (rank.get(kind, len(rank)), kind))}


def several(tracer: Tracer, nodes: Sequence[Any], noun: str) -> list[Origin]:
    """Return nodes of a kind: the first stands for all, unless everything is wanted."""
    if tracer.full or len(nodes) <= 1:
        return [tracer.trace(node) for node in nodes]
    shown = tracer.trace(nodes[0])
    pks = [node.pk for node in nodes[1:]]
    tracer.shown.update(int(pk or 0) for pk in pks)
    listed = ", ".join(short_list([f"<{pk}>" for pk in pks]))
    title = f"{counted(len(pks), 'other node')} of {noun} made alike: {listed} (--full)"
    return [shown, Origin("more", title, facts={"pks": pks})]


@describes("make_cell")
def cell(tracer: Tracer, call: orm.CalcFunctionNode, place: Place | None) -> Origin:
    """The cell that is melted: the crystal that it was built of."""
    origins = tracer.below(lambda: [tracer.trace(call.inputs.structure)])
    return Origin("start", "cell that is run, built of the crystal", call, origins=origins)


# -- work chains ---------------------------------------------------------------------------------------------

CHAINS = {
    "zif.melt_quench": "melt and quench",
    "zif.structure": "structure",
    "zif.states": "grid of states",
    "zif.validate": "comparison with other results",
}
"""Entry point of a part of a study → what it is."""


@describes(ENTRY_POINT)
def study(tracer: Tracer, chain: orm.WorkChainNode, place: Place | None) -> Origin:
    """A study: its parts, and the committee that drove."""
    seed = StudySettings.from_node(chain.inputs.settings).seed
    parts = sorted(children(chain), key=lambda call: (call.begun, call.pk))
    committee = inputs_under(chain, "committee")

    def origins() -> list[Origin]:
        found = [tracer.trace(call.node) for call in parts if entry_point(call.node) in CHAINS]
        return [*found, tracer.committee(committee)]

    facts = {"name": chain.label, "seed": seed}
    return Origin("study", f"study {chain.label}, seed {seed}", chain, facts, tracer.below(origins))


@describes(*(f"{WORKFLOWS}{name}" for name in CHAINS))
def part(tracer: Tracer, chain: orm.WorkChainNode, place: Place | None) -> Origin:
    """A part of a study: its report, and its frames as far as the report does not lead to them."""
    label = creation_label(chain)
    title = f"{CHAINS[entry_point(chain)]}{f' ({label})' if label else ''}"
    links = chain.base.links.get_outgoing(link_type=LinkType.RETURN).all()
    by_name: dict[str, list[Any]] = {}
    for link in sorted(links, key=lambda link: (link.link_label != "report", link.link_label)):
        by_name.setdefault(link.link_label.partition("__")[0], []).append(link.node)

    def origins() -> list[Origin]:
        return [origin for name, nodes in by_name.items() for origin in several(tracer, nodes, name)]

    return Origin("part", title, chain, origins=tracer.below(origins))


@describes(MD_CHAIN)
def jobs_of_trajectory(tracer: Tracer, chain: orm.WorkChainNode, place: Place | None) -> Origin:
    """A trajectory: its newest job, which leads to those before it."""
    jobs = sorted((call for call in children(chain) if isinstance(call.node, orm.CalcJobNode)), key=lambda one: one.pk)
    title = f"trajectory {place_in_study(chain) or chain.label}".rstrip()
    return Origin("part", title, chain, origins=tracer.below(lambda: [tracer.trace(job.node) for job in jobs[-1:]]))


def entry_point(chain: orm.ProcessNode) -> str:
    """Return the entry point of a work chain, such as ``zif.structure``."""
    return (chain.process_type or "").removeprefix(WORKFLOWS)
