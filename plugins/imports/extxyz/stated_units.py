"""Units of a frame, as stated by the file or by options (no AiiDA)."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from aiida_zif.plugins.imports.extxyz.comment_line import Entry
from aiida_zif.plugins.imports.names import STANDARD, plain, unit_in, unit_statement
from aiida_zif.plugins.imports.reading import Reading, problem
from aiida_zif.plugins.physics.units import ALLOWED, DEFAULTS, is_pressure, kinds_of, unit_of

UNITS_NOT_KNOWN = ("j", "kj", "joule", "cal", "kcal", "mev", "kev", "ev_atom", "k", "cm1", "pa_s", "n", "dyn", "mbar")
"""Units in the names of entries that are not those of energies, forces and stresses of a frame here."""

GENERAL = {
    "", "unit", "system", "style", "lammps", "data", "dft", "ref", "label", "labels", "md", "all", "default",
    "internal", "set",
}  # fmt: skip
"""Words beside ``unit`` in the name of an entry that speaks of all labels."""

_PAIR = re.compile(r"([A-Za-z_]+)\s*[:=]\s*(.+)")


def units_of(
    entries: Collection[Entry], columns: Collection[str], chosen: Mapping[str, str], reading: Reading
) -> tuple[dict[str, str], set[str], list[str]]:
    """Return the unit of every quantity, the entries that stated one, and what is wrong, one problem a line.

    A unit that is neither stated nor said is the default, as long as the others are: who writes energies in hartree
    may have forces in eV/Å or not. A stress in GPa or kbar stands beside eV and Å as well.

    :param columns: names of the columns.
    :param chosen: label → name of its entry or column.
    :returns: quantity → unit as ``units`` writes it, for the labels chosen and for the lengths.
    """
    wanted = [*chosen, "length"]
    others = {plain(name) for name in (*(entry.name for entry in entries), *columns) if name not in chosen.values()}
    stated: dict[str, str] = {}
    used: set[str] = set()
    problems: list[str] = []
    for entry in entries:
        for quantity, unit in _statements(entry, chosen, others, reading, problems):
            used.add(entry.name)
            if stated.setdefault(quantity, unit) != unit:
                found = f"{stated[quantity]} and {unit} ({entry.name})"
                problems.append(problem(f"unit of {quantity}", found, "one unit", "Delete the wrong entry."))
    for quantity, name in chosen.items():
        text = unit_in(name, quantity)
        in_name = unit_of(quantity, text) if text else None
        if in_name is None and text.lower() in UNITS_NOT_KNOWN and not reading.unit(quantity):
            fix = f"Convert the numbers, or say --{quantity}-unit."
            problems.append(problem(name, f"the unit {text}", ALLOWED[quantity], fix))
        if in_name and stated.setdefault(quantity, in_name) != in_name:
            problems.append(
                problem(f"unit of {quantity}", f"{stated[quantity]} and {name}", "one unit", "Correct one.")
            )
    for quantity in wanted:
        said = reading.unit(quantity)
        if said and stated.setdefault(quantity, said) != said:
            fix = f"Correct --{quantity}-unit or the file."
            problems.append(problem(f"--{quantity}-unit", said, f"{stated[quantity]}, as the file says", fix))
    for name in columns:
        if unit_statement(name):
            fix = f"Write it as an entry, such as {name}=UNIT, and delete the column."
            problems.append(problem(name, "a unit in a column", "a unit in the comment line", fix))
    units = {quantity: stated.get(quantity, DEFAULTS[quantity]) for quantity in wanted}
    return units, used, [*problems, *_missing(units, stated), *_sign(units, reading)]


def _missing(units: Mapping[str, str], stated: Mapping[str, str]) -> list[str]:
    """Return a line for every label without a unit in a frame where another one has an unusual one."""
    usual = {(quantity, unit) for quantity, unit in units.items() if unit == DEFAULTS[quantity] or is_pressure(unit)}
    unusual = next((quantity for quantity, unit in units.items() if (quantity, unit) not in usual), None)
    if unusual is None:
        return []
    why = f"no unit beside the {units[unusual]} of the {unusual}"
    fix = "Add for example --{}-unit {}."
    return [
        problem(f"unit of {quantity}", why, ALLOWED[quantity], fix.format(quantity, DEFAULTS[quantity]))
        for quantity in units
        if quantity not in stated and quantity != "length"
    ]


def _sign(units: Mapping[str, str], reading: Reading) -> list[str]:
    """Return a line if a stress is given as codes print it, and nobody says with which sign."""
    if not is_pressure(units.get("stress", "")) or reading.stress_sign:
        return []
    found = f"a stress in {units['stress']}, which codes write with either sign,"
    allowed = "ase (positive under tension: ASE, dpdata) and vasp (positive under compression: VASP, CP2K, pymlff)"
    return [problem("stress", found, allowed, "Add --stress-sign ase or --stress-sign vasp, or --stress-key none.")]


def _statements(
    entry: Entry, chosen: Mapping[str, str], others: set[str], reading: Reading, problems: list[str]
) -> list[tuple[str, str]]:
    """Return what an entry states, quantity and unit; what cannot be read is added to the problems."""
    statement = unit_statement(entry.name)
    if statement is None:
        return []
    quantity, of = statement
    if quantity is None:
        return _general(entry, of, [*chosen, "length"], reading, problems)
    if quantity != "length" and (quantity not in chosen or not _applies(of, quantity, chosen[quantity], others)):
        return []
    unit = unit_of(quantity, entry.value or "")
    if unit is None:
        field = f"{entry.name}"
        fix = "Correct the entry, or convert the numbers and delete it."
        problems.append(problem(field, repr(entry.value), ALLOWED[quantity], fix))
        return []
    return [(quantity, unit)]


def _applies(of: str, quantity: str, name: str, others: set[str]) -> bool:
    """Whether a statement of a unit speaks of the label that is taken, and not of another one that is there by name.

    :param of: the name of which it speaks, such as ``dft_energy``.
    :param name: of the label that is taken.
    """
    same = {word.rstrip("s") for word in (plain(name), *STANDARD[quantity], *_PLURALS.get(quantity, ()))}
    return of.rstrip("s") in same or of.rstrip("s") not in {word.rstrip("s") for word in others}


_PLURALS = {
    "energy": ("energies", "total_energy", "potential_energy", "e", "ener", "etot"),
    "forces": ("f",),
    "stress": ("stresses",),
}


def _general(entry: Entry, of: str, wanted: list[str], reading: Reading, problems: list[str]) -> list[tuple[str, str]]:
    """Return what an entry such as ``units="eV, eV/Å"`` states; the unit itself says of which quantity it is.

    :param of: what stands beside ``unit`` in its name.
    """
    parts = [_of_one_kind(part) for part in re.split(r"[,;]+", re.sub(r"_JSON|[{}\"']", "", entry.value or ""))]
    found = [pair for part in parts if part is not None for pair in part]
    if set(of.split("_")) <= GENERAL and None not in parts:
        return [(quantity, unit) for quantity, unit in found if quantity in wanted]
    usual = found and all(unit == DEFAULTS[quantity] for quantity, unit in found)
    if all(reading.unit(quantity) for quantity in wanted) or (usual and not set(of.split("_")) <= GENERAL):
        return []  # the user says every unit, or it is the unit of something else, and none that would matter
    fix = " ".join(f"--{quantity}-unit {DEFAULTS[quantity]}" for quantity in wanted)
    allowed = 'units by quantity, such as "energy: eV, forces: eV/Å"'
    problems.append(problem(entry.name, repr(entry.value), allowed, f"Say what it means, for example {fix}."))
    return []


def _of_one_kind(text: str) -> list[tuple[str, str]] | None:
    """Return quantity and unit of ``energy: eV``, or of a unit that can be of one quantity only; None of all else.

    :returns: nothing if it is the unit of something that is not taken, such as a time.
    """
    if pair := _PAIR.fullmatch(text.strip()):
        of = unit_statement(f"{pair[1]}_unit")
        unit = unit_of(of[0], pair[2]) if of and of[0] else None
        return [] if of is None else [(of[0], unit)] if of[0] and unit else None
    kinds = list(kinds_of(text))
    return kinds if len(kinds) == 1 else None
