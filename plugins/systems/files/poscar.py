"""Checks of a POSCAR before ASE reads it (no AiiDA)."""

from __future__ import annotations

import re
from collections.abc import Sequence

from aiida_zif.plugins.systems.faults import StructureFault, refuse_too_many
from aiida_zif.plugins.systems.files.elements import DEUTERIUM_NOTE, HEAVY_HYDROGEN, light, of_symbol, refuse_unknown


def checked_poscar(text: str) -> tuple[str, list[str]]:
    """Return a POSCAR with plain symbols, and notes on what of it is not used.

    :raises StructureFault: no symbols (VASP 4), counts that differ from the rows, more than one frame, a scale of zero.
    """
    lines = text.split("\n")
    if len(lines) < 8:
        raise StructureFault(f"{len(lines)} lines", "a whole POSCAR", "write the file again")
    _refuse_scale(lines[1])
    symbols, at = _symbols(lines)
    counts = _counts(lines[at], len(lines))
    if len(symbols) != len(counts):
        found = f"{len(symbols)} symbols and {len(counts)} numbers of atoms"
        raise StructureFault(found, "one number for each symbol", "correct lines 6 and 7")
    refuse_too_many(sum(counts))
    lines[5:at] = ["  ".join(map(light, symbols))]
    notes = [f"D: {DEUTERIUM_NOTE}"] if set(symbols) & set(HEAVY_HYDROGEN) else []
    start = 7
    if lines[start].strip()[:1].lower() == "s":
        start += 1
        notes.append("selective dynamics is not used: all atoms move")
    notes += _after_rows(lines, start + 1, sum(counts))
    _refuse_other_names(
        lines[start + 1 :], [symbol for symbol, count in zip(symbols, counts, strict=True) for _ in range(count)]
    )
    return "\n".join(lines), notes


def _refuse_scale(line: str) -> None:
    try:
        scale = [float(word) for word in line.split()[:3]]
    except ValueError:
        scale = [float(line.split()[0])] if re.match(r"\s*[-+.\d]+(\s|$)", line) else []
    if len(scale) not in (1, 3) or 0 in scale:
        raise StructureFault(f"the scale {line.strip()[:40]!a}", "one number or three, not zero", "correct line 2")


def _symbols(lines: Sequence[str]) -> tuple[list[str], int]:
    """The symbols, and the place of the line of counts; VASP 4 may have symbols on the first line."""
    sixth = lines[5].split()
    if sixth and all(word.isdigit() for word in sixth):
        first = lines[0].split()
        symbols = [element for word in first for element in of_symbol(word)]
        if len(symbols) != len(first) or len(first) != len(sixth):
            fix = f"insert a line with {len(sixth)} chemical symbols above line 6"
            raise StructureFault("no chemical symbols (the format of VASP 4)", "symbols on line 6", fix)
        return symbols, 5
    words = [re.split(r"[_/]", word)[0] for word in sixth]
    refuse_unknown([word for word in words if not of_symbol(word)])
    return [of_symbol(word)[0] for word in words], 6


def _counts(line: str, lines: int) -> list[int]:
    words = line.split("!")[0].split("#")[0].split()
    if not words or not all(re.fullmatch(r"[0-9]{1,9}", word) for word in words):
        raise StructureFault(f"the numbers of atoms {line.strip()[:60]!a}", "whole numbers", "correct this line")
    if sum(map(int, words)) > lines:
        found = f"{sum(map(int, words))} atoms, more atoms than it has lines ({lines})"
        raise StructureFault(found, "one line for each atom", "correct the numbers of atoms")
    return [int(word) for word in words]


def _refuse_other_names(rows: Sequence[str], symbols: Sequence[str]) -> None:
    """Refuse rows that end with another element than the one of their place, as pymatgen writes it there."""
    for number, (row, symbol) in enumerate(zip(rows, symbols, strict=False), 1):
        words = row.split()
        named_element = of_symbol(words[-1]) if len(words) in (4, 7) and words[-1] not in ("T", "F") else []
        if named_element and light(named_element[0]) != light(symbol):
            found = f"row {number} of the coordinates, which is named {words[-1]} where line 6 says {symbol}"
            raise StructureFault(found, "the same element", "correct the order of symbols, or the numbers of atoms")


def _after_rows(lines: Sequence[str], start: int, count: int) -> list[str]:
    """Notes on what stands after the coordinates."""
    rest = list(lines[start + count :])
    rows = [line for line in lines[start : start + count] if line.strip()]
    if len(rows) < count:
        raise StructureFault(f"{count} atoms announced, {len(rows)} rows", "one row for each atom", "correct the file")
    if any("configuration=" in line.lower() for line in (*lines[start - 1 : start], *rest)):
        fix = "write the one frame that you want to a file of its own"
        raise StructureFault("more than one frame, as in XDATCAR", "one structure in a file", fix)
    if rest and rest[0].strip() and rest[0].strip()[0].lower() != "l":
        found = f"more rows than the {count} atoms announced: {rest[0].strip()[:60]!a}"
        raise StructureFault(found, "one row for each atom, then a blank line", "correct the numbers of atoms")
    return ["velocities are not used"] if any(line.strip() for line in rest) else []
