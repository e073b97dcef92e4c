"""Numbers, counts, times and recipes as a person reads them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from aiida_zif.workflows.structures.recipe import StartRecipe


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


def perturbed_in_words(recipe: StartRecipe) -> str:
    """Say how copies of a structure differ from it, empty if they do not."""
    made = recipe.perturbed
    return f", rattled by {made.displacement:g} Å and strained by up to {made.strain:g}" if made else ""


DASH = "–"


def in_words(counts: dict[str, int]) -> str:
    """Return counts by reason, the largest first: ``5 over budget, 1 near duplicate``."""
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{count} {reason.replace('_', ' ')}" for reason, count in ordered if count)


def pair(first: float | None, second: float | None) -> str:
    """Return two numbers side by side, or one dash for two."""
    if first is None and second is None:
        return DASH
    return " / ".join(DASH if value is None else f"{value:.2f}" for value in (first, second))


def number(value: float | None) -> str:
    """Return three significant digits that line up, or a dash."""
    if value is None:
        return DASH
    return f"{value:.{3 if value < 10 else 1 if value < 100 else 0}f}"


VERBS = {
    "label": "labelling",
    "train": "training",
    "test": "testing on held-out frames",
    "explore": "exploring",
    "select": "selecting frames",
    "compare": "comparing chosen with random frames",
    "calibrate": "relating deviation to error",
    "judge": "judging",
}


TASK = re.compile(r"(?P<system>\w+?)_(?P<task>(?:seed|held_out)_\w+)")
"""Names of the labellings at the start of a campaign."""


def readable(name: str) -> str:
    """Set the parts of a step's name apart: ``zif4_seed_aimd_0`` becomes ``zif4 (seed aimd 0)``."""
    match = TASK.fullmatch(name)
    return f"{match['system']} ({match['task'].replace('_', ' ')})" if match else name


def clock(seconds: float) -> str:
    """Write a duration with its units: ``45 s``, ``8 min 30 s`` or ``2 h 05 min``."""
    minutes, rest = divmod(round(seconds), 60)
    if minutes >= 60:
        return f"{minutes // 60} h {minutes % 60:02d} min"
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"
