"""The reliability plot of the report: true error against deviation of the committee (no AiiDA)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from aiida_zif.plugins.selection.calibration import BAND_SHARE, ErrorOfFrame, Relation, error_at, error_band
from aiida_zif.provenance.plotting import CHOSEN, GREY, INK, RANDOM, plain_number, sparse_number, svg

if TYPE_CHECKING:
    from matplotlib.axes import Axes

KINDS = (
    (0, "chosen", CHOSEN, "o", CHOSEN),
    (1, "drawn at random", RANDOM, "o", "white"),
    (None, "held out", GREY, ".", GREY),
)
"""Role, name, colour, marker and filling of the frames."""


def reliability_figure(curve: Relation, points: Sequence[ErrorOfFrame], system: str) -> str:
    """Draw true error over deviation, frame by frame, with the fitted relation and its band.

    :param curve: the relation.
    :param points: frames that it was fitted to.
    :param system: named in the legend.
    """

    def draw(axes: Axes) -> None:
        x = np.geomspace(curve.range[0] / 1.3, curve.range[1] * 1.3, 60)
        low, high = error_band(curve, x)
        axes.fill_between(x, low, high, color=INK, alpha=0.08, lw=0, label=f"{BAND_SHARE:.0%} band")
        axes.plot(x, error_at(curve, x), color=INK, lw=1.6, label=f"{system}, slope {curve.slope:.2f}")
        for role, name, colour, marker, filling in reversed(KINDS):
            shown = [point for point in points if point.role == role]
            if shown:
                deviations, errors = zip(
                    *((point.max_force_deviation, point.force_rmse) for point in shown), strict=True
                )
                axes.plot(deviations, errors, marker, color=colour, mfc=filling, mew=1.2, ms=5, alpha=0.8, label=name)
        axes.set_xscale("log")
        axes.set_yscale("log")
        for axis, values in ((axes.xaxis, x), (axes.yaxis, error_at(curve, x))):
            axis.set_major_formatter(plain_number)
            axis.set_minor_formatter(sparse_number(list(values)))
        axes.tick_params(which="minor", labelsize=8)
        axes.set_xlabel("largest force deviation in the frame / eV Å$^{-1}$")
        axes.set_ylabel("true force RMSE / eV Å$^{-1}$")
        axes.legend(loc="upper left", fontsize=8)

    return svg(draw, (5.4, 3.7), f"reliability-{system}")
