"""What `zif.structure` found: one row an observable and what it is of, each with its error (no AiiDA)."""

from __future__ import annotations

from aiida_zif.plugins.data.measured import Measured
from aiida_zif.plugins.data.record import Entry, Report
from aiida_zif.workflows.properties.structure.settings import Group


class Row(Entry):
    """One number of the table.

    :param group: of observables.
    :param quantity: such as ``coordination``; the names are those of :mod:`~.quantities`.
    :param of: element pair ``Zn-N``, angle ``N-Zn-N``, linker species ``C3H3N2``, ring size ``4``, element, radiation;
        empty for the whole system.
    :param value: mean with its error.
    :param random: the same of randomly oriented linkers, where chance alone gives a value; what is not beyond it by
        several errors is no order.
    :param definition: how it is computed, with the cut-off that was used.
    """

    group: Group | str
    quantity: str
    of: str = ""
    value: Measured
    random: Measured | None = None
    definition: str = ""


class StructureReport(Report):
    """The structure of one state of one system.

    :param system: label of the system.
    :param state: label of the state.
    :param formula: of the cell.
    :param n_frames: frames of each replica.
    :param frames_used: of each group the frames of each replica that were analysed; fewer than there are where a frame
        costs much.
    :param independent: whether members are replicas; if not, errors are lower bounds.
    :param rows: the table.
    :param conventions: names of conventions by what they are for, such as ``S(Q)``: ``Faber–Ziman``.
    :param limits: what the numbers cannot say, in sentences: size of the cell, cut of Q, lack of replicas.
    """

    system: str = ""
    state: str = ""
    formula: str = ""
    n_atoms: int = 0
    n_replicas: int = 0
    n_frames: dict[str, int] = {}
    frames_used: dict[str, int] = {}
    independent: bool = True
    rows: list[Row] = []
    conventions: dict[str, str] = {}
    limits: list[str] = []

    def row(self, quantity: str, of: str = "") -> Row | None:
        """Return the row of a quantity; None if it was not computed."""
        return next((row for row in self.rows if (row.quantity, row.of) == (quantity, of)), None)

    def measured(self, quantity: str, of: str = "") -> Measured | None:
        """Return the value of a quantity; None if it was not computed."""
        row = self.row(quantity, of)
        return None if row is None else row.value
