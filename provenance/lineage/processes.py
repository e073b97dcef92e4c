"""What each kind of process has to say in a lineage, and what of its inputs is followed.

A new kind is one more function with :func:`describes` above it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from aiida import orm

from aiida_zif.plugins.data.dataset import DatasetData, blocks_in
from aiida_zif.plugins.data.frames import FramesData, LabelledFramesData
from aiida_zif.plugins.imports.declaration import ModelDeclaration
from aiida_zif.plugins.words import counted, counts_in_words
from aiida_zif.provenance.lineage.import_remarks import import_remarks
from aiida_zif.provenance.lineage.lookup import Place
from aiida_zif.provenance.lineage.origin import Origin
from aiida_zif.provenance.lineage.tracer import Handler, Tracer, oldest_first
from aiida_zif.provenance.queries.links import inputs_under
from aiida_zif.provenance.queries.trainings import seeds_of, starts_of
from aiida_zif.provenance.words import aimd_in_words, perturbed_in_words
from aiida_zif.workflows.active_learning.exploration.starts import DrawRecipe
from aiida_zif.workflows.active_learning.selection.choice_report import Choice
from aiida_zif.workflows.active_learning.selection.plan import SelectionPlan
from aiida_zif.workflows.engine.naming import of_kind
from aiida_zif.workflows.labelling.known_imports import blocks_of_import, declaration_of
from aiida_zif.workflows.structures.recipe import StartRecipe

HANDLERS: dict[str, Handler] = {}
"""By entry point of a calculation, name of a calculation function, or type of a work chain."""


def describes(*processes: str) -> Callable[[Handler], Handler]:
    """Enter a function into :data:`HANDLERS` for some processes."""

    def enter(handler: Handler) -> Handler:
        HANDLERS.update(dict.fromkeys(processes, handler))
        return handler

    return enter


@describes("zif.deepmd.train", "zif.deepmd.train_pack")
def training(tracer: Tracer, job: orm.CalcJobNode, place: Place | None) -> Origin:
    """One model, or several in one job: their seeds, the blocks they learnt, the models they started from."""
    blocks = oldest_first(blocks_in(inputs_under(job, "dataset")))
    n_frames, seeds, starts = sum(block.n_frames for block in blocks), seeds_of(job), starts_of(job)
    listed = ", ".join(map(str, seeds.values()))
    who = f"seed {listed}" if len(seeds) == 1 else f"{len(seeds)} members side by side, seeds {listed}"
    title = f"DeePMD-kit training, {who}, on {n_frames} frames in {len(blocks)} blocks"
    facts: dict[str, Any] = {"seed": next(iter(seeds.values()))} if len(seeds) == 1 else {"seeds": seeds}

    def origins() -> list[Origin]:
        warm = list(starts.values()) if tracer.full else list(starts.values())[:1]
        return [*tracer.blocks(blocks), *map(tracer.warm_start, warm)]

    return Origin("training", title, job, {**facts, "n_frames": n_frames}, tracer.below(origins))


@describes("zif.deepmd.test")
def test(tracer: Tracer, job: orm.CalcJobNode, place: Place | None) -> Origin:
    """A test: the committee and the held-out blocks."""
    committee, blocks = inputs_under(job, "committee"), inputs_under(job, "blocks")
    title = f"DeePMD-kit test of {len(committee)} models on {sum(b.n_frames for b in blocks.values())} frames"
    origins = tracer.below(lambda: [*tracer.blocks(list(blocks.values())), tracer.committee(committee)])
    return Origin("test", title, job, origins=origins)


@describes("zif.cp2k")
def labelling(tracer: Tracer, job: orm.CalcJobNode, place: Place | None) -> Origin:
    """Labels: single points on given frames, or AIMD from a first frame."""
    task = job.inputs.task.get_dict()
    title = f"CP2K, {counted(job.inputs.frames.n_frames, 'frame')} in one job"
    facts: dict[str, Any] = {"mode": task["mode"]}
    if task["mode"] == "aimd":
        facts |= {key: task.get(key) for key in ("temperature", "timestep", "steps")}
        title = f"CP2K, {aimd_in_words(task)}"
        if "restart" in job.inputs:
            facts["first_step"] = task["first_step"]
            title += f", continuing from step {task['first_step']}"
        if place is not None and "step" in place.values():
            facts["step"] = place.values()["step"]
            title += f"; this frame is step {facts['step']}"
    before = (job.inputs.restart.creator, None) if "restart" in job.inputs else (job.inputs.frames, place)
    return Origin("labelling", title, job, facts, tracer.below(lambda: [tracer.trace(*before)]))


@describes("zif.lammps")
def exploration(tracer: Tracer, job: orm.CalcJobNode, place: Place | None) -> Origin:
    """Molecular dynamics with a committee: conditions, and those of the frame that is followed."""
    runs = job.inputs.runs.get_list()
    facts: dict[str, Any] = {"runs": [run["label"] for run in runs]}
    title = f"LAMMPS, {len(runs)} runs ({tracer.listed(facts['runs'])})"
    values = place.values() if place is not None else {}
    if {"run", "step", "temperature"} <= values.keys():
        run = runs[int(values["run"])]["label"]
        facts |= {"run": run} | {key: values[key] for key in ("step", "temperature", "pressure") if key in values}
        title = f"LAMMPS run {run}, step {values['step']}, {values['temperature']:.0f} K"
        title += f", {values['pressure']:.2f} GPa" if "pressure" in values else ""
    committee = inputs_under(job, "committee")
    origins = tracer.below(lambda: [tracer.committee(committee), tracer.trace(job.inputs.frames)])
    return Origin("exploration", title, job, facts, origins)


@describes("select_frames")
def selection(tracer: Tracer, call: orm.CalcFunctionNode, place: Place | None) -> Origin:
    """A choice: how many, of how many, at what deviation, in which window."""
    choice, window = Choice.from_node(call.outputs.report), SelectionPlan.from_node(call.inputs.selection)
    trust = f"trust levels {window.lower:g} and {window.upper:g} eV/Å"
    facts = {"lower": window.lower, "upper": window.upper, "strategy": choice.strategy}
    facts |= choice.model_dump(include={"n_selected", "n_control", "n_candidate", "n_explored", "not_chosen"})
    title = f"chosen by {', '.join(choice.strategy)}: {choice.n_selected} of {choice.n_explored} explored "
    title += f"frames, {choice.n_control} at random; not chosen: {counts_in_words(choice.not_chosen)}"
    if place is not None and "max_force_deviation" in place.values():
        values = place.values()
        role = "drawn at random as a control" if values.get("role") else f"chosen by {', '.join(choice.strategy)}"
        facts |= {"role": "control" if values.get("role") else "chosen"}
        facts["max_force_deviation"] = values["max_force_deviation"]
        title = f"{role} at a deviation of {values['max_force_deviation']:.3f} eV/Å"
    source = call.inputs.candidates.creator or call.inputs.candidates
    return Origin("selection", f"{title}; {trust}", call, facts, tracer.below(lambda: [tracer.trace(source, place)]))


@describes("select_untrusted")
def untrusted(tracer: Tracer, call: orm.CalcFunctionNode, place: Place | None) -> Origin:
    """A choice among the frames that a study did not trust: how many, in which window, and the study's frames."""
    choice, window = Choice.from_node(call.outputs.report), SelectionPlan.from_node(call.inputs.selection)
    facts = {"lower": window.lower, "upper": window.upper, "strategy": choice.strategy}
    facts |= choice.model_dump(include={"n_selected", "n_explored", "not_chosen"})
    title = f"chosen by {', '.join(choice.strategy)}: {choice.n_selected} of {choice.n_explored} frames that a study "
    title += f"did not trust; not chosen: {counts_in_words(choice.not_chosen) or 'none'}"
    links = call.base.links.get_incoming(node_class=FramesData).all()
    sources = of_kind("untrusted", {link.link_label: link.node for link in links})
    followed = [node for node in sources.values() if place is None or place.frame_id in node.frame_ids()]
    title += f"; trust levels {window.lower:g} and {window.upper:g} eV/Å"
    return Origin("selection", title, call, facts, tracer.below(lambda: [tracer.trace(one, place) for one in followed]))


