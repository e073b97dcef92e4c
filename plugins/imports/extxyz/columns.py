"""The columns of a frame in extended XYZ, as ``Properties`` announces them (no AiiDA)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from aiida_zif.plugins.imports.extxyz.comment_line import logical, numbers

PLAIN = "species:S:1:pos:R:3"
"""What a frame without ``Properties`` has."""

_COLUMNS = re.compile(r"[^:\s]+:[RISLrisl]:[0-9]{1,4}(?::[^:\s]+:[RISLrisl]:[0-9]{1,4})*")


@dataclass(frozen=True)
class Column:
    """One property of the atoms.

    :param kind: R, I, S or L.
    :param words: the text of every atom, (n, width).
    """

    name: str
    kind: str
    words: Sequence[Sequence[str]]

    @property
    def width(self) -> int:
        """Values an atom."""
        return len(self.words[0])

    def numbers(self) -> np.ndarray:
        """Return the values as numbers, (n, width).

        :raises ValueError: one is no number.
        """
        flat = [word for row in self.words for word in row]
        return numbers(flat, f"column {self.name}").reshape(len(self.words), self.width)

    def logicals(self) -> np.ndarray | None:
        """Return the values as T and F, (n, width); None if one is neither."""
        values = [[logical(word) for word in row] for row in self.words]
        return None if any(value is None for row in values for value in row) else np.array(values, dtype=bool)


def columns_of(properties: str, lines: Sequence[str]) -> dict[str, Column]:
    """Return the columns of a frame by name.

    :param properties: such as ``species:S:1:pos:R:3:forces:R:3``.
    :param lines: one of every atom.
    :raises ValueError: a line has more or fewer values than announced, or a name stands twice.
    """
    if not _COLUMNS.fullmatch(properties):
        raise ValueError(
            f"Properties: {properties[:60]!r} found; allowed is NAME:KIND:COUNT for every column, with R, I, S or L as "
            f"kind, such as {PLAIN}. Correct the entry"
        )
    fields = properties.split(":")
    names, kinds, widths = fields[::3], fields[1::3], [int(width) for width in fields[2::3]]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"Properties: column {twice} found twice; allowed is once. Rename or delete one of them")
    rows = [line.split() for line in lines]
    total = sum(widths)
    wrong = next((index for index, row in enumerate(rows) if len(row) != total), None)
    if wrong is not None:
        raise ValueError(f"line of atom {wrong + 1}: {total} columns announced, {len(rows[wrong])} found")
    starts = [sum(widths[:index]) for index in range(len(widths))]
    return {
        name: Column(name, kind.upper(), [row[start : start + width] for row in rows])
        for name, kind, start, width in zip(names, kinds, starts, widths, strict=True)
        if width
    }
