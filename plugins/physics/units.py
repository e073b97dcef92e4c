"""Constants and units: conversion to eV, Å, eV/Å and eV/Å³ (no AiiDA).

Values of CODATA 2018, where the elementary charge and Avogadro's constant are exact.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping

BOHR = 0.529177210903
"""Å."""

HARTREE = 27.211386245988
"""eV."""

RYDBERG = HARTREE / 2
"""eV."""

ELEMENTARY_CHARGE = 1.602176634e-19
"""C, exact."""

AVOGADRO = 6.02214076e23
"""1/mol, exact."""

KJ_PER_MOL = 1e3 / (ELEMENTARY_CHARGE * AVOGADRO)
"""eV."""

KCAL_PER_MOL = 4.184 * KJ_PER_MOL
"""eV, thermochemical calories."""

HARTREE_PER_BOHR = HARTREE / BOHR
"""eV/Å."""

GPA = 1.0 / 160.2176634
"""eV/Å³: 10⁹ Pa over 10³⁰ Å³/m³ and the elementary charge."""

ENERGY = {
    "eV": 1.0,
    "meV": 1e-3,
    "hartree": HARTREE,
    "mhartree": 1e-3 * HARTREE,
    "rydberg": RYDBERG,
    "kJ/mol": KJ_PER_MOL,
    "kcal/mol": KCAL_PER_MOL,
}
LENGTH = {"Å": 1.0, "bohr": BOHR, "nm": 10.0, "pm": 0.01}
PRESSURE = {
    "GPa": GPA,
    "MPa": 1e-3 * GPA,
    "kPa": 1e-6 * GPA,
    "Pa": 1e-9 * GPA,
    "kbar": 0.1 * GPA,
    "bar": 1e-4 * GPA,
    "atm": 1.01325e-4 * GPA,
}

DEFAULTS = {"energy": "eV", "forces": "eV/Å", "stress": "eV/Å^3", "virial": "eV", "length": "Å"}
"""Quantity → unit in which it is kept."""

ALLOWED = {
    "energy": ", ".join(ENERGY),
    "forces": "an energy over a length, such as eV/Å, hartree/bohr or kcal/mol/Å",
    "stress": f"an energy over the cube of a length, such as eV/Å^3 or hartree/bohr^3, and {', '.join(PRESSURE)}",
    "virial": ", ".join(ENERGY),
    "length": ", ".join(LENGTH),
}
"""Quantity → units that are understood, in words."""

_NAMES = {
    "ev": "eV",
    "hartree": "hartree",
    "hartrees": "hartree",
    "ha": "hartree",
    "eh": "hartree",
    "mhartree": "mhartree",
    "rydberg": "rydberg",
    "rydbergs": "rydberg",
    "ryd": "rydberg",
    "ry": "rydberg",
    "kj": "kJ/mol",
    "kcal": "kcal/mol",
    "å": "Å",
    "a": "Å",
    "ang": "Å",
    "angs": "Å",
    "angstrom": "Å",
    "angstroms": "Å",
    "bohr": "bohr",
    "bohrs": "bohr",
    "a0": "bohr",
    "nm": "nm",
    "pm": "pm",
    "gpa": "GPa",
    "kpa": "kPa",
    "pa": "Pa",
    "kbar": "kbar",
    "kb": "kbar",
    "bar": "bar",
    "atm": "atm",
}
"""Names in any case → unit."""

_NAMES_IN_THIS_CASE = {"meV": "meV", "mHa": "mhartree", "MPa": "MPa", "mev": "", "mha": "", "mpa": ""}
"""Names of which another case would mean something else: MeV, mPa."""

_ATOMIC = {"energy": "hartree", "forces": "hartree/bohr", "stress": "hartree/bohr^3", "virial": "hartree"}
_FACTOR = re.compile(r"(/|\*|·|_per_|per\b|_)?\s*\(?([A-Za-zÅ]+0?)\.?(?:(?:\^|\*\*)?[({]?([+-]?[1-9])[)}]?)?\)?")


def unit_of(quantity: str, text: str) -> str | None:
    """Return a unit as this module writes it, such as ``hartree/bohr``; None if it is none of this quantity.

    :param quantity: ``energy``, ``forces``, ``stress``, ``virial`` or ``length``.
    :param text: as people write it: ``Ha/Bohr``, ``eV/Angstrom**3``, ``kcal_mol``, ``eV A^-1``.
    """
    parts = _factors(text)
    if parts == {"au": 1}:
        return _ATOMIC.get(quantity, "bohr")
    parts = {name if name != "au" else "hartree" if power == 1 else "bohr": power for name, power in parts.items()}
    if quantity == "length" or (quantity == "stress" and len(parts) == 1):
        known = LENGTH if quantity == "length" else PRESSURE
        return next((name for name in parts if parts == {name: 1} and name in known), None)
    wanted = {"forces": (1, -1), "stress": (1, -3)}.get(quantity, (1,))
    ordered = sorted(parts, key=lambda name: -parts[name])
    if tuple(parts[name] for name in ordered) != wanted or ordered[0] not in ENERGY or {*ordered[1:]} - LENGTH.keys():
        return None
    return "/".join(ordered) + ("^3" if quantity == "stress" else "")


def factor(quantity: str, unit: str) -> float:
    """Return what a number in a unit is multiplied with to be in the unit of ``DEFAULTS``.

    :param unit: as :func:`unit_of` returns it.
    """
    known: Mapping[str, float] = {"length": LENGTH, "stress": PRESSURE}.get(quantity, ENERGY)
    if unit in known:
        return known[unit]
    energy, _, length = unit.rpartition("/")
    return ENERGY[energy] / LENGTH[length.removesuffix("^3")] ** (3 if quantity == "stress" else 1)


def is_pressure(unit: str) -> bool:
    """Whether a unit of a stress is one in which codes give pressures, of either sign."""
    return unit in PRESSURE


def kinds_of(text: str) -> Iterator[tuple[str, str]]:
    """Yield every quantity that a unit can be of, with the unit; a virial and an energy have the same ones."""
    for quantity in ("energy", "forces", "stress", "length"):
        if unit := unit_of(quantity, text):
            yield quantity, unit


def _factors(text: str) -> dict[str, int]:
    """Return the factors of a unit with their powers, nothing if one is not known: ``Ha/Bohr`` → hartree 1, bohr -1."""
    plain = unicodedata.normalize("NFKC", text).replace("\u2212", "-").strip(" \t\"'[]{}").replace("ö", "o")
    plain = re.sub("[AaÅå]ngstrom", "ang", plain).replace("a.u.", "au").replace("A.U.", "au")
    plain = plain.replace("a_0", "a0").replace("E_h", "eh").replace("atomic units", "au")
    powers: dict[str, int] = {}
    place, inside = 0, 0
    while place < len(plain):
        match = _FACTOR.match(plain, place := place + len(plain[place:]) - len(plain[place:].lstrip()))
        if match is None:
            return {}
        divided = match[1] in ("/", "_", "_per_", "per") or inside < 0
        sign = -1 if divided else 1
        opened, closed = match[0].count("("), match[0].count(")")
        inside = sign if opened > closed else 0 if closed > opened else inside
        name = "au" if match[2].lower() in ("au", "atomic") else _NAMES_IN_THIS_CASE.get(match[2])
        name = name if name is not None else _NAMES.get(match[2].lower(), "mol" if match[2].lower() == "mol" else "")
        if not name or name in powers:
            return {}
        powers[name] = sign * int(match[3] or 1)
        place = match.end()
    molar = [name for name in powers if name.endswith("/mol")]
    if bool(molar) != (powers.pop("mol", 0) == -1):
        return {}
    return powers
