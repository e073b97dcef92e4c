"""The figure of a convergence study: every error, and the cost, over every setting (no AiiDA)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from textwrap import fill
from typing import TYPE_CHECKING, Any

import numpy as np

from aiida_zif.provenance.plotting import CHOSEN, GREY, RANDOM, STYLE, plain_number
from aiida_zif.workflows.level_convergence.ladder import TIGHTEST

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.axes import Axes

    from aiida_zif.provenance.level_convergence.table import RungRow, StudySummary

PANELS = {
    "energy": "energy difference\nmeV/atom",
    "force": "force RMSE\nmeV Å$^{-1}$",
    "stress": "stress RMSE\nGPa",
    "seconds": "cost\ns a frame",
}
CAPTION = (
    "each setting by itself, all others at their tightest (square); dashed: tolerated error; "
    "open: too large in one of the three; cross: failed; band: proposed"
)
LETTERS_PER_INCH = 14

LEAST = 1e-4
"""Lowest error that is drawn, in units of its tolerance; less is printing precision."""


def write_figure(summary: StudySummary, path: Path) -> None:
    """Draw a study and write it as PNG: one column a setting, one row an error, the tolerated error as a line.

    :param path: of the file.
    """
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    report, rows = summary.report, by_setting(summary)
    ladder, noise = report.ladder, report.noise.model_dump()
    kinds = [kind for kind in PANELS if kind != "stress" or _has_stress(rows)]
    proposed = report.rungs[report.proposal].choice
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(1.3 + 1.75 * len(ladder), 0.9 + 1.2 * len(kinds)), layout="constrained")
        FigureCanvasAgg(figure)
        panels = figure.subplots(len(kinds), len(ladder), sharex="col", sharey="row", squeeze=False)
        for line, kind in enumerate(kinds):
            for column, (setting, values) in enumerate(ladder.items()):
                draw_panel(panels[line][column], rows[setting], kind, noise.get(kind))
                if proposed[setting] in values:
                    place = values.index(proposed[setting])
                    panels[line][column].axvspan(place - 0.3, place + 0.3, color=RANDOM, alpha=0.16, lw=0, zorder=0)
            limit_row(panels[line], noise.get(kind))
            panels[line][0].set_ylabel(PANELS[kind], fontsize=9)
        for column, (setting, values) in enumerate(ladder.items()):
            panels[0][column].set_title(setting.rpartition("/")[2], fontsize=10)
            panels[-1][column].set_xticks(range(len(values)), [tick(value) for value in values], fontsize=8)
        width = figure.get_figwidth()
        figure.supxlabel(fill(CAPTION, int(LETTERS_PER_INCH * width)), fontsize=8, color=GREY)
        figure.savefig(path, dpi=100, pil_kwargs={"optimize": True})


def draw_panel(axes: Axes, rungs: Sequence[RungRow], kind: str, noise: float | None) -> None:
    """Draw one error, or the cost, over the values of one setting; a cross stands for a rung that failed.

    :param rungs: the last is the tightest, whose errors are zero by definition.
    :param noise: tolerated error; None for the cost.
    """
    floor = LEAST * (noise or 0.0)
    values = [max(value_of(rung, kind), floor) for rung in rungs]
    known = [place for place, rung in enumerate(rungs) if np.isfinite(values[place])]
    compared = known if noise is None else known[:-1]
    axes.plot(compared, [values[place] for place in compared], color=GREY, lw=1.2, zorder=2)
    for place in compared:
        colour = CHOSEN if noise is None or values[place] <= noise else RANDOM
        axes.plot(place, values[place], "o", ms=5.5, color=colour, mfc=colour if rungs[place].passes else "white",
                  mew=1.4, zorder=3)  # fmt: skip
    if noise is not None and known:
        axes.plot(len(rungs) - 1, floor, "s", ms=4.5, color=GREY, mfc="white", mew=1.2, zorder=3)
    for place, rung in enumerate(rungs):
        if rung.errors is None:
            axes.plot(place, 0.9, "x", ms=6, mew=1.6, color=RANDOM, transform=axes.get_xaxis_transform())
    axes.set_xlim(-0.4, len(rungs) - 0.6)
    axes.tick_params(axis="y", labelsize=8)


def limit_row(row: Sequence[Axes], noise: float | None) -> None:
    """Give the panels of one row the same limits, and the line of the tolerated error.

    :param noise: tolerated error; None for the cost.
    """
    top = max([*(value for axes in row for line in axes.lines for value in _data(line)), noise or 0.0])
    for axes in row:
        if noise is None:
            axes.set_ylim(0, 1.15 * top)
            continue
        axes.set_yscale("log")
        axes.set_ylim(LEAST * noise / 3, 4 * top)
        axes.axhspan(LEAST * noise / 3, noise, color=CHOSEN, alpha=0.06, lw=0)
        axes.axhline(noise, color=CHOSEN, lw=1, ls=(0, (4, 3)))
        axes.yaxis.set_major_formatter(plain_number)
        axes.minorticks_off()


def by_setting(summary: StudySummary) -> dict[str, list[RungRow]]:
    """Return the rungs of every setting in the order of its values; the tightest stands at the end of each."""
    rungs = {row.name: row for row in summary.rows}
    names = summary.report.names
    return {setting: [rungs[name] for name in [*names[setting], TIGHTEST]] for setting in summary.report.ladder}


def value_of(rung: RungRow, kind: str) -> float:
    """Return one error or the cost; NaN where nothing is known."""
    value = rung.seconds if kind == "seconds" else getattr(rung.errors, kind, None)
    return float("nan") if value is None else float(value)


def tick(value: Any) -> str:
    """Write a value of a setting as short as possible: of a basis the part before the first dash."""
    if isinstance(value, Mapping):
        value = next(iter(value.values()))
    return f"{value:g}" if isinstance(value, int | float) else str(value).partition("-MOLOPT")[0]


def _data(line: Any) -> list[float]:
    """Values of a curve; those of a mark that stands at a fraction of the axes are none."""
    return list(line.get_ydata()) if line.get_transform().contains_branch(line.axes.transData) else []


def _has_stress(rows: Mapping[str, Sequence[RungRow]]) -> bool:
    return any(np.isfinite(value_of(rung, "stress")) for rungs in rows.values() for rung in rungs)
