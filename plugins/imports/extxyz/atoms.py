"""Elements, positions, cell and fixed atoms of a frame in extended XYZ (no AiiDA)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from aiida_zif.plugins.imports.extxyz.columns import Column
from aiida_zif.plugins.imports.extxyz.comment_line import Entry, logicals_of, numbers_of
from aiida_zif.plugins.imports.names import fixed_sense, plain, speaks_of_fixed

SPECIES = ("species", "symbols", "symbol", "element", "elements")
NUMBERS = ("z", "numbers", "number", "atomic_numbers", "atomic_number")
POSITIONS = ("pos", "position", "positions", "coord", "coords", "coordinates")
ZEROED_SUM = 1e-3
"""eV/Å times the square root of the number of atoms: forces of a whole crystal add up to less."""


def named(columns: Mapping[str, Column], names: Sequence[str], kinds: str) -> list[Column]:
    """Return the columns that have one of some names and kinds."""
    return [column for column in columns.values() if plain(column.name) in names and column.kind in kinds]


def columns_of_elements(columns: Mapping[str, Column]) -> list[Column]:
    """Return the columns that say which elements the atoms are."""
    found = [*named(columns, SPECIES, "S"), *named(columns, NUMBERS, "I")]
    return [column for column in found if column.width == 1]


def symbols_of(columns: Mapping[str, Column]) -> tuple[tuple[str, ...], str]:
    """Return the elements of the atoms, and what contradicts them: nothing, or a phrase.

    :raises ValueError: there is no column of elements, or something in it is none.
    """
    found = columns_of_elements(columns)
    told = [_symbols_in(column) if column.kind == "S" else _symbols_of_numbers(column) for column in found]
    if not told:
        there = ", ".join(f"{column.name}:{column.kind}" for column in columns.values())
        raise ValueError(
            f"species: columns {there} found; allowed is a column species:S:1 with symbols of elements, or Z:I:1 with "
            "atomic numbers. Rename the column that has them"
        )
    first = next((n for n in range(len(told[0])) if len({symbols[n] for symbols in told}) > 1), None)
    if first is None:
        return told[0], ""
    both = " and ".join(column.name for column in found)
    return told[0], f"atom {first + 1} is {' and '.join(symbols[first] for symbols in told)} ({both})"


def _symbols_in(column: Column) -> tuple[str, ...]:
    """Return the symbols of elements in a column.

    :raises ValueError: one of them is none.
    """
    from ase.data import atomic_numbers

    symbols = tuple(row[0].capitalize() for row in column.words)
    if unknown := next((symbol for symbol in symbols if symbol not in atomic_numbers), None):
        fix = "Write H: energies and forces of D and H are the same" if unknown in ("D", "T") else "Correct them"
        raise ValueError(f"{column.name}: {unknown[:20]!a} found; allowed are symbols of elements. {fix}")
    return symbols


def _symbols_of_numbers(column: Column) -> tuple[str, ...]:
    """Return the symbols of the atomic numbers in a column.

    :raises ValueError: one of them is none.
    """
    from ase.data import chemical_symbols

    values = column.numbers()[:, 0]
    wrong = values[~np.isin(values, np.arange(1, len(chemical_symbols)))]
    if wrong.size:
        raise ValueError(f"{column.name}: {wrong[0]:g} found; allowed are atomic numbers. Correct the column")
    return tuple(chemical_symbols[int(number)] for number in values)


def positions_of(columns: Mapping[str, Column]) -> tuple[np.ndarray, str]:
    """Return the positions in the unit of the file, (n, 3), and the name of their column.

    :raises ValueError: there is none, or there are two that differ.
    """
    found = [column for column in named(columns, POSITIONS, "R") if column.width == 3]
    if not found:
        raise ValueError("pos: no column found; allowed is pos:R:3 in Properties. Rename the column that has them")
    values = [column.numbers() for column in found]
    if any(not np.array_equal(other, values[0], equal_nan=True) for other in values):
        names = " and ".join(column.name for column in found)
        raise ValueError(f"pos: {names} found, which differ; allowed is one of them. Delete the other")
    return values[0], found[0].name


def cell_of(entries: Mapping[str, Entry]) -> np.ndarray | None:
    """Return the lattice vectors as rows in the unit of the file; None if the frame is not periodic.

    :param entries: by their names in small letters.
    :raises ValueError: ``Lattice`` does not have nine numbers, or ``pbc`` other values than T and F.
    """
    if "lattice" not in entries:
        return None
    cell = numbers_of(entries["lattice"], (9,)).reshape(3, 3)
    periodic = all(logicals_of(entries["pbc"])) if "pbc" in entries else True
    return cell if periodic else None


def fixed_atoms(columns: Mapping[str, Column], entries: Sequence[Entry], forces: np.ndarray) -> str | None:
    """Return why zero forces of a frame are those of atoms that were held fixed, None if they are not.

    :param forces: (n, 3).
    """
    for column in columns.values():
        sense = fixed_sense(column.name)
        mask = None if sense is None else column.logicals()
        if mask is None or column.width not in (1, 3):
            continue
        held = np.broadcast_to(mask if sense else ~mask, forces.shape)
        zeroed = int(((forces == 0.0) | ~held).all(axis=1)[held.any(axis=1)].sum())
        if zeroed:
            return f"{zeroed} atoms have a force of zero and were held fixed, as {column.name} says"
    names = [name for name in (*columns, *(entry.name for entry in entries)) if speaks_of_fixed(name)]
    zero = int((forces == 0.0).all(axis=1).sum())
    if names and zero > 0 and not _all_move(columns):
        return f"{zero} atoms have a force of zero, and {', '.join(names)} says that atoms were held fixed"
    return None


def _all_move(columns: Mapping[str, Column]) -> bool:
    """Whether every column that speaks of fixed atoms is understood; what they say was looked at."""
    told = [column for column in columns.values() if speaks_of_fixed(column.name)]
    return bool(told) and all(fixed_sense(c.name) is not None and c.logicals() is not None for c in told)


def zeroed_forces(forces: np.ndarray) -> str | None:
    """Return why forces look like those of a run with fixed atoms, None if they do not.

    An atom at a centre of symmetry has no force either, but then those of the others add up to zero.

    :param forces: eV/Å, (n, 3).
    """
    zero = int((forces == 0.0).all(axis=1).sum())
    total = float(np.linalg.norm(forces.sum(axis=0)))
    if zero in (0, len(forces)) or not total > ZEROED_SUM * np.sqrt(len(forces)):
        return None
    return f"{zero} of {len(forces)} atoms have a force of exactly zero, and the others add up to {total:.3f} eV/Å"
