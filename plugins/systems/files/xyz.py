"""Checks of a structure in extended XYZ before ASE reads it (no AiiDA)."""

from __future__ import annotations

import re

from aiida_zif.plugins.systems.faults import MOST_ATOMS, StructureFault, refuse_too_many
from aiida_zif.plugins.systems.files.elements import DEUTERIUM_NOTE, HEAVY_HYDROGEN, light, of_symbol, refuse_unknown

PROPERTIES = re.compile(r"Properties=\"?([A-Za-z0-9_:.-]+)\"?")


def checked_xyz(text: str, most: int = MOST_ATOMS) -> tuple[str, list[str]]:
    """Return one frame of extended XYZ with plain symbols, and notes.

    :param text: count, comment, and as many lines as atoms.
    :param most: atoms at most.
    :raises StructureFault: rows of a wrong width, unknown elements, elements that contradict atomic numbers.
    """
    first, comment, *rows = text.rstrip("\n").split("\n")
    refuse_too_many(len(rows), most)
    match = PROPERTIES.search(comment)
    columns = _columns(match[1] if match else "species:S:1:pos:R:3")
    species, numbers = columns.get("species"), columns.get("Z", columns.get("numbers"))
    if species is None and numbers is None:
        raise StructureFault("atoms without elements", "the column species", "add it")
    width = sum(count for _, count in columns.values())
    words = [row.split() for row in rows]
    odd = [place for place, row in enumerate(words) if len(row) != width and (match or len(row) < width)]
    if odd:
        found = f"row {odd[0] + 1} of the atoms with {len(words[odd[0]])} values for {width} columns"
        raise StructureFault(found, "one value for each column", "correct this row, or Properties")
    if species is None:
        return text, []
    place = species[0]
    found_elements = [of_symbol(row[place]) for row in words]
    refuse_unknown([row[place] for row, element in zip(words, found_elements, strict=True) if not element])
    symbols = [element[0] for element in found_elements]
    if numbers is not None:
        _refuse_contradiction([row[numbers[0]] for row in words], symbols)
    for row, symbol in zip(words, symbols, strict=True):
        row[place] = light(symbol)
    heavy = sum(symbol in HEAVY_HYDROGEN for symbol in symbols)
    notes = [f"{heavy} × D: {DEUTERIUM_NOTE}"] if heavy else []
    return "\n".join([first, comment, *(" ".join(row) for row in words), ""]), notes


def _columns(properties: str) -> dict[str, tuple[int, int]]:
    """For each property its first column and their number."""
    parts = properties.split(":")
    columns, at = {}, 0
    for name, _, count in zip(parts[::3], parts[1::3], parts[2::3], strict=False):
        if not re.fullmatch(r"[0-9]{1,4}", count):
            raise StructureFault(f"{count!a} columns of {name}", "a whole number", "correct Properties")
        columns[name] = (at, int(count))
        at += int(count)
    return columns


def _refuse_contradiction(numbers: list[str], symbols: list[str]) -> None:
    from ase.data import atomic_numbers

    for row, (number, symbol) in enumerate(zip(numbers, symbols, strict=True), 1):
        if number != str(atomic_numbers[light(symbol)]):
            found = f"row {row} of the atoms with the element {symbol} and the atomic number {ascii(number)[1:-1]}"
            raise StructureFault(found, "columns that agree", "remove the wrong one of the two columns")
