"""Where a model, a block, a frame or a job comes from, as a tree down to the crystal structure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from aiida import orm

from aiida_zif.plugins.data.dataset import DatasetData, blocks_in
from aiida_zif.plugins.data.frames import FramesData, LabelledFramesData
from aiida_zif.plugins.data.potential import DeepPotentialData
from aiida_zif.provenance.lineage.import_remarks import import_remarks
from aiida_zif.provenance.lineage.lookup import Place, Target
from aiida_zif.provenance.lineage.origin import Origin, campaign_origin, cycle_of, summary_of, with_fact
from aiida_zif.provenance.lineage.structure_sources import record_of_node
from aiida_zif.provenance.queries.campaigns import is_campaign
from aiida_zif.provenance.queries.links import inputs_under, outputs_under
from aiida_zif.provenance.queries.trainings import member_of, seeds_of, starts_of, warm_starts
from aiida_zif.provenance.words import aimd_in_words, counted, in_words, perturbed_in_words, short_list
from aiida_zif.workflows.active_learning.exploration.starts import DrawRecipe
from aiida_zif.workflows.active_learning.selection.plan import SelectionPlan
from aiida_zif.workflows.labelling.known_imports import blocks_of_import
from aiida_zif.workflows.structures.recipe import StartRecipe

MANY = 8
"""Blocks of one training that are shown without being asked for all of them."""

MANY_STARTS = 2
"""Models in a row, each trained further from the one before, that are followed without being asked for."""


def oldest_first(blocks: Mapping[str, LabelledFramesData]) -> list[LabelledFramesData]:
    """Return blocks in the order in which they were made."""
    return sorted(blocks.values(), key=lambda block: (block.ctime, block.pk))


def trace(target: Target, depth: int | None = None, full: bool = False) -> Origin:
    """Return the tree of what something was made from.

    :param target: from :func:`find_target`.
    :param depth: levels below the first one; all if left out.
    :param full: show every member of a committee and every block, not one for all of its kind.
    """
    return Tracer(depth if depth is not None else 10**6, full).trace(target.node, target.place)


class Tracer:
    """Follows links backwards; what was shown once is named again, but not followed again."""

    def __init__(self, depth: int, full: bool) -> None:
        self.depth, self.full = depth, full
        self.shown: set[int] = set()
        self.processes: dict[str, Callable[[Any, Place | None], Origin]] = {
            "DeepmdTrainCalculation": self.training,
            "DeepmdTrainPackCalculation": self.training,
            "DeepmdTestCalculation": self.test,
            "Cp2kLabelCalculation": self.labelling,
            "LammpsExploreCalculation": self.exploration,
            "select_frames": self.selection,
            "frames_from_structure": self.first_frames,
            "draw_starts": self.starts,
            "reuse_labels": self.reuse,
            "reuse_run": self.reuse,
            "import_labels": self.imported,
        }

    def trace(self, node: Any, place: Place | None = None) -> Origin:
        """Return the tree of one node, with the frame that is followed through it."""
        if node.pk in self.shown:
            return Origin(*self.name(node), node, above=True)
        self.shown.add(node.pk)
        self.depth -= 1
        try:
            return self.describe(node, place)
        finally:
            self.depth += 1

    def describe(self, node: Any, place: Place | None) -> Origin:
        """Return the tree of a node that was not shown yet."""
        if isinstance(node, orm.WorkChainNode):
            return self.work_chain(node)
        if isinstance(node, orm.ProcessNode):
            origin = self.processes.get(node.process_label or "", self.other_process)(node, place)
            cycle = cycle_of(node)
            return origin if cycle is None else with_fact(origin, "cycle", cycle)
        origin = Origin(*self.name(node), node)
        if isinstance(node, FramesData):
            place = self.follow(node, place)
            if place is not None:
                origin.title = f"frame {place.frame_id}, index {place.index} of {origin.title}"
                origin.facts = {"frame_id": place.frame_id, "index": place.index, **place.values()}
        if isinstance(node, LabelledFramesData):
            origin.facts |= {"level_of_theory": node.level_of_theory["line"], "n_frames": node.n_frames}
        if isinstance(node, DatasetData):
            origin.facts = {"n_blocks": node.n_blocks, "n_frames": node.n_frames}
            origin.origins = self.below(lambda: self.blocks(oldest_first(node.blocks())))
        elif isinstance(node, orm.StructureData):
            origin.facts = record = record_of_node(node)
            origin.title += f": {record['structure']}; source {record['source']}; licence {record['licence']}"
            origin.origins = self.campaigns_of(node)
        elif node.creator is not None:
            origin.origins = self.below(lambda: [self.trace(node.creator, place)])
        return origin

    def below(self, make: Callable[[], list[Origin]]) -> list[Origin]:
        """Return the next level, or a mark that there is one."""
        return make() if self.depth >= 0 else [Origin("more", "not shown: what is below (a larger --depth shows it)")]

    def listed(self, items: list[str]) -> str:
        """Return items side by side, the middle of many counted only, unless everything is wanted."""
        return ", ".join(items if self.full else short_list(items))

    @staticmethod
    def name(node: Any) -> tuple[str, str]:
        """Return kind and title of a node."""
        if isinstance(node, DeepPotentialData):
            return "model", f"potential {member_of(node) or node.filename}"
        if isinstance(node, LabelledFramesData):
            return "block", f"{counted(node.n_frames, 'labelled frame')} of {node.system}"
        if isinstance(node, FramesData):
            return "frames", f"{counted(node.n_frames, 'frame')} of {node.system}"
        if isinstance(node, DatasetData):
            frames, blocks = counted(node.n_frames, "labelled frame"), counted(node.n_blocks, "block")
            return "dataset", f"data set of {node.system}, {frames} in {blocks}"
        if isinstance(node, orm.StructureData):
            return "structure", f"structure {node.get_formula('hill_compact')}, {len(node.sites)} atoms"
        if isinstance(node, orm.ProcessNode):
            return "process", str(node.process_label)
        return "data", type(node).__name__

    @staticmethod
    def follow(node: FramesData, place: Place | None) -> Place | None:
        """Return the place in a node of the frame that is followed, if it is there."""
        if place is None or place.node.pk == node.pk:
            return place
        ids = node.frame_ids()
        return Place(node, ids.index(place.frame_id)) if place.frame_id in ids else None

    # -- processes ---------------------------------------------------------------------------------------------

    def training(self, job: orm.CalcJobNode, place: Place | None) -> Origin:
        """One model, or several in one job: their seeds, the blocks they learnt, the models they started from."""
        blocks = oldest_first(blocks_in(inputs_under(job, "dataset")))
        n_frames, seeds, starts = sum(block.n_frames for block in blocks), seeds_of(job), starts_of(job)
        listed = ", ".join(map(str, seeds.values()))
        who = f"seed {listed}" if len(seeds) == 1 else f"{len(seeds)} members side by side, seeds {listed}"
        title = f"DeePMD-kit training, {who}, on {n_frames} frames in {len(blocks)} blocks"
        facts: dict[str, Any] = {"seed": next(iter(seeds.values()))} if len(seeds) == 1 else {"seeds": seeds}

        def origins() -> list[Origin]:
            warm = list(starts.values()) if self.full else list(starts.values())[:1]
            return [*self.blocks(blocks), *map(self.warm_start, warm)]

        return Origin("training", title, job, {**facts, "n_frames": n_frames}, self.below(origins))

    def warm_start(self, model: DeepPotentialData) -> Origin:
        """The model that a training started from; a long row of such starts is named, not followed."""
        earlier = [m for m in warm_starts(model) if m.pk not in self.shown]
        if self.full or len(earlier) <= MANY_STARTS:
            origin = self.trace(model)
        else:
            self.shown.update(int(m.pk or 0) for m in earlier)
            facts = {"pks": [m.pk for m in earlier]}
            origin = Origin(*self.name(model), model, facts)
            origin.title += f" (and so on, {len(earlier)} models in a row; --full shows them)"
        origin.title = f"started from {origin.title}"
        return origin

    def blocks(self, blocks: list[LabelledFramesData]) -> list[Origin]:
        """Return blocks one by one, except for those shown above and the middle of many."""
        new = [block for block in blocks if block.pk not in self.shown]
        known = [block for block in blocks if block.pk in self.shown]
        hidden = [] if self.full or len(new) <= MANY else new[MANY // 2 : -MANY // 2]
        self.shown.update(int(block.pk or 0) for block in hidden)
        found = [summary_of(known, "shown above", above=True)] if known else []
        for block in new:
            if block not in hidden:
                found.append(self.trace(block))
            elif block is hidden[0]:
                found.append(summary_of(hidden, "not shown (--full)"))
        return found

    def test(self, job: orm.CalcJobNode, place: Place | None) -> Origin:
        """A test: the committee and the held-out blocks."""
        committee, blocks = inputs_under(job, "committee"), inputs_under(job, "blocks")
        title = f"DeePMD-kit test of {len(committee)} models on {sum(b.n_frames for b in blocks.values())} frames"
        origins = self.below(lambda: [*self.blocks(list(blocks.values())), self.committee(committee)])
        return Origin("test", title, job, origins=origins)

    def labelling(self, job: orm.CalcJobNode, place: Place | None) -> Origin:
        """Labels: single points on given frames, or AIMD from a first frame."""
        task = job.inputs.task.get_dict()
        title = f"CP2K, {counted(job.inputs.frames.n_frames, 'frame')} in one job"
        facts: dict[str, Any] = {"mode": task["mode"]}
        if task["mode"] == "aimd":
            facts |= {key: task.get(key) for key in ("temperature", "timestep", "steps")}
            title = f"CP2K, {aimd_in_words(task)}"
            if "restart" in job.inputs:
                facts["first_step"] = task["first_step"]
                title += f", going on from step {task['first_step']}"
            if place is not None and "step" in place.values():
                facts["step"] = place.values()["step"]
                title += f"; this frame is step {facts['step']}"
        before = (job.inputs.restart.creator, None) if "restart" in job.inputs else (job.inputs.frames, place)
        return Origin("labelling", title, job, facts, self.below(lambda: [self.trace(*before)]))

    def selection(self, call: orm.CalcFunctionNode, place: Place | None) -> Origin:
        """A choice: how many, of how many, at what deviation, in which window."""
        report, window = call.outputs.report, SelectionPlan.from_node(call.inputs.selection)
        trust = f"trust levels {window.lower:g} and {window.upper:g} eV/Å"
        facts = {"lower": window.lower, "upper": window.upper, "strategy": report.get("strategy", ["window"])}
        facts |= {key: report[key] for key in ("n_selected", "n_control", "n_candidate", "n_explored", "not_chosen")}
        title = f"chosen by {', '.join(facts['strategy'])}: {report['n_selected']} of {report['n_explored']} explored "
        title += f"frames, {report['n_control']} at random; not chosen: {in_words(report['not_chosen'])}"
        if place is not None and "max_force_deviation" in place.values():
            values = place.values()
            role = "drawn at random as a control" if values.get("role") else f"chosen by {', '.join(facts['strategy'])}"
            facts |= {"role": "control" if values.get("role") else "chosen"}
            facts["max_force_deviation"] = values["max_force_deviation"]
            title = f"{role} at a deviation of {values['max_force_deviation']:.3f} eV/Å"
        source = call.inputs.candidates.creator or call.inputs.candidates
        return Origin("selection", f"{title}; {trust}", call, facts, self.below(lambda: [self.trace(source, place)]))

    def exploration(self, job: orm.CalcJobNode, place: Place | None) -> Origin:
        """Molecular dynamics with a committee: conditions, and those of the frame that is followed."""
        runs = job.inputs.runs.get_list()
        facts: dict[str, Any] = {"runs": [run["label"] for run in runs]}
        title = f"LAMMPS, {len(runs)} runs ({self.listed(facts['runs'])})"
        values = place.values() if place is not None else {}
        if {"run", "step", "temperature"} <= values.keys():
            run = runs[int(values["run"])]["label"]
            facts |= {"run": run} | {key: values[key] for key in ("step", "temperature", "pressure") if key in values}
            title = f"LAMMPS run {run}, step {values['step']}, {values['temperature']:.0f} K"
            title += f", {values['pressure']:.2f} GPa" if "pressure" in values else ""
        committee = inputs_under(job, "committee")
        origins = self.below(lambda: [self.committee(committee), self.trace(job.inputs.frames)])
        return Origin("exploration", title, job, facts, origins)

    def committee(self, members: dict[str, DeepPotentialData]) -> Origin:
        """Several models: the first one stands for all, unless everything is wanted."""
        models = list(members.values())
        above = all(model.pk in self.shown for model in models)
        facts = {"models": {name: model.pk for name, model in members.items()}}
        cycle = cycle_of(models[0].creator) if models and models[0].creator else None
        names = self.listed([f"{name} <{pk}>" for name, pk in facts["models"].items()])
        origin = Origin("committee", f"committee of {len(models)}: {names}", facts=facts, above=above)
        if cycle is not None:
            origin = with_fact(origin, "cycle", cycle)
        if not above:
            new = [model for model in models if model.pk not in self.shown]
            if not self.full:
                self.shown.update(int(model.pk or 0) for model in new[1:])
                new = new[:1]
            origin.origins = self.below(lambda: [self.trace(model) for model in new])
        return origin

    def first_frames(self, call: orm.CalcFunctionNode, place: Place | None) -> Origin:
        """The crystal itself, or strained and rattled copies of it."""
        title = f"the crystal{perturbed_in_words(StartRecipe.from_node(call.inputs.start))}"
        return Origin("start", title, call, origins=self.below(lambda: [self.trace(call.inputs.structure)]))

    def starts(self, call: orm.CalcFunctionNode, place: Place | None) -> Origin:
        """Starting points of exploration: the blocks that hold those that were drawn."""
        sources = {link.link_label: link.node for link in call.base.links.get_incoming().all()}
        known = {name: node for name, node in sources.items() if isinstance(node, LabelledFramesData | DatasetData)}
        pool = oldest_first(blocks_in(known))
        drawn = set(call.outputs.result.frame_ids()) if "result" in call.outputs else set()
        blocks = [block for block in pool if drawn & set(block.frame_ids())] or pool
        wanted = DrawRecipe.from_node(call.inputs.starts)
        erred = f", {wanted.uncertain} of them where the committee erred most" if wanted.uncertain else ""
        title = f"{counted(len(drawn), 'start')} drawn from {len(pool)} blocks{erred}, seed {wanted.seed}"
        return Origin("start", title, call, origins=self.below(lambda: self.blocks(blocks)))

    def reuse(self, call: orm.CalcFunctionNode, place: Place | None) -> Origin:
        """Labels of before: the blocks that they were taken from, and what they were asked for."""
        links = call.base.links.get_incoming(node_class=LabelledFramesData).all()
        sources = [link.node for link in links if link.link_label.startswith("source_")]
        if place is not None:
            sources = [block for block in sources if place.frame_id in block.frame_ids()][:1]
        title = f"labelled before, taken from {counted(len(sources), 'block')} of the profile"
        origins = self.below(lambda: [self.trace(node, place) for node in (*sources, call.inputs.frames)])
        return Origin("reuse", title, call, origins=origins)

    def imported(self, call: orm.CalcFunctionNode, place: Place | None) -> Origin:
        """Labels from elsewhere: what was declared of them, and the files."""
        declared = call.inputs.declaration.get_dict()
        facts = {key: declared.get(key, {}) for key in ("name", "format", "source", "checksum", "reading")}
        title = f"imported from {declared['name']} ({declared['format']}), source {declared['source'] or 'not given'}"
        block = blocks_of_import(call)[0]  # what holds for an import holds for every block of it
        remarks = "".join(f"; {remark}" for remark in import_remarks(block))
        return Origin("import", f"{title}, SHA-256 {declared['checksum']}{remarks}", call, facts)

    def other_process(self, process: orm.ProcessNode, place: Place | None) -> Origin:
        """Any other calculation: every datum that went in, settings and codes left out."""
        links = process.base.links.get_incoming().all()
        kept = (FramesData, DeepPotentialData, orm.StructureData)
        sources = [link.node for link in links if isinstance(link.node, kept)]
        origins = self.below(lambda: [self.trace(source, place) for source in sources])
        return Origin("process", str(process.process_label).replace("_", " "), process, origins=origins)

    def work_chain(self, chain: orm.WorkChainNode) -> Origin:
        """A work chain: what it handed over."""
        committee, found = outputs_under(chain, "committee"), outputs_under(chain, "dataset")
        blocks = [*blocks_in(found).values(), *outputs_under(chain, "blocks").values()]
        origins = self.below(lambda: self.blocks(blocks) + ([self.committee(committee)] if committee else []))
        return Origin("work_chain", f"{chain.process_label} {chain.label}".strip(), chain, origins=origins)

    @staticmethod
    def campaigns_of(structure: orm.StructureData) -> list[Origin]:
        """Return the campaigns that were given a structure."""
        links = structure.base.links.get_outgoing(node_class=orm.WorkChainNode).all()
        campaigns: dict[int, tuple[str, Any]] = {
            int(link.node.pk or 0): (link.link_label, link.node) for link in links if is_campaign(link.node)
        }
        return [campaign_origin(label.removeprefix("systems__"), node) for label, node in campaigns.values()]
