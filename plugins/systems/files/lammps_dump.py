"""Read a LAMMPS text dump: frames of one system (no AiiDA). Lengths are those of ``metal`` and ``real``, Å."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TextIO

import numpy as np

from aiida_zif.plugins.systems.faults import StructureFault
from aiida_zif.plugins.systems.files.elements import light, of_symbol
from aiida_zif.plugins.systems.files.lammps_cell import MOST_ATOMS, elements_of, triclinic_cell
from aiida_zif.plugins.systems.files.lammps_data import LammpsFrame

IN_ANGSTROM = ("metal", "real")
"""Units of LAMMPS in which lengths are in Å."""

COORDINATES = (("xu", "yu", "zu"), ("x", "y", "z"), ("xsu", "ysu", "zsu"), ("xs", "ys", "zs"))
"""Columns of positions, the best first: unwrapped before wrapped, lengths before fractions."""


def read_lammps_dump(stream: TextIO, type_map: Sequence[str] | None = None) -> Iterator[LammpsFrame]:
    """Yield the frames of a dump, atoms sorted by id.

    :param type_map: elements of the types 1, 2, …, where the dump has no column ``element``.
    :raises StructureFault: a frame is incomplete, or does not say what is needed.
    """
    while line := _after_units(stream):
        if not line.startswith("ITEM: TIMESTEP"):
            raise StructureFault(f"the line {line[:40]!a}", "ITEM: TIMESTEP", "give a text dump of LAMMPS")
        step = int(stream.readline())
        _item(stream, "NUMBER OF ATOMS")
        count = int(stream.readline())
        if not 1 <= count <= MOST_ATOMS:
            raise StructureFault(f"{count} atoms", f"1 to {MOST_ATOMS} atoms", "take a smaller file")
        words = _item(stream, "BOX BOUNDS")
        origin, cell = _box(words, [stream.readline().split() for _ in range(3)])
        columns = _item(stream, "ATOMS")
        rows = [stream.readline().split() for _ in range(count)]
        if any(len(row) != len(columns) for row in rows):
            raise StructureFault(f"step {step} is incomplete", "whole frames", "cut the file before this frame")
        yield _frame(step, columns, rows, origin, cell, type_map)


def _after_units(stream: TextIO) -> str:
    """The next line that is not about units and time, which `dump_modify` adds; empty at the end."""
    line = stream.readline()
    while line.startswith(("ITEM: UNITS", "ITEM: TIME\n")):
        units = stream.readline().strip()
        if "UNITS" in line and units not in IN_ANGSTROM:
            found = f"units {units[:20]!a}"
            raise StructureFault(found, " or ".join(IN_ANGSTROM), "run it in these units, or convert the dump")
        line = stream.readline()
    return line


def _item(stream: TextIO, name: str) -> list[str]:
    """The words after the name of an item."""
    line = stream.readline()
    if not line.startswith(f"ITEM: {name}"):
        raise StructureFault(f"the line {line[:40]!a}", f"ITEM: {name}", "give a whole text dump of LAMMPS")
    return line.removeprefix(f"ITEM: {name}").split()


def _box(words: list[str], bounds: list[list[str]]) -> tuple[np.ndarray, np.ndarray]:
    """Origin and cell; a triclinic dump states the box around the cell, not the cell."""
    if "abc" in words or any(len(row) not in (2, 3) for row in bounds):
        fix = "write the dump without `triclinic/general`"
        raise StructureFault("a general triclinic box", "BOX BOUNDS of lo, hi and tilt", fix)
    low, high = (np.array([float(row[column]) for row in bounds]) for column in (0, 1))
    xy, xz, yz = (float(row[2]) if len(row) == 3 else 0.0 for row in bounds)
    low -= [min(0.0, xy, xz, xy + xz), min(0.0, yz), 0.0]
    high -= [max(0.0, xy, xz, xy + xz), max(0.0, yz), 0.0]
    return low, triclinic_cell([float(value) for value in high - low], (xy, xz, yz))


def _frame(
    step: int,
    columns: list[str],
    rows: list[list[str]],
    origin: np.ndarray,
    cell: np.ndarray,
    type_map: Sequence[str] | None,
) -> LammpsFrame:
    place = {name: index for index, name in enumerate(columns)}
    names = next((names for names in COORDINATES if set(names) <= place.keys()), None)
    if names is None or "id" not in place:
        fix = "write the dump with `dump custom … id type element xu yu zu`"
        raise StructureFault(f"the columns {' '.join(columns)}", "id and x y z, xu yu zu or xs ys zs", fix)
    order = np.argsort([int(row[place["id"]]) for row in rows], kind="stable")
    table = np.array([[row[place[name]] for name in names] for row in rows], dtype=float)[order]
    positions = table @ cell if "s" in names[0] else table - origin
    return LammpsFrame(tuple(_symbols(place, rows, order, type_map)), positions, cell, step)


def _symbols(
    place: dict[str, int], rows: list[list[str]], order: np.ndarray, type_map: Sequence[str] | None
) -> list[str]:
    if "element" in place:
        names = [rows[index][place["element"]] for index in order]
        known = {name: of_symbol(name) for name in set(names)}
        if unknown := next((name for name, found in known.items() if not found), None):
            fix = "write the dump with `dump_modify … element`"
            raise StructureFault(f"the element {unknown[:20]!a}", "symbols of elements", fix)
        return [light(known[name][0]) for name in names]
    if "type" not in place:
        raise StructureFault("atoms without types or elements", "the column element or type", "write it with one")
    return elements_of(np.array([int(rows[index][place["type"]]) for index in order]), type_map, {})
