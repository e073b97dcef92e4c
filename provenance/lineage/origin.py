"""One line of a lineage, and small questions about the node it stands for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from aiida import orm

from aiida_zif.plugins.data.frames import LabelledFramesData
from aiida_zif.provenance.campaigns.view import ENTRY_POINT, STEP
from aiida_zif.provenance.queries import sql


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
    for _, label, _ in sql.calls_above(int(process.pk or 0)):
        match = STEP.fullmatch(label)
        if match:
            return int(match["cycle"])
    return None


def creation_label(process: orm.ProcessNode) -> str:
    """Return the label under which a process was called, such as ``model_2``."""
    calls = sql.calls_above(int(process.pk or 0))
    return next((label for _, label, called in calls if called == process.pk), "")


def is_campaign(node: orm.Node) -> bool:
    """Whether a node is the work chain of a campaign."""
    return isinstance(node, orm.ProcessNode) and node.process_type == ENTRY_POINT


def campaign_origin(label: str, campaign: orm.WorkChainNode) -> Origin:
    """Return the end of a lineage: the campaign that was given a structure."""
    facts = {"name": campaign.label, "seed": campaign.inputs.settings["seed"], "system": label}
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


def short_list(items: list[str], most: int = 6) -> list[str]:
    """Return the first items and how many more there are."""
    return items if len(items) <= most else [*items[: most - 1], f"{len(items) - most + 1} more"]


def counted(count: int, noun: str) -> str:
    """Return a number with its noun in the right form."""
    return f"{count} {noun}{'' if count == 1 else 's'}"


def aimd_in_words(task: dict[str, Any]) -> str:
    """Say how an AIMD run goes; the time step is CP2K's default of 0.5 fs if the task leaves it out."""
    from aiida_zif.plugins.cp2k.task import target_in_words

    steps = task["steps"] - task.get("first_step", 0)
    return f"AIMD at {target_in_words(task['temperature'], 'K')}, {steps} steps of {task.get('timestep', 0.5):g} fs"


def perturbed_in_words(recipe: dict[str, Any] | None) -> str:
    """Say how copies of a structure differ from it, empty if they do not."""
    if recipe is None:
        return ""
    return f", rattled by {recipe['displacement']:g} Å and strained by up to {recipe['strain']:g}"
