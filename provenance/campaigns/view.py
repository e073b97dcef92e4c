"""One campaign as its steps by cycle: what `status`, the summary and the report all read."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from aiida import orm

from aiida_zif.provenance.campaigns.spans import covered
from aiida_zif.provenance.queries.calls import Call, called_by, plain_outputs
from aiida_zif.provenance.queries.links import children, seconds_between
from aiida_zif.workflows.active_learning.state.naming import ACQUIRE, PARTS, STEP
from aiida_zif.workflows.campaign.settings import Settings

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
    def elapsed_s(self) -> float:
        """Seconds from the beginning of the campaign to its end, or until now."""
        return seconds_between(self.node)

    def of(self, stage: str, cycle: int | None = None) -> list[Step]:
        """Return the steps of one stage, of one cycle or of all."""
        return [s for s in self.steps if s.stage == stage and cycle in (None, s.cycle)]

    def is_held_out(self, step: Step) -> bool:
        """Whether a labelling makes frames that no training sees."""
        return any(step.name.startswith(f"{system}_held_out_") for system in self.settings.systems)

    def wall_s(self, stage: str, cycle: int) -> float:
        """Seconds in which a step of the stage ran; steps that ran side by side count once."""
        return covered((step.begun, step.begun + step.wall_s) for step in self.of(stage, cycle))


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
    return CampaignView(campaign, Settings.from_node(campaign.inputs.settings), steps)
