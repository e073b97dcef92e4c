"""The atom rows of a CIF: elements, coordinates, and whether each is one whole atom (no AiiDA)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import product

import numpy as np

from aiida_zif.plugins.systems.faults import StructureFault, named
from aiida_zif.plugins.systems.files.cif_text import Tags
from aiida_zif.plugins.systems.files.elements import (
    DEUTERIUM_NOTE,
    HEAVY_HYDROGEN,
    light,
    of_label,
    of_symbol,
    refuse_unknown,
)
from aiida_zif.plugins.words import counted

WHOLE = 0.005
"""An occupancy this close to one is one."""

SAME_PLACE = 0.02
"""Fractions of the cell; two rows closer than this share a place, for messages."""

MOST_READINGS = 16
"""Combinations of what ambiguous labels may mean."""

LONGEST_LABEL = 20
"""Characters of a label in messages."""

FRACTIONAL = ("_atom_site_fract_x", "_atom_site_fract_y", "_atom_site_fract_z")
CARTESIAN = ("_atom_site_cartn_x", "_atom_site_cartn_y", "_atom_site_cartn_z")
LABELS = ("_atom_site_label", "_atom_site_label_atom_id", "_atom_site_id")
READ = (*FRACTIONAL, *CARTESIAN, *LABELS, "_atom_site_type_symbol", "_atom_site_occupancy")
DISORDER = ("_atom_site_disorder_group", "_atom_site_disorder_assembly")


@dataclass(frozen=True)
class Sites:
    """The rows of atoms.

    :param labels: as they stand in the file.
    :param readings: the elements of all rows; more than one where labels can be read in several ways.
    :param coordinates: fractions of the cell, shape (n, 3).
    :param notes: what was decided on the way.
    """

    labels: list[str]
    readings: list[list[str]]
    coordinates: np.ndarray
    notes: list[str] = field(default_factory=list)


def read_sites(tags: Tags, cell: np.ndarray, formula: dict[str, float] | None) -> Sites:
    """Return the rows of atoms of a CIF.

    :param cell: lattice vectors as rows in Å, the first along x, the second in the xy plane, shape (3, 3).
    :param formula: the elements that the file states; None if it does not.
    :raises StructureFault: unknown elements or coordinates, partial occupancies, disorder, dummy atoms, two tables.
    """
    loops = {tags.loops[name] for name in READ if name in tags.values}
    if len(loops) > 1:
        fix = "join the tables of atoms into one"
        raise StructureFault("the atoms in more than one table", "one table _atom_site", fix)
    labels = _labels(tags)
    coordinates = _coordinates(tags, labels, cell)
    _refuse_dummies(tags, labels)
    _refuse_partial(tags, labels, coordinates)
    readings, notes = _readings(tags, labels, formula)
    return Sites(labels, readings, coordinates, notes)


def _labels(tags: Tags) -> list[str]:
    column = next((found for name in LABELS if (found := tags.column(name))), None)
    symbols = tags.column("_atom_site_type_symbol")
    rows = column or symbols
    if rows is None:
        raise StructureFault("atoms without label and element", "_atom_site_label or _atom_site_type_symbol", "add it")
    return [ascii(text)[1:-1][:LONGEST_LABEL] if text else f"atom {row + 1}" for row, text in enumerate(rows)]


def _coordinates(tags: Tags, labels: Sequence[str], cell: np.ndarray) -> np.ndarray:
    """Fractions of the cell, shape (n, 3)."""
    names = FRACTIONAL if tags.column(FRACTIONAL[0]) else CARTESIAN
    missing = [name for name in names if name not in tags.values]
    if missing:
        raise StructureFault(f"atoms without {', '.join(missing)}", "three coordinates an atom", "add the column")
    columns = [tags.values[name] for name in names]
    values = np.array([[_number(value) for value in column] for column in columns]).T
    unknown = [label for label, row in zip(labels, values, strict=True) if not np.isfinite(row).all()]
    if unknown:
        first = labels.index(unknown[0])
        shown = " ".join(ascii((column[first] or "?")[:LONGEST_LABEL]) for column in columns)
        words = f"({named(unknown)}; the first has {shown})"
        found = f"{counted(len(unknown), 'atom')} whose coordinates are not numbers {words}"
        fix = "give the atoms their places, with a point as decimal sign, or delete these rows if they are no atoms"
        raise StructureFault(found, "three numbers an atom", fix)
    if names is FRACTIONAL:
        return values
    return np.linalg.solve(_cartesian_frame(tags, cell).T, values.T).T


def _cartesian_frame(tags: Tags, cell: np.ndarray) -> np.ndarray:
    """The lattice vectors, as rows, in the axes in which Cartesian coordinates are given."""
    stated = [[tags.texts(f"_atom_sites_cartn_tran_matrix_{row}{column}") for column in (1, 2, 3)] for row in (1, 2, 3)]
    if all(entry for row in stated for entry in row):
        return np.array([[_number(entry[0][1]) for entry in row] for row in stated]).T
    axes = tags.texts("_atom_sites_cartn_transform_axes")
    right_angles = np.allclose(cell, np.diag(np.diag(cell)), atol=1e-3)
    if axes and not right_angles:
        found = f"Cartesian coordinates in axes of their own ({ascii(axes[0][1])[:60]})"
        raise StructureFault(found, "_atom_site_fract_x, y, z", "write fractional coordinates")
    return cell


def _number(text: str | None) -> float:
    from gemmi import cif

    return float(cif.as_number(text)) if text is not None else float("nan")


def _refuse_dummies(tags: Tags, labels: Sequence[str]) -> None:
    flags = tags.column("_atom_site_calc_flag") or []
    dummies = [label for label, flag in zip(labels, flags, strict=False) if (flag or "").lower() == "dum"]
    if dummies:
        found = f"{counted(len(dummies), 'dummy atom')} ({named(dummies)})"
        raise StructureFault(found, "atoms", "delete these rows")


def _refuse_partial(tags: Tags, labels: Sequence[str], coordinates: np.ndarray) -> None:
    """Refuse rows that are a part of an atom, and disorder of which several parts are listed."""
    column = tags.column("_atom_site_occupancy") or [None] * len(labels)
    occupancies = np.array([1.0 if value is None else _number(value) for value in column])
    partial = np.flatnonzero(~(np.abs(occupancies - 1) <= WHOLE)).tolist()
    groups = _disorder_groups(tags, len(labels))
    if len(partial):
        symbols = tags.column("_atom_site_type_symbol") or [None] * len(labels)
        elements = [
            f" ({ascii(symbol)[1:-1]})" if symbol and not label.startswith(symbol) else ""
            for symbol, label in zip(symbols, labels, strict=True)
        ]
        rows = [f"{labels[row]}{elements[row]} {ascii(column[row])[1:-1]}" for row in partial]
        found = f"{counted(len(partial), 'atom')} whose occupancy is not one ({named(rows)})"
        raise StructureFault(found, "whole atoms, occupancy 1", _way_to_whole_atoms(partial, coordinates, groups))
    several = {key: members for key, members in groups.items() if len(members) > 1 or "-" in "".join(members)}
    if several:
        parts = named([f"{member} ({label})" for members in several.values() for member, label in members.items()])
        found = f"the disorder groups {parts}, all of occupancy 1"
        fix = "keep the atoms of one group of each assembly, and delete the others"
        raise StructureFault(found, "an ordered structure", fix)


def _disorder_groups(tags: Tags, count: int) -> dict[str, dict[str, str]]:
    """For each disorder assembly its groups, each with the label of its first atom."""
    empty: list[str | None] = [None] * count
    groups, assemblies = (tags.column(name) or empty for name in DISORDER)
    labels = _labels(tags)
    found: dict[str, dict[str, str]] = {}
    for label, group, assembly in zip(labels, groups, assemblies, strict=True):
        if group not in (None, "0", ""):
            found.setdefault(assembly or "", {}).setdefault(str(group), label)
    return found


def _way_to_whole_atoms(partial: list[int], coordinates: np.ndarray, groups: dict[str, dict[str, str]]) -> str:
    apart = coordinates[partial][:, None] - coordinates[partial][None, :] if len(partial) <= 500 else np.ones((1, 1, 3))
    near = (np.abs(apart - np.rint(apart)) < SAME_PLACE).all(axis=2)
    if np.count_nonzero(near) > near.shape[0]:
        return "write an ordered structure: one element or one position at each of these places, with occupancy 1"
    if sum(map(len, groups.values())) > 1:
        return "write one of the orientations: keep one disorder group of each assembly, with occupancy 1"
    return (
        "write one of the positions that exclude each other (of a methyl group: one orientation) with occupancy 1; "
        "delete guests, or place whole molecules"
    )


def _readings(tags: Tags, labels: Sequence[str], formula: dict[str, float] | None) -> tuple[list[list[str]], list[str]]:
    """The elements of the rows, in every way that labels can be read, and what was decided."""
    column = tags.column("_atom_site_type_symbol") or [None] * len(labels)
    known = _elements_stated(tags, formula)
    options = [
        of_label(label if symbol is None else symbol, known)
        if symbol is None or re.fullmatch(r"[A-Za-z]+[0-9]+", symbol)
        else of_symbol(symbol)
        for symbol, label in zip(column, labels, strict=True)
    ]
    rows = zip(column, labels, options, strict=True)
    refuse_unknown([symbol or label for symbol, label, elements in rows if not elements])
    notes = []
    heavy = sum(element in HEAVY_HYDROGEN for found in options for element in found[:1])
    if heavy:
        notes.append(f"{heavy} × D: {DEUTERIUM_NOTE}")
    ambiguous = sorted({found for found in map(tuple, options) if len(found) > 1})
    if np.prod([float(len(found)) for found in ambiguous]) > MOST_READINGS:
        found_words = f"labels that can be read in several ways ({named([' or '.join(found) for found in ambiguous])})"
        raise StructureFault(found_words, "the column _atom_site_type_symbol", "add it")
    readings = []
    for choice in product(*ambiguous):
        meant = dict(zip(ambiguous, choice, strict=True))
        readings.append([light(meant.get(tuple(found), found[0])) for found in options])
    return readings, notes


def _elements_stated(tags: Tags, formula: dict[str, float] | None) -> set[str] | None:
    """The elements of the table of atom types and of the formula; None if there is neither."""
    types = tags.column("_atom_type_symbol")
    stated = {found[0] for text in types or [] if text is not None and (found := of_symbol(text))}
    stated |= set(formula or {})
    return stated or None
