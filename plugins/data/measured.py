"""A number with its error, as every result of a study is stated (no AiiDA)."""

from __future__ import annotations

from typing import Literal

from aiida_zif.plugins.data.record import Entry

ErrorFrom = Literal["replicas", "blocks", "fit", "bootstrap", "source", "none"]


class Measured(Entry):
    """A value, its standard error, and what the error stands on.

    :param value: in ``unit``; None where nothing could be measured, and ``remark`` says why.
    :param error: standard error of the value, in ``unit``; None where there is none, and ``remark`` says why.
    :param error_from: independent ``replicas``, ``blocks`` of one trajectory, a ``fit``, a ``bootstrap``, or the
        ``source`` that stated it.
    :param n: number of independent samples behind the error.
    :param committee: standard deviation over the models of a committee, in ``unit``: kept apart from ``error``.
    :param unit: such as ``g/cm³``; empty for a pure number.
    :param remark: what a reader must know before the number is used.
    """

    value: float | None = None
    error: float | None = None
    error_from: ErrorFrom = "none"
    n: int | None = None
    committee: float | None = None
    unit: str = ""
    remark: str = ""
