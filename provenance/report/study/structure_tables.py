"""Tables of structure, of the change of structure between states, and of validation (no AiiDA)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from aiida_zif.plugins.data.measured import Measured
from aiida_zif.plugins.lammps.structure import NON_METALS
from aiida_zif.provenance.studies.limits import without_repeats
from aiida_zif.provenance.studies.words import quantity_in_words, state_in_words
from aiida_zif.provenance.values import all_units, usual_basis
from aiida_zif.workflows.properties.structure.report import Row, StructureReport

Key = tuple[str, str, str]
"""Group, quantity and what it is of."""
MOST_NAMED = 4
"""Values that a remark names one by one."""


@dataclass
class Line:
    """One quantity over the states.

    :param definition: empty where that of the line above holds.
    :param values: by state; None where it was not computed.
    :param random: the same of random orientations, by state.
    """

    group: str
    what: str
    unit: str
    definition: str
    values: list[Measured | None]
    random: list[Measured | None] = field(default_factory=list)

    @property
    def has_random(self) -> bool:
        """Whether chance alone gives a value in any state."""
        return any(one is not None for one in self.random)


@dataclass(frozen=True)
class StructureTable:
    """Quantities in rows, states in columns.

    :param groups: lines by group of observables.
    :param further: those of pairs without a metal, likewise.
    :param usual: what most errors stand on.
    :param remarks: on values, each once, with the states it is of.
    """

    states: list[str]
    groups: dict[str, list[Line]]
    further: dict[str, list[Line]]
    usual: str
    remarks: list[str]
    conventions: dict[str, str]
    limits: list[str]
    sizes: list[str]


def structure_table(reports: Mapping[str, StructureReport]) -> StructureTable:
    """Return the table of one system.

    :param reports: by state.
    """
    found: dict[Key, dict[str, Row]] = {}
    for state, report in reports.items():
        for row in report.rows:
            found.setdefault((row.group, row.quantity, row.of), {})[state] = row
    groups: dict[str, list[Line]] = {}
    further: dict[str, list[Line]] = {}
    for (group, quantity, of), rows in found.items():
        line = line_of(group, quantity, of, [rows.get(state) for state in reports])
        lines = (further if is_of_linkers_alone(of) else groups).setdefault(group, [])
        if lines and line.definition and line.definition == stated_above(lines):
            line.definition = ""
        lines.append(line)
    values = (one for lines in [*groups.values(), *further.values()] for line in lines for one in line.values)
    return StructureTable(
        states=[state_in_words(state) for state in reports],
        groups=groups,
        further=further,
        usual=usual_basis(values),
        remarks=remarks_of(found),
        conventions={name: text for report in reports.values() for name, text in report.conventions.items()},
        limits=without_repeats(dict.fromkeys(limit for report in reports.values() for limit in report.limits)),
        sizes=[size_in_words(state, report) for state, report in reports.items()],
    )


def line_of(group: str, quantity: str, of: str, rows: list[Row | None]) -> Line:
    """Return one line of the table."""
    known = [row for row in rows if row is not None]
    definitions = list(dict.fromkeys(row.definition for row in known if row.definition))
    return Line(
        group=group,
        what=quantity_in_words(quantity, of),
        unit=all_units([row.value for row in known]),
        definition="; ".join(definitions),
        values=[None if row is None else row.value for row in rows],
        random=[None if row is None else row.random for row in rows],
    )


def is_of_linkers_alone(of: str) -> bool:
    """Whether a quantity is of a pair of elements such as ``C-H`` neither of which is a metal."""
    pair = of.split("-")
    return len(pair) == 2 and all(symbol in NON_METALS for symbol in pair)


def stated_above(lines: list[Line]) -> str:
    """Return the definition that holds at the end of some lines."""
    return next((line.definition for line in reversed(lines) if line.definition), "")


def remarks_of(found: Mapping[Key, Mapping[str, Row]]) -> list[str]:
    """Return the remarks on values, each once with all that it is of."""
    remarks: dict[str, dict[str, None]] = {}
    for (_, quantity, of), rows in found.items():
        for row in rows.values():
            if row.value.remark:
                remarks.setdefault(row.value.remark, {})[quantity_in_words(quantity, of)] = None
    return [f"{some_of(list(of))}: {remark}" for remark, of in remarks.items()]


def some_of(names: Sequence[str]) -> str:
    """Return names as a list; of many the number and the first one."""
    return ", ".join(names) if len(names) <= MOST_NAMED else f"{len(names)} values, such as {names[0]}"


def size_in_words(state: str, report: StructureReport) -> str:
    """Return how many frames of how many replicas a state was analysed in."""
    frames = "no frames" if not report.n_frames else f"{sum(report.n_frames.values())} frames"
    what = "replicas" if report.independent else "parts that are no independent replicas"
    return f"{state_in_words(state)}: {report.n_atoms} atoms, {report.n_replicas} {what}, {frames}"
