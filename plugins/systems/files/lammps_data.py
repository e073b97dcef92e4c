"""Read a LAMMPS data file: cell, elements and positions (no AiiDA).

Lengths are those of the units ``metal`` and ``real``, Å: a data file does not say its units.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from aiida_zif.plugins.systems.faults import StructureFault
from aiida_zif.plugins.systems.files.elements import light, of_symbol
from aiida_zif.plugins.systems.files.lammps_cell import MOST_ATOMS, elements_of, triclinic_cell

STYLES = {"atomic": 2, "charge": 3, "molecular": 3, "bond": 3, "angle": 3, "full": 4}
"""Atom style → columns before x; the type is the last of them, but for a charge that follows it."""
CHARGED = ("charge", "full")
_SECTION = re.compile(r"^[A-Z][A-Za-z]*(?: [A-Za-z]+)*$")


@dataclass(frozen=True)
class LammpsFrame:
    """One configuration.

    :param symbols: in the order of the atoms' ids.
    :param positions: Å from the origin of the box, shape (n, 3).
    :param cell: Å, shape (3, 3).
    :param step: MD step; None where the file states none.
    :param notes: what was decided, and what is not used.
    """

    symbols: tuple[str, ...]
    positions: np.ndarray
    cell: np.ndarray
    step: int | None = None
    notes: tuple[str, ...] = ()


def read_lammps_data(text: str, type_map: Sequence[str] | None, atom_style: str | None = None) -> LammpsFrame:
    """Return the configuration of a data file.

    :param type_map: elements of the types 1, 2, …
    :param atom_style: one of :data:`STYLES`, where the file does not say it.
    :raises StructureFault: it is no such file, or does not say what its columns or types are.
    """
    header, sections, styles = _split(text)
    if "Atoms" not in sections:
        raise StructureFault("no section Atoms", "a data file as write_data writes it", "give a LAMMPS data file")
    origin, cell = _box(header)
    labels = _labels(sections.get("Atom Type Labels", []))
    rows = _rows(sections["Atoms"], _count(header), labels)
    style = _style(styles.get("Atoms") or atom_style, rows.shape[1])
    order = np.argsort(rows[:, 0], kind="stable")
    kind_column = STYLES[style] - (2 if style in CHARGED else 1)
    first = STYLES[style]
    words = [line.split() for line in sections.get("Masses", [])]
    masses = {labels.get(kind, 0) or int(kind): float(mass) for kind, mass, *_ in words}
    notes = [f"atom style {style}", "lengths read in Å (units metal or real)"]
    if type_map is None and labels and all(of_symbol(label) for label in labels):
        type_map = [light(of_symbol(label)[0]) for label, _ in sorted(labels.items(), key=lambda one: one[1])]
        notes.append("elements are the type labels of the file")
    symbols = elements_of(rows[order, kind_column].astype(int), type_map, masses)
    notes += ["velocities are not used"] if "Velocities" in sections else []
    return LammpsFrame(tuple(symbols), rows[order, first : first + 3] - origin, cell, notes=tuple(notes))


def _split(text: str) -> tuple[list[str], dict[str, list[str]], dict[str, str]]:
    """Lines of the header and of every section, and what stands after ``#`` beside the name of a section."""
    header: list[str] = []
    sections: dict[str, list[str]] = {}
    hints: dict[str, str] = {}
    current = header
    for line in text.splitlines()[1:]:  # the first line is a title
        content, _, comment = (part.strip() for part in line.partition("#"))
        if _SECTION.fullmatch(content):
            current = sections.setdefault(content, [])
            hints[content] = comment.split()[0] if comment.split() else ""
        elif content:
            current.append(content)
    return header, sections, hints


def _numbers(header: list[str], words: str, count: int, default: list[float] | None = None) -> list[float]:
    """The numbers in front of some words of the header."""
    for line in header:
        parts = line.split()
        if parts[count:] == words.split():
            try:
                return [float(part) for part in parts[:count]]
            except ValueError as error:
                raise StructureFault(f"{line[:60]!a}", f"numbers before {words}", "correct the header") from error
    if default is None:
        raise StructureFault(f"no line … {words}", "the header of a data file", "give a LAMMPS data file")
    return default


def _count(header: list[str]) -> int:
    count = int(_numbers(header, "atoms", 1)[0])
    if not 1 <= count <= MOST_ATOMS:
        raise StructureFault(f"{count} atoms", f"1 to {MOST_ATOMS} atoms", "take a smaller file")
    return count


def _box(header: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """Origin and cell of the box."""
    if any(line.split()[3:] == ["avec"] for line in header):
        fix = "write it again with `write_data FILE` without `triclinic/general`"
        raise StructureFault("a general triclinic box", "a restricted box: xlo xhi … xy xz yz", fix)
    bounds = np.array([_numbers(header, f"{axis}lo {axis}hi", 2) for axis in "xyz"])
    tilts = _numbers(header, "xy xz yz", 3, default=[0.0, 0.0, 0.0])
    return bounds[:, 0], triclinic_cell([float(value) for value in bounds[:, 1] - bounds[:, 0]], tilts)


def _labels(lines: list[str]) -> dict[str, int]:
    """Type labels → numbers of types."""
    words = [line.split() for line in lines]
    if any(len(row) != 2 or not row[0].isdigit() for row in words):
        raise StructureFault("a type label that is not read", "a number and a label a row", "correct Atom Type Labels")
    return {label: int(number) for number, label in words}


def _rows(lines: list[str], count: int, labels: Mapping[str, int]) -> np.ndarray:
    """The section Atoms as numbers, shape (n, columns); type labels become the numbers of their types."""
    widths = {len(line.split()) for line in lines}
    if len(lines) != count or len(widths) != 1:
        found = f"{len(lines)} rows of {sorted(widths)} columns for {count} atoms"
        raise StructureFault(found, "one row for each atom, all alike", "correct the section Atoms")
    try:
        rows = np.array([[labels.get(word, word) for word in line.split()] for line in lines], dtype=float)
    except ValueError as error:
        fix = "write it again with `write_data FILE`"
        raise StructureFault("a row of atoms with words", "numbers, or labels of Atom Type Labels", fix) from error
    if not np.isfinite(rows).all() or len(set(rows[:, 0])) != count:
        raise StructureFault("an id twice, or what is no number", "every atom once", "correct the section Atoms")
    return rows


def _style(stated: str | None, width: int) -> str:
    """The atom style, as stated, or the only one that has so many columns."""
    fitting = [style for style, before in STYLES.items() if width in (before + 3, before + 6)]
    options = ", ".join(STYLES)
    if stated:
        if stated not in fitting:
            allowed = f"a style of so many columns: {', '.join(fitting) or 'none'}"
            raise StructureFault(f"atom style {stated[:20]!a} with {width} columns", allowed, f"state one of {options}")
        return stated
    if len(fitting) != 1:
        fix = "write `Atoms # STYLE` in the file, or state atom_style"
        raise StructureFault(f"{width} columns of atoms without a style", f"one of {options}", fix)
    return fitting[0]
