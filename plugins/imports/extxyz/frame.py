"""One frame of extended XYZ as a labelled frame: names chosen, units converted, signs applied (no AiiDA)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from aiida_zif.plugins.data.labelled_frame import FormatError, LabelledFrame, Refused
from aiida_zif.plugins.imports.extxyz.atoms import (
    cell_of,
    columns_of_elements,
    fixed_atoms,
    positions_of,
    symbols_of,
    zeroed_forces,
)
from aiida_zif.plugins.imports.extxyz.choice import choose
from aiida_zif.plugins.imports.extxyz.columns import PLAIN, Column, columns_of
from aiida_zif.plugins.imports.extxyz.comment_line import Entry, entries_of, numbers_of
from aiida_zif.plugins.imports.extxyz.stated_units import units_of
from aiida_zif.plugins.imports.extxyz.statements import levels_of, state_of, weightless, why_no_label, why_per_atom
from aiida_zif.plugins.imports.extxyz.text import FrameText
from aiida_zif.plugins.imports.names import QUANTITIES, quantity_of
from aiida_zif.plugins.imports.reading import NONE, SIGNS, Reading
from aiida_zif.plugins.physics.units import factor

STRUCTURE = ("lattice", "properties", "pbc")
"""Entries that say where the atoms are, in small letters."""

STRESS_TOLERANCE = 1e-3
"""Share by which a stress and a virial of one frame may differ."""

Numbers = dict[str, dict[str, np.ndarray]]
"""Label → name → numbers as the file has them."""


NEEDED = ("energy", "forces")


@dataclass(frozen=True)
class Label:
    """Numbers of a frame under a name, in a unit."""

    name: str
    numbers: np.ndarray
    unit: str


@dataclass(frozen=True)
class Parsed:
    """The entries and columns of a frame by name, the periodic cell in the unit of the file."""

    entries: Mapping[str, Entry]
    columns: Mapping[str, Column]
    cell: np.ndarray


def labelled(text: FrameText, place: str, reading: Reading) -> LabelledFrame | Refused:
    """Return a frame with its labels in eV, Å, eV/Å, or why it has none.

    :param place: where it stands, ``FILE:INDEX``.
    :raises ValueError: the frame is not written as it should be.
    :raises FormatError: the user has to say which entries are the labels, or in which units they are.
    """
    entries = {entry.name: entry for entry in entries_of(text.comment.strip())}
    structure = {name.lower(): entry for name, entry in entries.items() if name.lower() in STRUCTURE}
    if len(structure) < sum(name.lower() in STRUCTURE for name in entries):
        raise ValueError("Lattice, Properties or pbc: two of one found, allowed is one. Delete the wrong one")
    columns = columns_of((structure["properties"].value or "") if "properties" in structure else PLAIN, text.atoms)
    cell = cell_of(structure)
    if cell is None or not volume_of(cell) > 0.0:
        return Refused(place, "not_periodic", 'a Lattice and pbc="T T T" are needed')
    if why := why_no_label(entries.values()):
        return Refused(place, *why)
    parsed = Parsed(entries, columns, cell)
    candidates = candidates_of(parsed, reading)
    chosen, problems = choose(candidates, reading)
    if lacking := next((quantity for quantity in NEEDED if quantity not in chosen and not candidates[quantity]), None):
        return Refused(place, f"no_{lacking}", what_is_there(parsed, lacking, reading))
    unnamed = next((quantity for quantity in NEEDED if quantity not in chosen), None)
    if unnamed and all(len(found) == 1 for quantity, found in candidates.items() if quantity not in chosen and found):
        return Refused(place, f"no_{unnamed}", "\n".join(problems))
    units, of_units, wrong = units_of(list(entries.values()), columns, chosen, reading)
    if problems or wrong:
        raise FormatError("\n".join(f"{place}: {line}" for line in [*problems, *wrong]))
    labels = {quantity: Label(name, candidates[quantity][name], units[quantity]) for quantity, name in chosen.items()}
    frame = converted(parsed, labels, units["length"], place, reading)
    if isinstance(frame, Refused):
        return frame
    rest, said = left(parsed, labels, of_units), entries.values()
    return replace(frame, not_taken=rest, levels=levels_of(said), state=state_of(said))


def candidates_of(parsed: Parsed, reading: Reading) -> Numbers:
    """Return every entry and column that may be a label, with its numbers.

    :raises ValueError: one that may be taken has no numbers, or not as many as it should.
    """
    found: Numbers = {quantity: {} for quantity in QUANTITIES}
    unused = weightless(parsed.entries.values())
    for quantity in QUANTITIES:
        key = reading.key(quantity)
        if key is None and quantity in unused:
            continue
        names = parsed.columns if quantity == "forces" else parsed.entries
        for name in names:
            if name.lower() in STRUCTURE or (name != key if key else quantity_of(name) != quantity):
                continue
            numbers = numbers_under(parsed, quantity, name)
            if numbers is not None:
                found[quantity][name] = numbers
    return found


def numbers_under(parsed: Parsed, quantity: str, name: str) -> np.ndarray | None:
    """Return the numbers of a label, None if they are those of atoms and not of the frame.

    :raises ValueError: there are no numbers, or not as many as there should be.
    """
    if quantity == "forces":
        column = parsed.columns[name]
        if column.width != 3 or column.kind not in "RI":
            raise ValueError(
                f"{name}: {column.width} columns of kind {column.kind} found; allowed is {name}:R:3. Correct Properties"
            )
        return column.numbers()
    entry = parsed.entries[name]
    n_atoms = len(next(iter(parsed.columns.values())).words)
    if quantity == "energy":
        plural = "energies" in name.lower() and n_atoms > 1
        numbers = numbers_of(entry, (1, n_atoms) if plural else (1,))
        return numbers if len(numbers) == 1 else None
    return tensor(numbers_of(entry, (6, 9)), quantity, name)


def tensor(numbers: np.ndarray, quantity: str, name: str) -> np.ndarray:
    """Return nine numbers of a tensor as (3, 3), six in the order of Voigt (xx yy zz yz xz xy) too.

    :raises ValueError: six numbers of a virial, which NEP orders in another way than ASE, if that makes a difference.
    """
    if len(numbers) == 9:
        return numbers.reshape(3, 3)
    if quantity == "virial" and len(set(numbers[3:].tolist())) > 1:
        raise ValueError(
            f"{name}: six numbers found, of which the last three are yz xz xy (ASE) or xy yz zx (NEP, VASP); allowed "
            "are nine. Write all nine"
        )
    xx, yy, zz, yz, xz, xy = numbers
    return np.array([[xx, xy, xz], [xy, yy, yz], [xz, yz, zz]])


def what_is_there(parsed: Parsed, missing: str, reading: Reading) -> str:
    """Return that a frame has no energy or no forces, and what it has."""
    wanted = reading.key(missing) or missing
    there = ", ".join([*parsed.columns, *(name for name in parsed.entries if name.lower() not in STRUCTURE)])
    return f"no entry {wanted!r} among {there[:200]}; --{missing}-key NAME says which one it is"


def converted(
    parsed: Parsed, labels: Mapping[str, Label], length_unit: str, place: str, reading: Reading
) -> LabelledFrame | Refused:
    """Return the frame in eV, Å and eV/Å, or why it contradicts itself."""
    symbols, contradiction = symbols_of(parsed.columns)
    if contradiction:
        return Refused(place, "species_and_numbers_differ", contradiction)
    if per_atom := why_per_atom(parsed.entries.values(), float(labels["energy"].numbers[0]), len(symbols)):
        return Refused(place, "energy_per_atom", per_atom)
    values = {quantity: label.numbers * factor(quantity, label.unit) for quantity, label in labels.items()}
    if fixed := fixed_atoms(parsed.columns, list(parsed.entries.values()), values["forces"]):
        return Refused(place, "fixed_atoms", fixed)
    if zeroed := zeroed_forces(values["forces"]):
        return Refused(place, "forces_zeroed", f"{zeroed}: were atoms held fixed?")
    length = factor("length", length_unit)
    cell, (positions, _) = parsed.cell * length, positions_of(parsed.columns)
    virial = values.get("virial")
    if "stress" in values:
        by_stress = SIGNS[reading.stress_sign or "ase"] * volume_of(cell) * values["stress"]
        if virial is not None and not _agree(by_stress, virial):
            detail = f"{labels['virial'].name} is not minus {labels['stress'].name} times the volume"
            return Refused(place, "stress_and_virial_differ", f"{detail}; --stress-key {NONE} or --virial-key {NONE}")
        virial = by_stress if virial is None else virial
    taken = [f"{quantity} from {label.name} in {label.unit}" for quantity, label in labels.items()]
    taken += [f"positions and cell in {length_unit}"] if length_unit != "Å" else []
    energy = float(values["energy"][0])
    return LabelledFrame(place, symbols, positions * length, cell, energy, values["forces"], virial, tuple(taken))


def volume_of(cell: np.ndarray) -> float:
    """Return the volume of a cell; of numbers that no crystal has, whatever comes out."""
    with np.errstate(all="ignore"):
        return abs(float(np.linalg.det(cell)))


def _agree(one: np.ndarray, other: np.ndarray) -> bool:
    """Whether two virials are the same but for rounding."""
    size = max(float(np.abs(one).max()), float(np.abs(other).max()))
    return bool(np.allclose(one, other, rtol=STRESS_TOLERANCE, atol=STRESS_TOLERANCE * size, equal_nan=True))


def left(parsed: Parsed, labels: Mapping[str, Label], of_units: set[str]) -> tuple[str, ...]:
    """Return the names of the entries and columns that were not used."""
    used = {label.name for label in labels.values()} | of_units | {positions_of(parsed.columns)[1]}
    used |= {column.name for column in columns_of_elements(parsed.columns)}
    entries = [name for name in parsed.entries if name not in used and name.lower() not in STRUCTURE]
    return (*entries, *(f"column {name}" for name in parsed.columns if name not in used))
