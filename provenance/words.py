"""Numbers, counts, times and recipes as text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aiida_zif.workflows.active_learning.state.naming import FirstTask

if TYPE_CHECKING:
    from aiida_zif.workflows.structures.recipe import StartRecipe


def short_list(items: list[str], most: int = 6) -> list[str]:
    """Return the first items and how many more there are."""
    return items if len(items) <= most else [*items[: most - 1], f"{len(items) - most + 1} more"]


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
    "calibrate": "calibrating deviation against error",
    "judge": "judging",
}


def readable(name: str) -> str:
    """Set the parts of a step's name apart: ``zif4_seed_aimd_0`` becomes ``zif4 (seed aimd 0)``."""
    task = FirstTask.parse(name)
    return f"{task.system} ({task.task.replace('_', ' ')})" if task else name


def clock(seconds: float) -> str:
    """Write a duration with its units: ``45 s``, ``8 min 30 s`` or ``2 h 05 min``."""
    minutes, rest = divmod(round(seconds), 60)
    if minutes >= 60:
        return f"{minutes // 60} h {minutes % 60:02d} min"
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"
