"""Results beside references, and whether the two may be compared (no AiiDA)."""

from __future__ import annotations

from typing import Literal

from aiida_zif.plugins.data.measured import Measured
from aiida_zif.plugins.data.record import Entry, Report

Kind = Literal["same-level AIMD", "published AIMD", "measurement", "literature"]


class ValidationRow(Entry):
    """One number beside that of a reference.

    :param quantity: and ``of``: as in the table of a structure.
    :param system: and ``state``: labels of what was computed.
    :param ours: of the force field.
    :param reference: of the other; None where it states none.
    :param kind: of the reference.
    :param source: where the reference comes from, with DOI where there is one.
    :param comparable: whether a difference of the two says something about the force field.
    :param why: level of theory, schedule, size, density: why they may be compared, or why not.
    :param z: difference over its standard error; only where the two may be compared and both have an error.
    """

    quantity: str
    of: str = ""
    system: str = ""
    state: str = ""
    ours: Measured
    reference: Measured | None = None
    kind: Kind
    source: str
    comparable: bool
    why: str
    z: float | None = None


class ValidationReport(Report):
    """The table.

    :param sources: name of a reference → its source in words.
    :param missing: references that were asked for and could not be used → why.
    :param limits: what the table cannot say.
    """

    rows: list[ValidationRow] = []
    sources: dict[str, str] = {}
    missing: dict[str, str] = {}
    limits: list[str] = []

    def of_state(self, system: str, state: str) -> list[ValidationRow]:
        """Return the rows of one state."""
        return [row for row in self.rows if (row.system, row.state) == (system, state)]
