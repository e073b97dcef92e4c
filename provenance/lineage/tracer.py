"""The walk from a node to what it was made from, node by node; what a process has to say is in ``processes``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from aiida import orm
from aiida.common.links import LinkType

from aiida_zif.plugins.data.dataset import DatasetData, blocks_in
from aiida_zif.plugins.data.frames import FramesData, LabelledFramesData
from aiida_zif.plugins.data.potential import DeepPotentialData
from aiida_zif.plugins.words import counted
from aiida_zif.provenance.lineage.lookup import Place
from aiida_zif.provenance.lineage.origin import Origin, campaign_origin, cycle_of, summary_of, with_fact
from aiida_zif.provenance.lineage.structure_sources import record_of_node
from aiida_zif.provenance.queries.calls import within
from aiida_zif.provenance.queries.campaigns import is_campaign
from aiida_zif.provenance.queries.links import outputs_under
from aiida_zif.provenance.queries.trainings import member_of, warm_starts
from aiida_zif.provenance.words import short_list

MANY = 8
"""Blocks of one training that are shown without being asked for all of them."""

MANY_STARTS = 2
"""Models in a row, each trained further from the one before, that are followed without being asked for."""


def oldest_first(blocks: Mapping[str, LabelledFramesData]) -> list[LabelledFramesData]:
    """Return blocks in the order in which they were made."""
    return sorted(blocks.values(), key=lambda block: (block.ctime, block.pk))


CALCULATIONS = "aiida.calculations:"


def entry_point_of(process: orm.ProcessNode) -> str:
    """Return the entry point of a calculation, such as ``zif.cp2k``; empty for a calculation function."""
    return (process.process_type or "").partition(CALCULATIONS)[2]


Handler = Callable[["Tracer", Any, Place | None], Origin]
"""Describes one process and follows what went into it; with the frame that is followed, if it is one."""


class Tracer:
    """Follows links backwards; what was shown once is named again, but not followed again.

    :param depth: levels below the first one.
    :param full: whether to show every member of a committee and every block, not one for all of its kind.
    :param handlers: by entry point of a calculation, name of a calculation function, or type of a work chain.
    """

    def __init__(self, depth: int, full: bool, handlers: Mapping[str, Handler]) -> None:
        self.depth, self.full, self.handlers = depth, full, handlers
        self.shown: set[int] = set()
        self.titles: dict[int, tuple[str, str]] = {}

    def trace(self, node: Any, place: Place | None = None) -> Origin:
        """Return the tree of one node, with the frame that is followed through it."""
        if node.pk in self.shown:
            return Origin(*self.titles.get(node.pk, self.name(node)), node, above=True)
        self.shown.add(node.pk)
        self.depth -= 1
        try:
            origin = self.describe(node, place)
        finally:
            self.depth += 1
        if isinstance(node, orm.ProcessNode):
            self.titles[int(node.pk or 0)] = (origin.kind, origin.title.partition(":")[0])
        return origin

    def describe(self, node: Any, place: Place | None) -> Origin:
        """Return the tree of a node that was not shown yet."""
        if isinstance(node, orm.WorkChainNode):
            described = self.handlers.get(str(node.process_type))
            return described(self, node, place) if described else self.work_chain(node)
        if isinstance(node, orm.ProcessNode):
            handler = self.handlers.get(entry_point_of(node) or str(node.process_label))
            origin = handler(self, node, place) if handler else self.other_process(node, place)
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
        made = node.base.links.get_incoming(link_type=LinkType.CREATE).first()
        if made is None:
            return "data", type(node).__name__
        label = made.link_label if made.link_label != "result" else f"result of {made.node.process_label}"
        return "data", f"{label.replace('_', ' ')} ({type(node).__name__})"

    @staticmethod
    def follow(node: FramesData, place: Place | None) -> Place | None:
        """Return the place in a node of the frame that is followed, if it is there."""
        if place is None or place.node.pk == node.pk:
            return place
        ids = node.frame_ids()
        return Place(node, ids.index(place.frame_id)) if place.frame_id in ids else None

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
        return [campaign_origin(within("systems", label), node) for label, node in campaigns.values()]