@describes("frames_from_structure")
def first_frames(tracer: Tracer, call: orm.CalcFunctionNode, place: Place | None) -> Origin:
    """The crystal itself, or strained and rattled copies of it."""
    title = f"the crystal{perturbed_in_words(StartRecipe.from_node(call.inputs.start))}"
    return Origin("start", title, call, origins=tracer.below(lambda: [tracer.trace(call.inputs.structure)]))


@describes("draw_starts")
def starts(tracer: Tracer, call: orm.CalcFunctionNode, place: Place | None) -> Origin:
    """Starting points of exploration: the blocks that hold those that were drawn."""
    sources = {link.link_label: link.node for link in call.base.links.get_incoming().all()}
    known = {name: node for name, node in sources.items() if isinstance(node, LabelledFramesData | DatasetData)}
    pool = oldest_first(blocks_in(known))
    drawn = set(call.outputs.result.frame_ids()) if "result" in call.outputs else set()
    blocks = [block for block in pool if drawn & set(block.frame_ids())] or pool
    wanted = DrawRecipe.from_node(call.inputs.starts)
    erred = f", {wanted.uncertain} of them where the committee erred most" if wanted.uncertain else ""
    title = f"{counted(len(drawn), 'start')} drawn from {len(pool)} blocks{erred}, seed {wanted.seed}"
    return Origin("start", title, call, origins=tracer.below(lambda: tracer.blocks(blocks)))


