"""Which curves and histograms of a structure the report draws, state over state."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from aiida_zif.plugins.data.measured import Measured
from aiida_zif.plugins.lammps.structure import NON_METALS
from aiida_zif.provenance.plotting import INK
from aiida_zif.provenance.report.study import structure_figures as draw
from aiida_zif.provenance.report.study.figure import Figure, marked
from aiida_zif.provenance.studies.view import Part
from aiida_zif.provenance.studies.words import state_in_words
from aiida_zif.workflows.properties.structure.curves import Curve, Curves


@dataclass(frozen=True)
class Look:
    """How a kind of curve is drawn.

    :param title: of the figure; ``{of}`` is what the curve is of.
    :param ends: part of the horizontal axis; None: all of it.
    :param level: of a thin line across, such as 1 of a pair distribution.
    """

    title: str
    ends: tuple[float, float] | None = None
    level: float | None = None


LOOKS = {
    "g": Look("Partial pair distribution {of}.", (0.5, 8.0), 1.0),
    "angle": Look("Angle {of}.", (60.0, 180.0)),
    "F": Look("F(Q), {of}.", None, 0.0),
    "D": Look("D(r), {of}.", (0.5, 12.0), 0.0),
    "p2": Look("P2(t) of the planes of linkers: how fast they lose their orientation.", None, 0.0),
    "bonds": Look("Correlation of bonds {of}: share that exists after a time."),
    "displacement": Look("Mean square displacement of {of}."),
}
"""Kind of a curve → how it is drawn, in the order in which the kinds are."""

BARS = {"rings": Look("Rings of the linker graph.")}
"""Kinds that are drawn as bars."""

LEFT_OUT = ("rings_through_images", "S")
"""Kinds that no figure shows: the table and the limits say what they are for, and S(Q) is F(Q) in other units."""

MOST_SHOWN = {"g": 4, "displacement": 2}
"""Curves that are drawn of a kind that has one for every element or pair."""
UNDER_BARS = "Thin lines are standard errors; the definition is in the table."


def structure_figures(
    system: str, curves: Mapping[str, Curves], measured: Mapping[str, Curve] | None = None
) -> list[Figure]:
    """Return the curves of a system, state over state.

    :param curves: by state.
    :param measured: curves of others by the name of ours and their own, such as ``F/x-ray/NAME``.
    """
    looks = draw.looks_of(list(curves))
    found = []
    for kind, of in curves_in_order(curves):
        name = f"{kind}/{of}" if of else kind
        known = {state: one[name] for state, one in curves.items() if name in one}
        look, one = look_of(kind), next(iter(known.values()))
        traces = [draw.Trace(state_in_words(state), c.x, c.y, c.error, *looks[state]) for state, c in known.items()]
        references = measured_traces(name, measured or {})
        traces += references
        x, y = draw.Axis(label_of(one.x_label, one.x_unit), look.ends), draw.Axis(label_of(one.y_label, one.y_unit))
        picture = draw.traces_figure(traces, x, y, f"{system}-{name.replace('/', '-')}", look.level)
        caption = "Bands are standard errors." if any(np.isfinite(c.error).any() for c in known.values()) else ""
        caption += " Circles are measured." if references else ""
        found.append(Figure(marked(picture), look.title.format(of=of).replace(" .", "."), caption.strip()))
    return found


def measured_traces(name: str, measured: Mapping[str, Curve]) -> list[draw.Trace]:
    """Return the measured curves that stand beside a curve of ours."""
    own = {label.removeprefix(f"{name}/"): one for label, one in measured.items() if label.startswith(f"{name}/")}
    return [
        draw.Trace(f"measured, {label}", one.x, one.y, one.error, INK, is_reference=True) for label, one in own.items()
    ]


def ring_figures(system: str, curves: Mapping[str, Curves]) -> list[Figure]:
    """Return the histograms of a system as bars, the states side by side."""
    found = []
    for kind, look in BARS.items():
        known = {state: one[kind] for state, one in curves.items() if kind in one}
        groups = {state: as_bars(curve) for state, curve in known.items()}
        if groups:
            one = next(iter(known.values()))
            labels = label_of(one.x_label, one.x_unit), label_of(one.y_label, one.y_unit)
            picture = draw.bars_figure(groups, *labels, f"{system}-{kind}")
            found.append(Figure(marked(picture), look.title, UNDER_BARS))
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
    kinds = {name.partition("/")[0] for name in names} - {*BARS, *LEFT_OUT}
    for kind in [*LOOKS, *sorted(kinds - {*LOOKS})]:
        of_kind = [name.partition("/")[2] for name in names if name.partition("/")[0] == kind]
        shown = of_metals_first(of_kind) if kind in MOST_SHOWN else of_kind
        shown = shown[: MOST_SHOWN.get(kind, len(shown))]
        yield from ((kind, of) for of in shown)


def of_metals_first(names: Sequence[str]) -> list[str]:
    """Return elements or pairs of them, those with a metal first."""

    def rank(name: str) -> int:
        return sum(symbol in NON_METALS for symbol in name.split("-"))

    return sorted(names, key=rank)


def look_of(kind: str) -> Look:
    """Return how a kind of curve is drawn; of one that is not known, with its name as the title."""
    return LOOKS.get(kind) or Look(f"{kind.replace('_', ' ').capitalize()} {{of}}.")


def label_of(name: str, unit: str) -> str:
    """Return the label of an axis."""
    return f"{name} / {unit}" if unit else name


def curves_of(parts: Sequence[Part]) -> dict[str, Curves]:
    """Return the curves of the states of a system, by state."""
    nodes = {part.state or part.name: part.output("curves") for part in parts}
    return {state: Curves.from_node(node) for state, node in nodes.items() if node is not None}
