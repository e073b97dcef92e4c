"""The second half of what `aiida-zif check` prints: the cost of the campaign and the source of each number."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from aiida_zif.provenance.costs.estimate import Estimate, duration

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

MEASURE = "`aiida-zif check CAMPAIGN --time` times one frame"


def print_costs(console: Console, estimates: Sequence[Estimate], computer: str) -> None:
    """Print one row per item, the total, the source of the numbers, and warnings.

    :param computer: label of the computer where CP2K runs.
    """
    if not any(one.core_s for one in estimates):
        console.print(f"Cost: not measured on {computer}; {MEASURE}.")
        return
    splits = {one.work.layout for one in estimates if one.work.kind in ("batch", "aimd")}
    console.print(f"Cost on {computer}, labels on {' or '.join(map(layout_in_words, sorted(splits)))}:")
    sources = {basis: chr(ord("a") + n) for n, basis in enumerate(dict.fromkeys(one.basis for one in estimates))}
    console.print(cost_table(estimates, sources))
    for basis, letter in sources.items():
        console.print(f"[dim]{letter}  {basis}[/]")
    for warning in warnings_of(estimates):
        console.print(f"[yellow]Note: {warning}.[/]")
    for sentence in missing_in_words(estimates):
        console.print(sentence)


def missing_in_words(estimates: Sequence[Estimate]) -> list[str]:
    """Return what is missing from the total, and how to measure it."""
    rows = unmeasured(estimates)
    if not rows:
        return []
    names = "; ".join(f"{one.work.system}, {one.work.stage}" for one in rows)
    of_labels = [one.work.kind in ("batch", "aimd") for one in rows]
    ways = [MEASURE] if any(of_labels) else []
    ways += ["the first finished jobs of a campaign show the rest"] if not all(of_labels) else []
    return [f"The total is partial. Not measured: {names}. To measure: {', '.join(ways)}."]


def unmeasured(estimates: Sequence[Estimate]) -> list[Estimate]:
    """Return the items without a measurement."""
    return [one for one in estimates if one.core_s is None]


def layout_in_words(layout: tuple[int, int]) -> str:
    """Write ``16 ranks × 1 thread``."""
    return " × ".join(f"{n} {word}{'s' if n > 1 else ''}" for n, word in zip(layout, ("rank", "thread"), strict=True))


def cost_table(estimates: Sequence[Estimate], sources: dict[str, str]) -> Table:
    """Return the table of all items, with their sum.

    :param sources: a letter for every basis of an estimate.
    """
    from rich.table import Table

    table = Table(box=None, header_style="bold", pad_edge=False, padding=(0, 2, 0, 0))
    for column in ("system", "what"):
        table.add_column(column)
    for column in ("how many", "each", "time", "core-h"):
        table.add_column(column, justify="right", no_wrap=True)
    table.add_column("by")
    above = ""
    for one in estimates:
        work = one.work
        figures = ("–",) * 3
        if one.wall_s is not None and one.core_s is not None:
            each = duration(one.seconds) if one.seconds is not None else "–"
            figures = each, duration(one.wall_s), core_hours(one.core_s / 3600)
        held = f" (+ {work.held:,} held)" if work.held else ""
        amount = f"{work.runs * work.count:,} {work.unit}{held}"
        table.add_row(work.system if work.system != above else "", work.stage, amount, *figures, sources[one.basis])
        above = work.system
    total = totals(estimates)
    spread = "" if total["factor"] < 1.05 else f"[bold]within a factor of {total['factor']:.1f}[/]"
    wall, cores = duration(total["wall_s"]), core_hours(total["core_hours"])
    name = "partial total" if unmeasured(estimates) else "total"
    table.add_row(f"[bold]{name}[/]", spread, "", "", f"[bold]{wall}[/]", f"[bold]{cores}[/]", "")
    return table


def totals(estimates: Sequence[Estimate]) -> dict[str, Any]:
    """Return the sum of the measured items: ``wall_s``, ``core_hours`` and the factor within which the latter lies.

    ``partial`` is true if an item is missing because nothing like it was measured.
    """
    known = [one for one in estimates if one.core_s is not None]
    core_s = math.fsum(one.core_s or 0.0 for one in known)
    most = math.fsum((one.core_s or 0.0) * one.factor for one in known)
    return {
        "wall_s": math.fsum(one.wall_s or 0.0 for one in known),
        "core_hours": core_s / 3600,
        "factor": most / core_s if core_s else 1.0,
        "partial": bool(unmeasured(estimates)),
    }


def cost_json(estimates: Sequence[Estimate], computer: str) -> dict[str, Any]:
    """Return the same as plain values for JSON."""
    return {
        "computer": computer,
        "items": [asdict(one) for one in estimates],
        "total": totals(estimates),
        "warnings": warnings_of(estimates),
    }


def warnings_of(estimates: Sequence[Estimate]) -> list[str]:
    """Return every warning once."""
    return list(dict.fromkeys(warning for one in estimates for warning in one.warnings))


def core_hours(value: float) -> str:
    """Write core-hours with two digits, large ones in full."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.2g}"
