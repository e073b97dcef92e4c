"""Quantities against temperature, replica by replica, and the glass transition against the rate (no AiiDA)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from aiida_zif.plugins.data.measured import Measured
from aiida_zif.provenance.plotting import CHOSEN, DASHES, GREY, INK, RANDOM, plain_number, shades, svg

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SIZE = (5.4, 3.6)


@dataclass(frozen=True)
class Line:
    """A quantity along one ramp of one replica.

    :param rate: of the quench, K/ps; None for heating.
    :param temperature: mean of every block, K, shape (B,).
    :param values: mean of every block, shape (B,); NaN where nothing is known.
    """

    replica: int
    rate: float | None
    temperature: np.ndarray
    values: np.ndarray


def temperature_figure(
    lines: Sequence[Line], label: str, name: str, level: float | None = None, is_positive: bool = False
) -> str:
    """Draw a quantity along heating and quenches: replicas as thin lines, their mean as a thick one.

    :param label: of the vertical axis.
    :param name: of the figure, for identifiers inside it.
    :param level: drawn across, such as the trust level of a deviation.
    :param is_positive: the axis begins at zero.
    """

    def draw(axes: Axes) -> None:
        rates = sorted({line.rate for line in lines if line.rate is not None})
        looks = {
            rate: (colour, DASHES[i % len(DASHES)])
            for i, (rate, colour) in enumerate(zip(rates, shades(len(rates)), strict=True))
        }
        for rate in [None, *rates]:
            of_rate = [line for line in lines if line.rate == rate]
            colour, dash = looks.get(rate, (RANDOM, "-")) if rate is not None else (RANDOM, "-")
            for line in of_rate:
                axes.plot(line.temperature, line.values, color=colour, lw=0.8, alpha=0.45, zorder=2)
            if of_rate:
                what = "heating" if rate is None else f"quench, {rate:g} K/ps"
                axes.plot(
                    *mean_line(of_rate), color=colour, ls=dash, lw=2.0, zorder=3, label=f"{what} ({len(of_rate)})"
                )
        if level is not None:
            axes.axhline(level, color=INK, lw=1, ls=(0, (4, 3)), zorder=1)
            axes.annotate(f"trust level {level:g}", (1, level), xycoords=("axes fraction", "data"), xytext=(-3, 3),
                          textcoords="offset points", ha="right", fontsize=8, color=INK)  # fmt: skip
        if is_positive:
            axes.set_ylim(bottom=0)
        axes.margins(y=0.12)
        axes.set_xlabel("temperature / K")
        axes.set_ylabel(label)
        axes.legend(loc="best", fontsize=8, frameon=True, facecolor="white", edgecolor="none", framealpha=0.85)

    return svg(draw, SIZE, name)


def mean_line(lines: Sequence[Line]) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean over the longest replicas, block by block: temperatures and values, shape (B,) each.

    A replica that ended early has fewer blocks, and is drawn as a thin line only.
    """
    longest = max(len(line.values) for line in lines)
    whole = [line for line in lines if len(line.values) == longest]
    return (
        np.mean([line.temperature for line in whole], axis=0),
        np.mean([line.values for line in whole], axis=0),
    )


def rate_figure(tg: Mapping[float, Measured], slope: Measured | None, name: str) -> str:
    """Draw the glass transition against the rate on a logarithmic axis, with the fitted line inside the rates only.

    :param tg: K, by the rate in K/ps.
    :param slope: K a decade of the rate; None or without value where none was fitted.
    """
    known = {rate: one for rate, one in sorted(tg.items()) if one.value is not None}

    def draw(axes: Axes) -> None:
        rates, values = np.array(list(known)), np.array([one.value for one in known.values()], dtype=float)
        errors = np.array([np.nan if one.error is None else one.error for one in known.values()], dtype=float)
        with_error = np.isfinite(errors)
        axes.errorbar(rates[with_error], values[with_error], errors[with_error], fmt="o", ms=6, color=CHOSEN,
                      ecolor=CHOSEN, elinewidth=1.4, capsize=4, label="with standard error")  # fmt: skip
        if not with_error.all():
            axes.plot(rates[~with_error], values[~with_error], "o", ms=6, mfc="white", mec=CHOSEN, mew=1.4,
                      label="without an error")  # fmt: skip
        if slope is not None and slope.value is not None and len(rates) > 1:
            centre = np.log10(rates) - np.log10(rates).mean()
            axes.plot(rates, values.mean() + slope.value * centre, color=GREY, lw=1.2, zorder=1, label="fitted slope")
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter(plain_number)
        axes.xaxis.set_minor_formatter("")
        axes.set_xticks(rates, [f"{rate:g}" for rate in rates])
        axes.set_xlim(rates.min() / 1.6, rates.max() * 1.6)
        axes.margins(y=0.25)
        axes.set_xlabel("rate of the quench / K ps$^{-1}$")
        axes.set_ylabel("glass transition / K")
        axes.legend(loc="best", fontsize=8)

    return svg(draw, SIZE, name)
