"""A campaign as its steps by cycle, which `status`, `watch`, the summary and the report read.

A view is loaded in a few queries for any number of cycles; separate queries for each node take minutes for a hundred.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from aiida import orm

from aiida_zif.plugins.data.record import Report
from aiida_zif.provenance.campaigns.spans import covered
from aiida_zif.provenance.queries.calls import Call, called_by, plain_outputs
from aiida_zif.provenance.queries.links import children, seconds_between
from aiida_zif.workflows.active_learning.state.naming import ACQUIRE, PARTS, FirstTask, StepName, use_of
from aiida_zif.workflows.campaign.settings import Settings

Kind = TypeVar("Kind", bound=Report)

REPORTS = ("report", "result", "output_parameters")
"""Outputs in which a step says what it has done; the first that it has counts."""


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

    def read(self, kind: type[Kind]) -> Kind | None:
        """Return the report as a record; None as long as there is none."""
        return kind.from_dict(self.report) if self.report else None

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
    settings: Settings
    steps: list[Step] = field(default_factory=list)

    @property
    def last_cycle(self) -> int:
        """The newest cycle of which anything exists."""
        return max((step.cycle for step in self.steps), default=0)

    @property
    def first_cycle(self) -> int:
        """The cycle of the first labels: 0, or a later one of a campaign that goes on from another one."""
        return min((step.cycle for step in self.steps), default=0)

    @property
    def elapsed_s(self) -> float:
        """Seconds from the beginning of the campaign to its end, or until now."""
        return seconds_between(self.node)

    def of(self, stage: str, cycle: int | None = None) -> list[Step]:
        """Return the steps of one stage, of one cycle or of all."""
        return [s for s in self.steps if s.stage == stage and cycle in (None, s.cycle)]

    def reports(self, stage: str, kind: type[Kind], cycle: int | None = None) -> list[Kind]:
        """Return what the steps of one stage reported so far, of one cycle or of all."""
        return [report for step in self.of(stage, cycle) if (report := step.read(kind)) is not None]

    def is_held_out(self, step: Step) -> bool:
        """Whether a labelling makes frames that no training sees."""
        task = FirstTask.parse(step.name) if step.cycle == 0 else None
        return task is not None and use_of(task.task) == "held_out"

    def wall_s(self, stage: str, cycle: int) -> float:
        """Seconds in which a step of the stage ran; steps that ran side by side count once."""
        return covered((step.begun, step.begun + step.wall_s) for step in self.of(stage, cycle))


def load_view(campaign: orm.WorkChainNode) -> CampaignView:
    """Read the steps of a campaign from its call links.

    :param campaign: node of an ``ActiveLearningWorkChain``.
    """
    named = [(step, call) for call in children(campaign) if (step := StepName.parse(call.label))]
    parts = called_by((call.pk for step, call in named if step.stage == ACQUIRE), campaign.backend)
    steps: list[Step] = []
    for step, call in named:
        if step.stage == ACQUIRE:
            of_system = [part for part in parts.get(call.pk, []) if part.label in PARTS]
            steps += [Step(step.cycle, part.label, step.name, part) for part in of_system]
        else:
            steps.append(Step(step.cycle, step.stage, step.name, call))
    reports = plain_outputs((step.pk for step in steps), REPORTS, campaign.backend)
    steps = [replace(one, report=reports.get(one.pk, {})) for one in steps]
    steps.sort(key=lambda one: (one.begun, one.pk))  # an archive gives its nodes new pks in any order
    return CampaignView(campaign, Settings.from_node(campaign.inputs.settings), steps)
