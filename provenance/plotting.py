"""Colours, style and formats that all figures share."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from matplotlib.figure import Figure


INK, GREY, PALE = "#1f2a33", "#7a8791", "#e6eaed"


CHOSEN, RANDOM, PURPLE = "#0f6e76", "#d9822b", "#7b5ea7"


STYLE: dict[Any, Any] = {
    "font.size": 10,
    "axes.edgecolor": GREY,
    "axes.labelcolor": INK,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": PALE,
    "grid.linewidth": 0.8,
    "xtick.color": GREY,
    "ytick.color": GREY,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "legend.frameon": False,
    "legend.fontsize": 9,
    "text.color": INK,
}


def svg(draw: Any, size: tuple[float, float], name: str) -> str:
    """Return what ``draw`` puts on empty axes as an SVG element.

    :param draw: called with the axes.
    :param size: inches.
    :param name: keeps the identifiers inside the SVG apart from those of other figures on the page.
    """
    import matplotlib as mpl
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    with mpl.rc_context({**STYLE, "svg.hashsalt": name, "svg.fonttype": "path"}):
        figure: Figure = Figure(figsize=size, layout="constrained")
        FigureCanvasSVG(figure)
        draw(figure.add_subplot())
        buffer = io.StringIO()
        figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    text = buffer.getvalue()
    return text[text.index("<svg") :]


def plain_number(value: float, position: float = 0.0) -> str:
    """Write a tick of a logarithmic axis as a plain number."""
    return f"{value:g}"


def sparse_number(values: Sequence[float]) -> Callable[[float, float], str]:
    """Return a writer of minor ticks of a logarithmic axis: the fewer, the more decades the values span."""
    decades = np.log10(max(values) / max(min(values), 1e-12))
    digits = "23456789" if decades < 0.7 else "235" if decades < 1.5 else ""

    def write(value: float, position: float) -> str:
        return f"{value:g}" if f"{value:e}"[0] in digits else ""

    return write


def shades(count: int) -> list[str]:
    """Return colours from dark to pale teal that keep their order in grey and for colour-blind readers."""
    from matplotlib.colors import LinearSegmentedColormap, to_hex

    scale = LinearSegmentedColormap.from_list("shades", ["#073b41", "#1f8b93", "#69b89c"])
    return [to_hex(scale(x)) for x in np.linspace(0, 1, count)] if count > 1 else [CHOSEN] * count


DASHES = ("-", (0, (5, 2)), (0, (2, 1)), (0, (6, 2, 1, 2)), (0, (3, 1, 1, 1, 1, 1)))
"""Styles of lines, so that they differ without colour too."""


def hues(count: int) -> list[str]:
    """Return colours from cold to hot for a row of states."""
    from matplotlib.colors import LinearSegmentedColormap, to_hex

    scale = LinearSegmentedColormap.from_list("hues", [CHOSEN, PURPLE, RANDOM])
    return [to_hex(scale(x)) for x in np.linspace(0, 1, count)] if count > 1 else [CHOSEN] * count


def plain_text(text: str) -> str:
    """Return a text that matplotlib shows as it is: a dollar sign would begin a formula."""
    return text.replace("$", r"\$")
