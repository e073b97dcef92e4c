"""The figures of the report as SVG text; numbers in, picture out (no AiiDA)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from aiida_zif.provenance.plotting import CHOSEN, INK, RANDOM, plain_number, sparse_number, svg

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MANY = 6
"""Largest number of cycles in a legend; if there are more, it lists the first and the last."""

STAGE_COLOURS = {
    "label": "#0f6e76",
    "train": "#7b5ea7",
    "test": "#b8a6d1",
    "explore": "#d9822b",
    "select": "#c9c9c9",
    "other": "#dfe4e8",
}


def error_figure(iterations: Sequence[Mapping[str, Any]]) -> str:
    """Draw the held-out force RMSE of every committee: a dot a model, a line through the means, bars of the interval.

    :param iterations: of the summary; those without a test are left out.
    """
    tested = [i for i in iterations if i["force_rmse_eV_per_A"] is not None]

    def draw(axes: Axes) -> None:
        places = [i["iteration"] for i in tested]
        means = [i["force_rmse_eV_per_A"] for i in tested]
        axes.plot(places, means, color=CHOSEN, lw=1.8, zorder=3, label="mean")
        known = [i for i in tested if i["force_rmse_interval_eV_per_A"] is not None]
        if known:
            ends = np.array([i["force_rmse_interval_eV_per_A"] for i in known])
            axes.vlines([i["iteration"] for i in known], *ends.T, color=INK, lw=1.2, zorder=2, label="95 % interval")
        for iteration in tested:
            values = list(iteration["force_rmse_per_model"].values())
            shift = np.linspace(-0.06, 0.06, len(values)) if len(values) > 1 else [0.0]
            first = "model" if iteration is tested[0] else None
            axes.plot(
                iteration["iteration"] + np.array(shift), values, "o", ms=5, color=CHOSEN, alpha=0.45, label=first
            )
        shown = tested if len(tested) <= MANY else [tested[0], tested[len(tested) // 2], tested[-1]]
        for i in shown:
            place = (i["iteration"], i["force_rmse_eV_per_A"])
            axes.annotate(f"{place[1]:.3f}", place, xytext=(11, 7), textcoords="offset points", fontsize=9)
        axes.set_xticks(
            [i["iteration"] for i in shown], [f"{i['iteration']}\n{i['n_train_frames']} frames" for i in shown]
        )
        axes.set_xlim(min(places) - 0.35, max(places) + 0.45)
        highest = [value for i in tested for value in (*i["force_rmse_per_model"].values(), *ends_of(i))]
        axes.set_ylim(0, 1.18 * max(highest))
        axes.set_xlabel("committee")
        axes.set_ylabel("held-out force RMSE / eV Å$^{-1}$")
        axes.grid(axis="x", visible=False)
        axes.legend(loc="lower left")

    return svg(draw, (5.4, 3.5), "errors")


def ends_of(iteration: Mapping[str, Any]) -> Sequence[float]:
    """Return the ends of the interval of the held-out error in eV/Å, none if it is not known."""
    return iteration["force_rmse_interval_eV_per_A"] or ()


def deviation_figure(histograms: Mapping[int, Mapping[str, Any]], lower: float, upper: float) -> str:
    """Draw how the largest force deviation of the explored frames was distributed in each cycle, or in some of many.

    :param histograms: ``edges`` (eV/Å), ``counts`` and ``n_explored`` by cycle; the last bin has no upper edge. Frames
        that are not physical are explored, and have no deviation.
    :param lower: trust level in eV/Å.
    :param upper: trust level in eV/Å.
    """
    cycles = sorted(histograms)
    shown = [cycles[round(place)] for place in np.linspace(0, len(cycles) - 1, min(len(cycles), MANY))]
    shades = dict(zip(shown, colours(len(shown)), strict=True))

    def draw(axes: Axes) -> None:
        axes.axvspan(lower, upper, color=CHOSEN, alpha=0.07, lw=0)
        for level in (lower, upper):
            axes.axvline(level, color=CHOSEN, lw=1, ls=(0, (4, 3)))
        seen: list[float] = []
        for cycle in shown:
            histogram = histograms[cycle]
            edges, counts = np.asarray(histogram["edges"], float), np.asarray(histogram["counts"], float)
            edges = edges[: len(counts)]
            share = 100 * counts[:-1] / max(histogram["n_explored"], 1)
            known = f"{counts.sum():.0f} of {histogram['n_explored']} frames"
            axes.stairs(share, edges, color=shades[cycle], lw=1.8, label=f"cycle {cycle}: {known}")
            axes.stairs(share, edges, color=shades[cycle], fill=True, alpha=0.12, lw=0)
            filled = np.flatnonzero(counts[:-1])
            seen += [edges[filled[0]], edges[filled[-1] + 1]] if len(filled) else []
        left, right = min([*seen, lower]), max([*seen, upper])
        axes.set_xscale("log")
        axes.set_xlim(max(left, 1e-3) / 1.3, right * 1.3)
        axes.set_ylim(0, axes.get_ylim()[1] * 1.12)
        top = axes.get_ylim()[1]
        axes.text(lower, top, " trust window", va="top", ha="left", fontsize=9, color=CHOSEN)
        axes.xaxis.set_major_formatter(plain_number)
        axes.set_xlabel("largest force deviation in the frame / eV Å$^{-1}$")
        axes.set_ylabel("share of explored frames / %")
        axes.legend(loc="upper right", frameon=True, facecolor="white", edgecolor="none", framealpha=0.9)

    return svg(draw, (5.4, 3.5), "deviation")


def choice_figure(rows: Sequence[Mapping[str, Any]]) -> str:
    """Draw the true force error of labelled frames over the deviation that the committee gave them.

    :param rows: ``role`` (0 chosen, 1 random), ``force_rmse`` and ``max_force_deviation`` in eV/Å, ``cycle``.
    """

    def draw(axes: Axes) -> None:
        markers = "osD^v<>P*X"
        cycles = sorted({row["cycle"] for row in rows})
        few = len(cycles) <= MANY
        for role, name, colour in ((0, "chosen", CHOSEN), (1, "drawn at random", RANDOM)):
            for index, cycle in enumerate(cycles):
                points = [row for row in rows if row["role"] == role and row["cycle"] == cycle]
                if points:
                    axes.plot(
                        [row["max_force_deviation"] for row in points],
                        [row["force_rmse"] for row in points],
                        markers[index % len(markers)] if few else "o",
                        color=colour,
                        mfc=colour if role == 0 else "white",
                        mew=1.4,
                        ms=6 if few else 3,
                        alpha=0.85 if few else 0.4,
                        label=f"{name}, cycle {cycle}" if few else (name if cycle == cycles[-1] else None),
                    )
        axes.set_xscale("log")
        axes.set_yscale("log")
        for axis, key in ((axes.xaxis, "max_force_deviation"), (axes.yaxis, "force_rmse")):
            axis.set_major_formatter(plain_number)
            axis.set_minor_formatter(sparse_number([row[key] for row in rows]))
        axes.tick_params(which="minor", labelsize=8)
        axes.set_xlabel("largest force deviation in the frame / eV Å$^{-1}$")
        axes.set_ylabel("true force RMSE / eV Å$^{-1}$")
        axes.legend(loc="best", ncols=1 if len(cycles) < 4 or not few else 2, fontsize=8)

    return svg(draw, (5.4, 3.7), "choice")


def time_figure(walls: Mapping[str, Mapping[str, float]]) -> str:
    """Draw the time of every stage in s, one bar per part of the campaign, the first on top.

    :param walls: seconds by stage, by the name of the bar.
    """

    few = len(walls) <= 2 * MANY

    def draw(axes: Axes) -> None:
        from matplotlib.ticker import MaxNLocator

        names = list(walls)
        longest = max(sum(stages.values()) for stages in walls.values())
        unit, name = (3600.0, "h") if longest > 7200 else (60.0, "min")
        left = np.zeros(len(names))
        for stage, colour in STAGE_COLOURS.items():
            values = np.array([walls[bar].get(stage, 0.0) for bar in names]) / unit
            if values.any():
                axes.barh(names, values, left=left, color=colour, height=0.62 if few else 1.0, label=stage)
            left += values
        if few:
            for place, total in enumerate(left):
                axes.text(total, place, f"  {total:.1f} {name}", va="center", fontsize=9)
        else:
            axes.yaxis.set_major_locator(MaxNLocator(MANY))
        axes.invert_yaxis()
        axes.set_xlim(0, 1.16 * max(left))
        axes.set_xlabel(f"wall time / {name}")
        axes.grid(axis="y", visible=False)
        axes.legend(loc="upper center", bbox_to_anchor=(0.5, 1.22), ncols=6, columnspacing=1.2, handlelength=1.2)

    return svg(draw, (5.4, 1.5 + (0.42 * len(walls) if few else 6.0)), "time")


# -- drawing -------------------------------------------------------------------------------------------------


def colours(count: int) -> list[Any]:
    """Return colours from early (orange) to late (teal)."""
    from matplotlib.colors import LinearSegmentedColormap

    scale = LinearSegmentedColormap.from_list("cycles", [RANDOM, "#8d6a8f", CHOSEN])
    return [scale(x) for x in np.linspace(0, 1, count)] if count > 1 else [CHOSEN]
