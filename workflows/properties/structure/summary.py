"""The samples of all replicas as one table and one set of curves (no AiiDA)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from aiida_zif.plugins.analysis.structure.pair_distribution import PairDistribution
from aiida_zif.plugins.data.measured import Measured
from aiida_zif.plugins.physics.geometry import cell_heights, densities
from aiida_zif.workflows.properties.structure.curves import Curve, Curves
from aiida_zif.workflows.properties.structure.observables.pairs import (
    CONVENTION,
    curve_of,
    curves_of_pairs,
    rows_of_pairs,
)
from aiida_zif.workflows.properties.structure.observables.scattering import (
    FINEST,
    RADIATIONS,
    Scattered,
    heavy_pairs,
    rows_of_scattering,
)
from aiida_zif.workflows.properties.structure.quantities import QUANTITIES
from aiida_zif.workflows.properties.structure.report import Row, StructureReport
from aiida_zif.workflows.properties.structure.samples import Number, Samples
from aiida_zif.workflows.properties.structure.settings import GROUPS, StructureSettings
from aiida_zif.workflows.properties.structure.statistics import combined, of_numbers, rooted

FIXED = 1e-6
"""Relative difference of densities in a cell that does not move."""


@dataclass(frozen=True)
class Replica:
    """One member of the frames, and what was measured of it.

    :param cells: Å, shape (N, 3, 3).
    :param samples: of each calcfunction.
    :param distances: counted, where they were.
    """

    symbols: Sequence[str]
    cells: np.ndarray
    samples: Sequence[Samples]
    distances: PairDistribution | None = None


def summarise(replicas: Mapping[str, Replica], settings: StructureSettings) -> tuple[StructureReport, Curves]:
    """Return table and curves of all replicas.

    :param replicas: by name.
    """
    from ase.formula import Formula

    parts = list(replicas.values())
    rows, curves, limits = list(_density(parts, settings)), dict[str, Curve](), list(_limits(parts, settings))
    rows += _rows_of_numbers(parts, settings)
    curves.update(_curves_of_lines(parts, settings))
    conventions = {name: text for part in parts for one in part.samples for name, text in one.conventions.items()}
    distances = [part.distances for part in parts if part.distances is not None]
    if distances and "pairs" in settings.observables:
        found = list(rows_of_pairs(distances, settings))
        rows += [row for row in found if isinstance(row, Row)]
        limits += [sentence for sentence in found if isinstance(sentence, str)]
        curves.update(curves_of_pairs(distances, settings))
        conventions["g(r)"] = CONVENTION
    if distances and "scattering" in settings.observables:
        _scatter(distances, _lowest_q(parts), settings, rows, curves, conventions)
    used = {group: min((one.n_used for part in parts for one in part.samples if group in one.groups), default=0)
            for group in settings.observables}  # fmt: skip
    used |= {group: min(len(one.volumes) for one in distances) for group in ("pairs", "scattering") if distances}
    report = StructureReport(
        system=settings.system,
        state=settings.state,
        formula=Formula.from_list(list(parts[0].symbols)).format("hill"),
        n_atoms=len(parts[0].symbols),
        n_replicas=len(parts) if settings.independent else 1,
        n_frames={name: len(part.cells) for name, part in replicas.items()},
        frames_used={group: count for group, count in used.items() if group in settings.observables},
        independent=settings.independent,
        rows=sorted(rows, key=_place),
        conventions=conventions,
        limits=list(dict.fromkeys(limits)),
    )
    return report, Curves(curves)


def _place(row: Row) -> tuple[int, int, int]:
    """Where a row stands: by group, then quantity, then ring size."""
    place = list(QUANTITIES).index(row.quantity), int(row.of) if row.of.isdigit() else 0
    return ("cell", *GROUPS).index(row.group), *place


def _density(parts: Sequence[Replica], settings: StructureSettings) -> Iterator[Row]:
    series = [densities(part.symbols, part.cells) for part in parts]
    value = of_numbers(series, QUANTITIES["density"].unit, settings.independent)
    if np.ptp(np.concatenate(series)) < FIXED * series[0][0] and sum(map(len, series)) > 1:
        value = value.model_copy(update={"error": None, "error_from": "none", "remark": "fixed cell: not a result"})
    yield Row(group="cell", quantity="density", value=value, definition="natural isotopes")


def _lowest_q(parts: Sequence[Replica]) -> float:
    """2π/L of the thinnest cell, Å⁻¹: no wave vector of a periodic cell is shorter."""
    return float(2 * np.pi / min(cell_heights(part.cells).min() for part in parts))


def _limits(parts: Sequence[Replica], settings: StructureSettings) -> Iterator[str]:
    """What the numbers cannot say."""
    lowest, n_atoms = _lowest_q(parts), len(parts[0].symbols)
    if "scattering" in settings.observables:
        yield f"S(Q) and F(Q) begin at 2π/L = {lowest:.2f} Å⁻¹: the cell has no shorter wave vector."
        if lowest > FINEST:
            yield (
                f"A box of {n_atoms} atoms is too small to place the first sharp diffraction peak: wave vectors are "
                f"{lowest:.2f} Å⁻¹ apart."
            )
    if len(parts) == 1 and settings.independent:
        yield "One replica: errors show what varies within it, and not what another one would show."
    if not settings.independent:
        yield "Frames are parts of one run or of a published set and no replicas: errors are lower bounds."
    for part in parts:
        for one in part.samples:
            yield from one.limits


def _rows_of_numbers(parts: Sequence[Replica], settings: StructureSettings) -> list[Row]:
    """A row for each number that any replica has."""
    found: dict[tuple[str, str], list[Number]] = {}
    for part in parts:
        for one in part.samples:
            for number in one.numbers:
                found.setdefault((number.quantity, number.of), []).append(number)
    return [_row(numbers, len(parts), settings) for numbers in found.values()]


def _row(numbers: Sequence[Number], n_replicas: int, settings: StructureSettings) -> Row:
    first, quantity = numbers[0], QUANTITIES[numbers[0].quantity]
    series = [number.values for number in numbers]
    if quantity.name == "rings_per_metal" and len(series) < n_replicas:  # a size that a replica does not have
        series += [np.zeros_like(series[0])] * (n_replicas - len(series))
    value = of_numbers(series, quantity.unit, settings.independent, [number.error for number in numbers])
    if first.squared:
        value = rooted(value)
    remarks = [value.remark, *(number.remark for number in numbers)]
    remark = "; ".join(dict.fromkeys(part for part in remarks if part))
    random = None
    if first.random is not None:
        chance = float(np.mean([number.random for number in numbers if number.random is not None]))
        said = "random normals; the error is their standard deviation in one frame"
        random = Measured(value=chance, error=first.random_spread, unit=quantity.unit, remark=said)
    return Row(
        group=quantity.group,
        quantity=quantity.name,
        of=first.of,
        value=value.model_copy(update={"remark": remark}),
        random=random,
        definition=first.definition,
    )


def _curves_of_lines(parts: Sequence[Replica], settings: StructureSettings) -> Iterator[tuple[str, Curve]]:
    lines: dict[str, list[np.ndarray]] = {}
    first = {line.name: line for part in reversed(parts) for one in part.samples for line in one.lines}
    for part in parts:
        for one in part.samples:
            for line in one.lines:
                if np.array_equal(line.x, first[line.name].x):
                    lines.setdefault(line.name, []).append(line.y)
    for name, series in lines.items():
        found, line = combined(series, settings.independent), first[name]
        if found is not None:
            yield name, curve_of(line.x, found, line.x_label, line.y_label, line.x_unit, line.y_unit)


def _scatter(
    distances: Sequence[PairDistribution],
    lowest: float,
    settings: StructureSettings,
    rows: list[Row],
    curves: dict[str, Curve],
    conventions: dict[str, str],
) -> None:
    """Add scattering to rows, curves and conventions."""
    peaks = {row.of: row.value.value for row in rows if row.quantity == "first_peak"}
    near = {pair: peaks[pair] for pair in heavy_pairs(list(distances[0].numbers)) if peaks.get(pair) is not None}
    for radiation in RADIATIONS:
        scattered = Scattered(distances, settings, radiation, lowest)
        rows += rows_of_scattering(scattered, near, lowest <= FINEST, settings.independent)  # type: ignore[arg-type]
        curves.update(scattered.curves())
        conventions[f"F(Q) {radiation}"] = scattered.total.convention
        conventions[f"A(Q) {radiation}"] = scattered.total.source
        conventions[f"D(r) {radiation}"] = f"window in Q: {scattered.total.window}"
