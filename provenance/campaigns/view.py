"""One campaign as its steps by cycle: what `status`, the summary and the report all read."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from aiida import orm
from aiida.common.links import LinkType

from aiida_zif.provenance.campaigns.utilisation import covered
from aiida_zif.provenance.queries import sql
from aiida_zif.provenance.queries.calls import Call, called_by, inputs_of, plain_outputs

STEP = re.compile(r"c(?P<cycle>\d+)_(?P<stage>[a-z]+)(?:_(?P<name>\w+))?")
"""How `ActiveLearningWorkChain` names its children: cycle, stage, and the system or task."""

ACQUIRE, PARTS = "acquire", ("explore", "select", "label", "compare")
"""The stage that holds the cycle of one system, and how `AcquireWorkChain` names its children."""

REPORTS = ("report", "result", "output_parameters")
"""Outputs in which a step says what it has done; the first that it has counts."""

ENTRY_POINT = "aiida.workflows:zif.active_learning"


@dataclass(frozen=True)
class Step:
    """One child of the campaign, as it was when the view was loaded: to ask its node is to ask the database.

    :param report: what it has to say as plain values; empty as long as there is nothing.
    """

    cycle: int
    stage: str
    name: str
    call: Call
    report: dict[str, Any] = field(default_factory=dict)

    @property
    def node(self) -> orm.ProcessNode:
        """The process itself."""
        return self.call.node

    @property
    def pk(self) -> int:
        """Of the process."""
        return self.call.pk

    @property
    def is_running(self) -> bool:
        """Whether it had not ended yet."""
        return self.call.is_running

    @property
    def begun(self) -> float:
        """When it was created, s since 1970."""
        return self.call.begun

    @property
    def wall_s(self) -> float:
        """Seconds from its creation to its end, or until the view was loaded."""
        return self.call.wall_s


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

    def is_held_out(self, step: Step) -> bool:
        """Whether a labelling makes frames that no training sees."""
        return any(step.name.startswith(f"{system}_held_out_") for system in self.settings["systems"])

    def wall_s(self, stage: str, cycle: int) -> float:
        """Seconds in which a step of the stage ran; steps that ran side by side count once."""
        return covered((step.begun, step.begun + step.wall_s) for step in self.of(stage, cycle))


def seconds_between(process: orm.ProcessNode) -> float:
    """Return the seconds from the creation of a process to its end, or until now."""
    end = process.mtime if process.is_terminated else datetime.now(tz=process.ctime.tzinfo)
    return float((end - process.ctime).total_seconds())


def load_view(campaign: orm.WorkChainNode) -> CampaignView:
    """Read the steps of a campaign from its call links.

    :param campaign: node of an ``ActiveLearningWorkChain``.
    """
    named = [(match, call) for call in children(campaign) if (match := STEP.fullmatch(call.label))]
    parts = called_by((call.pk for match, call in named if match["stage"] == ACQUIRE), campaign.backend)
    steps: list[Step] = []
    for match, call in named:
        cycle, stage, name = int(match["cycle"]), match["stage"], match["name"] or ""
        if stage == ACQUIRE:
            of_system = [part for part in parts.get(call.pk, []) if part.label in PARTS]
            steps += [Step(cycle, part.label, name, part) for part in of_system]
        else:
            steps.append(Step(cycle, stage, name, call))
    reports = plain_outputs((step.pk for step in steps), REPORTS, campaign.backend)
    steps = [replace(step, report=reports.get(step.pk, {})) for step in steps]
    steps.sort(key=lambda step: (step.begun, step.pk))  # an archive gives its nodes new pks in any order
    return CampaignView(campaign, campaign.inputs.settings.get_dict(), steps)


def children(chain: orm.ProcessNode) -> list[Call]:
    """Return what a work chain called."""
    pk = int(chain.pk or 0)
    return called_by([pk], chain.backend).get(pk, [])


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
    pk = int(node.pk or 0)
    return dict(sorted(inputs_of([pk], namespace, node.backend).get(pk, {}).items()))


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
