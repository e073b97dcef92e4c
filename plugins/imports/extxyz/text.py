"""Split a file in extended XYZ into frames as text, with limits on announced sizes (no AiiDA).

ASE makes room, or looks for lines, for as many atoms and columns as a file announces; a stranger's file may announce
10¹⁸ of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, TextIO

MOST_ATOMS = 100_000
"""Atoms of one frame."""

LONGEST_LINE = 20_000
"""Characters; a comment line is a few hundred."""


class FrameText(NamedTuple):
    """Number of atoms, comment line and lines of atoms of a frame, as they stand."""

    first: str
    comment: str
    atoms: list[str]


COLUMNS = re.compile(r":[A-Za-z]:(\d+)")
"""How ``Properties`` announces columns, such as ``pos:R:3``."""


def frame_texts(path: Path) -> Iterator[str]:
    """Yield the text of every frame of a file for a reader that trusts what it announces.

    :raises ValueError: if a frame does not hold what it announces; the message says what.
    """
    for frame in frames_in(path):
        announced = [int(number[:9]) for number in COLUMNS.findall(frame.comment)]
        there = len(frame.atoms[0].split())
        if sum(announced) > there:
            raise ValueError(f"{sum(announced)} columns announced, {there} found")
        yield "".join([frame.first, frame.comment, *frame.atoms])


def frames_in(path: Path) -> Iterator[FrameText]:
    """Yield every frame of a file as text; a byte order mark is passed over.

    :raises ValueError: if a frame does not hold what it announces; the message says what.
    """
    with path.open(encoding="utf-8-sig") as stream:
        while (first := _line(stream)) is not None:
            if first.strip():  # blank lines at the end are common
                yield _frame(first, stream)


def _frame(first: str, stream: TextIO) -> FrameText:
    """Return the frame that begins with a line."""
    count = first.strip()
    if not re.fullmatch(r"[0-9]{1,9}", count) or not 1 <= int(count) <= MOST_ATOMS:
        raise ValueError(f"a number of atoms from 1 to {MOST_ATOMS} is expected, {count[:40]!r} was found")
    lines = [line for _ in range(int(count) + 1) if (line := _line(stream)) is not None]
    if len(lines) <= int(count):
        raise ValueError(f"{count} atoms announced, {max(len(lines) - 1, 0)} lines found")
    return FrameText(first, lines[0], lines[1:])


def _line(stream: TextIO) -> str | None:
    """Return the next line, None at the end."""
    line = stream.readline(LONGEST_LINE + 1)
    if len(line) > LONGEST_LINE:
        raise ValueError(f"a line of more than {LONGEST_LINE} characters")
    return line or None