@describes("reuse_labels", "reuse_run")
def reuse(tracer: Tracer, call: orm.CalcFunctionNode, place: Place | None) -> Origin:
    """Labels of before: the blocks that they were taken from, and what they were asked for."""
    links = call.base.links.get_incoming(node_class=LabelledFramesData).all()
    sources = [*of_kind("source", {link.link_label: link.node for link in links}).values()]
    if place is not None:
        sources = [block for block in sources if place.frame_id in block.frame_ids()][:1]
    title = f"labelled before, taken from {counted(len(sources), 'block')} of the profile"
    origins = tracer.below(lambda: [tracer.trace(node, place) for node in (*sources, call.inputs.frames)])
    return Origin("reuse", title, call, origins=origins)


@describes("import_model")
def imported_model(tracer: Tracer, call: orm.CalcFunctionNode, place: Place | None) -> Origin:
    """A model from elsewhere: what was declared of it; nothing of its training is known here."""
    declared = ModelDeclaration.from_node(call.inputs.declaration)
    facts = declared.model_dump(exclude_none=True)
    said = [f"source {declared.source}", f"trained on {declared.level} (as declared)"]
    said += [f"by {declared.by}"] if declared.by else []
    said += [f"licence {declared.licence or 'not stated'}", f"SHA-256 {declared.checksum}"]
    return Origin("import", f"model imported from {declared.name}, {', '.join(said)}", call, facts)


@describes("import_labels")
def imported(tracer: Tracer, call: orm.CalcFunctionNode, place: Place | None) -> Origin:
    """Labels from elsewhere: what was declared of them, and the files."""
    declared = declaration_of(call)
    facts = declared.model_dump(include={"name", "format", "source", "checksum", "reading"})
    title = f"imported from {declared.name} ({declared.format}), source {declared.source or 'not given'}"
    block = blocks_of_import(call)[0]  # what holds for an import holds for every block of it
    remarks = "".join(f"; {remark}" for remark in import_remarks(block))
    return Origin("import", f"{title}, SHA-256 {declared.checksum}{remarks}", call, facts)
