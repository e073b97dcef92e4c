"""What the structure changes by from state to state: shares of the causes, with errors and the rest (no AiiDA)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from aiida_zif.plugins.data.measured import Measured
from aiida_zif.provenance.plotting import CHOSEN, GREY, INK, RANDOM, svg

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLOURS = {
    "ring reorientation": (CHOSEN, ""),
    "metal–N coordination": (RANDOM, "//"),
    "volume": ("#5b4b8a", "\\\\"),
    "rest": ("#c9ced2", ".."),
}
"""Colour and hatching of every cause, which differ without colour too."""


def decomposition_figure(shares: Mapping[str, Mapping[str, Measured]], name: str) -> str:
    """Draw the shares of the causes as bars with standard errors, one group a state.

    :param shares: of the change, by the name of the state, by cause.
    """
    states: Sequence[str] = list(shares)

    def draw(axes: Axes) -> None:
        causes = list(dict.fromkeys(cause for one in shares.values() for cause in one))
        height = 0.8 / max(len(causes), 1)
        for index, cause in enumerate(causes):
            colour, hatch = COLOURS.get(cause, (GREY, ""))
            at = np.arange(len(states)) + (index - (len(causes) - 1) / 2) * height
            found = [shares[state].get(cause, Measured()) for state in states]
            values = np.array([np.nan if one.value is None else 100 * one.value for one in found])
            errors = np.array([np.nan if one.error is None else 100 * one.error for one in found])
            axes.barh(at, values, height * 0.92, color=colour, hatch=hatch, edgecolor="white", lw=0, label=cause)
            known = np.isfinite(errors) & np.isfinite(values)
            axes.errorbar(
                values[known], at[known], xerr=errors[known], fmt="none", ecolor=INK, elinewidth=1.1, capsize=3
            )
        axes.axvline(0, color=INK, lw=0.8)
        axes.set_yticks(range(len(states)), states)
        axes.invert_yaxis()
        axes.set_xlabel("share of the change of structure / %")
        axes.grid(axis="y", visible=False)
        axes.legend(
            loc="upper center", bbox_to_anchor=(0.5, 1.0 + 0.32 / (0.8 + 0.55 * len(states))), ncols=2, fontsize=8
        )

    return svg(draw, (5.4, 1.6 + 0.62 * len(states)), name)
