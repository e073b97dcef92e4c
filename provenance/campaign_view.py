"""One campaign as its steps by cycle: what `status`, the summary and the report all read."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

from aiida import orm
from aiida.common.links import LinkType

STEP = re.compile(r"c(?P<cycle>\d+)_(?P<stage>[a-z]+)(?:_(?P<name>\w+))?")
"""How `ActiveLearningWorkChain` names its children: cycle, stage, and the system or task."""

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
        """Seconds from the beginning of a stage to its end; steps that ran side by side count once."""
        steps = self.of(stage, cycle)
        if not steps:
            return 0.0
        start = min(step.node.ctime for step in steps)
        return max((step.node.ctime - start).total_seconds() + step.wall_s for step in steps)


def seconds_between(process: orm.ProcessNode) -> float:
    """Return the seconds from the creation of a process to its end, or until now."""
    end = process.mtime if process.is_terminated else datetime.now(tz=process.ctime.tzinfo)
    return float((end - process.ctime).total_seconds())


def load_view(campaign: orm.WorkChainNode) -> CampaignView:
    """Read the steps of a campaign from its call links.

    :param campaign: node of an ``ActiveLearningWorkChain``.
    """
    links = campaign.base.links.get_outgoing(link_type=(LinkType.CALL_WORK, LinkType.CALL_CALC)).all()
    steps = []
    for link in links:
        match = STEP.fullmatch(link.link_label)
        if match:
            node = cast(orm.ProcessNode, link.node)
            steps.append(Step(int(match["cycle"]), match["stage"], match["name"] or "", node))
    steps.sort(key=lambda step: step.node.pk or 0)
    return CampaignView(campaign, campaign.inputs.settings.get_dict(), steps)


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
    return query.order_by({"campaign": {"id": "desc"}}).all(flat=True)


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
    jobs: dict[int, orm.CalcJobNode] = {}
    for node in nodes:
        below = [node, *node.called_descendants] if not isinstance(node, orm.CalcJobNode) else [node]
        jobs |= {int(job.pk or 0): job for job in below if isinstance(job, orm.CalcJobNode)}
    return [jobs[pk] for pk in sorted(jobs)]
