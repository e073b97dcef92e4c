"""Which curves and histograms of a structure the report draws, state over state."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from aiida_zif.plugins.data.measured import Measured
from aiida_zif.plugins.lammps.structure import NON_METALS
from aiida_zif.provenance.report.study import structure_figures as draw
from aiida_zif.provenance.report.study.figure import Figure, marked
from aiida_zif.provenance.studies.view import Part
from aiida_zif.workflows.properties.structure.curves import Curve, Curves

KINDS = {
    "g": ("r / Å", "g(r)", "Partial pair distribution {of}.", (0.5, 8.0), 1.0),
    "S": ("Q / Å$^{-1}$", "S(Q)", "Structure factor S(Q), {of}.", None, 1.0),
    "F": ("Q / Å$^{-1}$", "F(Q)", "Scattering function F(Q), {of}.", None, 0.0),
    "D": ("r / Å", "D(r)", "Pair distribution function D(r), {of}.", (0.5, 12.0), 0.0),
    "angle": ("angle / degree", "probability density", "Angle {of}.", (60.0, 180.0), None),
    "p2": ("time / ps", "P$_2$(t)", "Reorientation of the planes of linkers {of}.", None, 0.0),
}
"""Kind of a curve → labels of the axes, title, part of x that is drawn, level of the thin line."""

ORDER = ("g", "angle", "F", "D", "S", "p2")
BARS = {"rings": ("metals in a ring", "rings a metal", "Rings of the linker graph.")}
"""Kind of a curve that is drawn as bars → labels of the axes, title."""
MOST_PAIRS = 4


def structure_figures(system: str, curves: Mapping[str, Curves]) -> list[Figure]:
    """Return the curves of a system, state over state.

    :param curves: by state.
    """
    looks = draw.looks_of(list(curves))
    found = []
    for kind, of in curves_in_order(curves):
        name = f"{kind}/{of}" if of else kind
        known = {state: one[name] for state, one in curves.items() if name in one}
        x_label, y_label, title, ends, level = axes_of(kind, next(iter(known.values())))
        traces = [draw.Trace(state.replace("_", " "), c.x, c.y, c.error, *looks[state]) for state, c in known.items()]
        picture = draw.traces_figure(
            traces, draw.Axis(x_label, ends), draw.Axis(y_label), f"{system}-{name.replace('/', '-')}", level
        )
        caption = "Bands are standard errors." if any(np.isfinite(c.error).any() for c in known.values()) else ""
        found.append(Figure(marked(picture), title.format(of=of).replace(" .", "."), caption))
    return found


def ring_figures(system: str, curves: Mapping[str, Curves]) -> list[Figure]:
    """Return the histograms of a system as bars, the states side by side."""
    found = []
    for kind, (x_label, y_label, title) in BARS.items():
        known = {state: one[kind] for state, one in curves.items() if kind in one}
        groups = {state: as_bars(curve) for state, curve in known.items()}
        if groups:
            picture = draw.bars_figure(groups, x_label, y_label, f"{system}-{kind}")
            found.append(
                Figure(marked(picture), title, "Thin lines are standard errors; the definition is in the table.")
            )
    return found


def as_bars(curve: Curve) -> dict[str, Measured]:
    """Return a histogram as values with errors, by place."""
    return {
        f"{x:g}": Measured(value=float(y), error=float(error) if np.isfinite(error) else None)
        for x, y, error in zip(curve.x, curve.y, curve.error, strict=True)
        if np.isfinite(y)
    }


def curves_in_order(curves: Mapping[str, Curves]) -> Iterator[tuple[str, str]]:
    """Yield kind and subject of the curves that are drawn, the most telling first."""
    names = list(dict.fromkeys(name for one in curves.values() for name in one))
    for kind in [*ORDER, *sorted({name.partition("/")[0] for name in names} - {*ORDER, *BARS})]:
        of_kind = [name.partition("/")[2] for name in names if name.partition("/")[0] == kind]
        shown = pairs_with_metals(of_kind) if kind == "g" else of_kind
        yield from ((kind, of) for of in shown)


def pairs_with_metals(pairs: Sequence[str]) -> list[str]:
    """Return the pairs that are drawn: those with a metal first, as many as fit on a page."""

    def rank(pair: str) -> int:
        return sum(symbol in NON_METALS for symbol in pair.split("-"))

    return sorted(pairs, key=rank)[:MOST_PAIRS]


def axes_of(kind: str, curve: Any) -> tuple[str, str, str, tuple[float, float] | None, float | None]:
    """Return labels, title, ends and level of the figure of a kind of curve."""
    if kind in KINDS:
        return KINDS[kind]
    x, y = (
        f"{label} / {unit}" if unit else label
        for label, unit in ((curve.x_label, curve.x_unit), (curve.y_label, curve.y_unit))
    )
    return x, y, f"{kind.replace('_', ' ').capitalize()} {{of}}.", None, None


def curves_of(parts: Sequence[Part]) -> dict[str, Curves]:
    """Return the curves of the states of a system, by state."""
    nodes = {part.state or part.name: part.output("curves") for part in parts}
    return {state: Curves.from_node(node) for state, node in nodes.items() if node is not None}
