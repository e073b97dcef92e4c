"""Curves and histograms of a structure, state beside state (no AiiDA)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from aiida_zif.plugins.data.measured import Measured
from aiida_zif.provenance.plotting import DASHES, GREY, INK, PURPLE, RANDOM, hues, plain_text, shades, svg
from aiida_zif.provenance.studies.words import state_in_words

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SIZE = (5.4, 3.6)
BAND = 0.22
"""Opacity of the band of one standard error."""


@dataclass(frozen=True)
class Trace:
    """One curve with its band.

    :param x: shape (m,).
    :param y: shape (m,).
    :param error: standard error of ``y``; NaN where there is none.
    :param is_reference: of a measurement or of others: drawn as dots.
    """

    label: str
    x: np.ndarray
    y: np.ndarray
    error: np.ndarray
    colour: str
    dash: object = "-"
    is_reference: bool = False


@dataclass(frozen=True)
class Axis:
    """Label of an axis, and the part of it that is drawn.

    :param ends: None: all of it.
    """

    label: str
    ends: tuple[float, float] | None = None


def looks_of(states: Sequence[str]) -> dict[str, tuple[str, object]]:
    """Return colour and style of every state: crystal purple, melt orange, glass teal, the slower darker."""
    glasses = [state for state in states if state.startswith("glass")]
    found: dict[str, tuple[str, object]] = {"crystal": (PURPLE, DASHES[3]), "melt": (RANDOM, DASHES[1])}
    for index, (state, colour) in enumerate(zip(glasses, shades(len(glasses)), strict=True)):
        found[state] = (colour, DASHES[(0, 2, 4)[index % 3]])
    others = [state for state in states if state not in found]
    for index, (state, colour) in enumerate(zip(others, hues(len(others)), strict=True)):
        found[state] = (colour, DASHES[index % len(DASHES)])
    return {state: found[state] for state in states}


def traces_figure(traces: Sequence[Trace], x: Axis, y: Axis, name: str, zero: float | None = None) -> str:
    """Draw curves over each other, each with a band of one standard error.

    :param zero: drawn as a thin line, such as 1 of a pair distribution.
    """

    def draw(axes: Axes) -> None:
        if zero is not None:
            axes.axhline(zero, color=GREY, lw=0.8, zorder=1)
        for trace in traces:
            if trace.is_reference:
                step = max(1, len(trace.x) // 160)
                axes.plot(trace.x[::step], trace.y[::step], "o", ms=2.6, mfc="none", mec=trace.colour, mew=0.8,
                          label=plain_text(trace.label), zorder=2)  # fmt: skip
                continue
            axes.plot(
                trace.x, trace.y, color=trace.colour, ls=trace.dash, lw=1.5, label=plain_text(trace.label), zorder=3
            )
            if np.isfinite(trace.error).any():
                error = np.nan_to_num(trace.error)
                axes.fill_between(trace.x, trace.y - error, trace.y + error, color=trace.colour, alpha=BAND, lw=0)
        if x.ends is not None:
            axes.set_xlim(*x.ends)
            limit_to_shown(axes, traces, x.ends)
        if y.ends is not None:
            axes.set_ylim(*y.ends)
        axes.set_xlabel(plain_text(x.label))
        axes.set_ylabel(plain_text(y.label))
        axes.legend(loc="best", fontsize=8, frameon=True, facecolor="white", edgecolor="none", framealpha=0.85)

    return svg(draw, SIZE, name)


def limit_to_shown(axes: Axes, traces: Sequence[Trace], ends: tuple[float, float]) -> None:
    """Fit the vertical axis to what is drawn between two ends of the horizontal one."""
    shown = [trace.y[(trace.x >= ends[0]) & (trace.x <= ends[1])] for trace in traces]
    values = np.concatenate([part[np.isfinite(part)] for part in shown] or [np.zeros(0)])
    if len(values):
        low, high = float(values.min()), float(values.max())
        margin = 0.06 * ((high - low) or 1.0)
        axes.set_ylim(low - margin, high + margin)


def bars_figure(groups: Mapping[str, Mapping[str, Measured]], x_label: str, y_label: str, name: str) -> str:
    """Draw bars with standard errors, the groups side by side.

    :param groups: by label of the group, such as a state, values by place on the horizontal axis.
    """
    places = sorted({place for values in groups.values() for place in values}, key=_in_order)
    looks = looks_of(list(groups))

    def draw(axes: Axes) -> None:
        width = 0.8 / max(len(groups), 1)
        for index, (group, values) in enumerate(groups.items()):
            at = np.arange(len(places)) + (index - (len(groups) - 1) / 2) * width
            heights = np.array([_number(values.get(place), "value") for place in places])
            errors = np.array([_number(values.get(place), "error") for place in places])
            axes.bar(
                at, heights, width * 0.92, color=looks[group][0], alpha=0.9, label=plain_text(state_in_words(group))
            )
            known = np.isfinite(errors) & np.isfinite(heights)
            axes.errorbar(at[known], heights[known], errors[known], fmt="none", ecolor=INK, elinewidth=1, capsize=2.5)
        axes.set_xticks(range(len(places)), places)
        axes.set_xlabel(plain_text(x_label))
        axes.set_ylabel(plain_text(y_label))
        axes.grid(axis="x", visible=False)
        axes.legend(loc="best", fontsize=8)

    return svg(draw, SIZE, name)


def _in_order(place: str) -> tuple[int, float, str]:
    """Numbers in their order, before words in theirs."""
    try:
        return (0, float(place), "")
    except ValueError:
        return (1, 0.0, place)


def _number(measured: Measured | None, field: str) -> float:
    found = None if measured is None else getattr(measured, field)
    return float("nan") if found is None else float(found)
