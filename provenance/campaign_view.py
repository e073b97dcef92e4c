"""One campaign as its steps by cycle: what `status`, the summary and the report all read."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, cast

from aiida import orm
from aiida.common.links import LinkType

from aiida_zif.provenance import sql
from aiida_zif.provenance.engine import covered

STEP = re.compile(r"c(?P<cycle>\d+)_(?P<stage>[a-z]+)(?:_(?P<name>\w+))?")
"""How `ActiveLearningWorkChain` names its children: cycle, stage, and the system or task."""

ACQUIRE, PARTS = "acquire", ("explore", "select", "label", "compare")
"""The stage that holds the cycle of one system, and how `AcquireWorkChain` names its children."""

ENTRY_POINT = "aiida.workflows:zif.active_learning"


@dataclass(frozen=True)
class Step:
    """One child of the campaign."""

    cycle: int
    stage: str
    name: str
    node: orm.ProcessNode

    @property
    def is_running(self) -> bool:
        """Whether it has not ended yet."""
        return not self.node.is_terminated

    @property
    def wall_s(self) -> float:
        """Seconds from its creation to its end, or until now."""
        return seconds_between(self.node)

    @cached_property
    def report(self) -> dict[str, Any]:
        """What it has to say, its output ``report`` or ``result`` as plain values; empty as long as there is none."""
        outputs = self.node.outputs
        return next((outputs[name].get_dict() for name in ("report", "result") if name in outputs), {})


@dataclass(frozen=True)
class CampaignView:
    """A campaign's work chain and its steps in the order in which they were taken."""

    node: orm.WorkChainNode
    settings: dict[str, Any]
    steps: list[Step] = field(default_factory=list)

    @property
    def last_cycle(self) -> int:
        """The newest cycle of which anything exists."""
        return max((step.cycle for step in self.steps), default=0)

    @property
    def elapsed_s(self) -> float:
        """Seconds from the beginning of the campaign to its end, or until now."""
        return seconds_between(self.node)

    def of(self, stage: str, cycle: int | None = None) -> list[Step]:
        """Return the steps of one stage, of one cycle or of all."""
        return [s for s in self.steps if s.stage == stage and cycle in (None, s.cycle)]

    def one(self, stage: str, cycle: int) -> orm.ProcessNode | None:
        """Return the node of a stage that a cycle has once, if it was reached."""
        steps = self.of(stage, cycle)
        return steps[-1].node if steps else None

    def is_held_out(self, step: Step) -> bool:
        """Whether a labelling makes frames that no training sees."""
        return any(step.name.startswith(f"{system}_held_out_") for system in self.settings["systems"])

    def wall_s(self, stage: str, cycle: int) -> float:
        """Seconds in which a step of the stage ran; steps that ran side by side count once."""
        begun = [(step.node.ctime.timestamp(), step.wall_s) for step in self.of(stage, cycle)]
        return covered((begin, begin + wall_s) for begin, wall_s in begun)


def seconds_between(process: orm.ProcessNode) -> float:
    """Return the seconds from the creation of a process to its end, or until now."""
    end = process.mtime if process.is_terminated else datetime.now(tz=process.ctime.tzinfo)
    return float((end - process.ctime).total_seconds())


def load_view(campaign: orm.WorkChainNode) -> CampaignView:
    """Read the steps of a campaign from its call links.

    :param campaign: node of an ``ActiveLearningWorkChain``.
    """
    steps = []
    for label, child in called_by(campaign):
        match = STEP.fullmatch(label)
        if match is None:
            continue
        cycle, stage, name = int(match["cycle"]), match["stage"], match["name"] or ""
        if stage == ACQUIRE:
            steps += [Step(cycle, part, name, node) for part, node in called_by(child) if part in PARTS]
        else:
            steps.append(Step(cycle, stage, name, child))
    steps.sort(key=lambda step: (step.node.ctime, step.node.pk or 0))  # an archive gives its nodes new pks in any order
    return CampaignView(campaign, campaign.inputs.settings.get_dict(), steps)


def called_by(chain: orm.ProcessNode) -> list[tuple[str, orm.ProcessNode]]:
    """Return the children of a work chain, each with the label of its link."""
    links = chain.base.links.get_outgoing(link_type=(LinkType.CALL_WORK, LinkType.CALL_CALC)).all()
    return [(link.link_label, cast(orm.ProcessNode, link.node)) for link in links]


def find_campaigns(label: str | None = None, unfinished: bool = False) -> list[orm.WorkChainNode]:
    """Return the campaigns of the profile, the newest first.

    :param label: name of the campaign, if only those of one name are wanted.
    :param unfinished: whether to leave out those that have ended.
    """
    filters: dict[str, Any] = {"process_type": ENTRY_POINT}
    if label is not None:
        filters["label"] = label
    if unfinished:
        filters["attributes.process_state"] = {"!in": ["finished", "excepted", "killed"]}
    query = orm.QueryBuilder().append(orm.WorkChainNode, filters=filters, tag="campaign")
    return query.order_by({"campaign": {"ctime": "desc"}}).all(flat=True)


def inputs_under(node: orm.ProcessNode, namespace: str) -> dict[str, Any]:
    """Return the inputs of a dynamic namespace by label.

    Labels that hold a double underscore would be nested by ``node.inputs``, therefore the links are read.

    :param node: the process.
    :param namespace: such as ``dataset``.
    """
    links = node.base.links.get_incoming(link_type=(LinkType.INPUT_CALC, LinkType.INPUT_WORK)).all()
    return _under(links, namespace)


def outputs_under(node: orm.ProcessNode, namespace: str) -> dict[str, Any]:
    """Return the outputs of a dynamic namespace by label, see :func:`inputs_under`."""
    return _under(node.base.links.get_outgoing(link_type=(LinkType.CREATE, LinkType.RETURN)).all(), namespace)


def _under(links: Iterable[Any], namespace: str) -> dict[str, Any]:
    prefix = f"{namespace}__"
    found = {link.link_label.removeprefix(prefix): link.node for link in links if link.link_label.startswith(prefix)}
    return dict(sorted(found.items()))


def calcjobs_of(nodes: Iterable[orm.ProcessNode]) -> list[orm.CalcJobNode]:
    """Return all CalcJobs at or below the given processes, oldest first."""
    pks = sql.jobs_below([int(node.pk or 0) for node in nodes])
    query = orm.QueryBuilder().append(orm.CalcJobNode, filters={"id": {"in": pks}}, tag="job")
    return query.order_by({"job": "ctime"}).all(flat=True) if pks else []
