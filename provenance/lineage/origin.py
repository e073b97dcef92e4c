"""One entry of a lineage, and helpers for its node."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from aiida import orm

from aiida_zif.plugins.data.frames import LabelledFramesData
from aiida_zif.provenance.queries import sql
from aiida_zif.workflows.active_learning.state.naming import StepName
from aiida_zif.workflows.campaign.settings import Settings


@dataclass
class Origin:
    """One node of the tree, and below it what it was made from."""

    kind: str
    title: str
    node: orm.Node | None = None
    facts: dict[str, Any] = field(default_factory=dict)
    origins: list[Origin] = field(default_factory=list)
    above: bool = False

    def as_dict(self) -> dict[str, Any]:
        """Return the tree as plain values."""
        identity = {"pk": self.node.pk, "uuid": self.node.uuid} if self.node is not None else {}
        return {
            "kind": self.kind,
            "title": self.title,
            **identity,
            **self.facts,
            **({"shown_above": True} if self.above else {}),
            "from": [origin.as_dict() for origin in self.origins],
        }


def cycle_of(process: orm.ProcessNode) -> int | None:
    """Return the cycle of the campaign in which a process ran, if it ran in one."""
    labels = (label for _, label, _ in sql.calls_above(int(process.pk or 0)))
    return next((step.cycle for label in labels if (step := StepName.parse(label))), None)


def campaign_origin(label: str, campaign: orm.WorkChainNode) -> Origin:
    """Return the end of a lineage: the campaign that was given a structure."""
    facts = {"name": campaign.label, "seed": Settings.from_node(campaign.inputs.settings).seed, "system": label}
    return Origin("campaign", f"input {label} of campaign {campaign.label}, seed {facts['seed']}", campaign, facts)


def with_fact(origin: Origin, name: str, value: int) -> Origin:
    """Return the origin with one more fact, said in its title too."""
    origin.facts = {name: value, **origin.facts}
    origin.title += f" ({name} {value})"
    return origin


def summary_of(blocks: list[LabelledFramesData], why: str, above: bool = False) -> Origin:
    """Return one line for several blocks."""
    n_frames = sum(block.n_frames for block in blocks)
    pks = [block.pk for block in blocks]
    return Origin("blocks", f"{n_frames} frames in {len(blocks)} blocks {why}", facts={"pks": pks}, above=above)
