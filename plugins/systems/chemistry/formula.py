"""Chemical formulas: read, write, and compare that of a CIF with its atoms (no AiiDA)."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping

from aiida_zif.plugins.systems.faults import StructureFault

TERM = re.compile(r"([A-Z][a-z]?)([0-9]*\.?[0-9]*)")

WHOLE = 0.02
"""A number of atoms this close to a whole number is one; formulas are rounded."""


def hill(counts: Mapping[str, float]) -> str:
    """Return a formula in Hill's order: carbon, hydrogen, then the alphabet; all by the alphabet without carbon."""
    first = [element for element in ("C", "H") if "C" in counts and counts.get(element)]
    order = first + sorted(element for element in counts if element not in first and counts[element])
    return "".join(element + ("" if counts[element] == 1 else f"{counts[element]:g}") for element in order)


def read_formula(text: str | None) -> dict[str, float] | None:
    """Return the atoms of ``_chemical_formula_sum``, deuterium as H; None if there is none or it is not read."""
    if not text or TERM.sub("", text).strip():
        return None
    counts: dict[str, float] = {}
    for symbol, number in TERM.findall(text):
        element = "H" if symbol == "D" else symbol
        counts[element] = counts.get(element, 0.0) + (float(number) if number.strip(".") else 1.0)
    return counts


def compare_formula(
    symbols: Iterable[str],
    formula: Mapping[str, float],
    units: float | None,
    guests: Mapping[str, int],
    metals: set[str],
) -> str | None:
    """Compare the atoms of a cell with what a file states, and return a difference that can be, as a note.

    Solvent is often in the formula and not in the list of atoms, or in the list and not in the formula. Such a
    difference is shown. Metals must agree, and hydrogens alone must not be missing.

    :param symbols: elements of all atoms of the cell.
    :param formula: atoms of one formula unit.
    :param units: formula units in the cell; None if the file does not say.
    :param guests: atoms of the molecules of the cell that bind no metal.
    :param metals: elements that count as metals.
    :returns: None if the two agree.
    :raises StructureFault: they contradict each other.
    """
    content = Counter(symbols)
    if dict(content) == dict(formula) and units == math.gcd(*content.values()):
        return None  # pymatgen writes the atoms of the whole cell, and how many units these are
    units = _units(content, formula, metals) if units is None else units
    stated = {element: number * units for element, number in formula.items()}
    difference = {element: content[element] - stated.get(element, 0.0) for element in {*content, *stated}}
    difference = {element: number for element, number in difference.items() if abs(number) > WHOLE * units}
    missing = {element: -number for element, number in difference.items() if number < 0}
    surplus = {element: number for element, number in difference.items() if number > 0}
    if not difference:
        return None
    parts = ((missing, "missing"), (surplus, "too many"))
    words = [f"{hill(part)} {word}" for part, word in parts if part]
    of_formula = f"{units:g} × {hill(formula)}"
    found = f"{hill(content)} in the cell, compared with {of_formula} of the formula: {', '.join(words)}"
    solvent_left_out = not surplus and set(missing) - {"H"} and not set(missing) & metals
    guests_not_counted = not missing and surplus == dict(guests)
    if solvent_left_out or guests_not_counted:
        return found
    fix = "correct the list of atoms, the symmetry, _chemical_formula_sum or _cell_formula_units_Z"
    raise StructureFault(found, "the atoms that the file states", fix)


def _units(content: Mapping[str, int], formula: Mapping[str, float], metals: set[str]) -> float:
    """How many formula units the cell holds, by its metals, else by its rarest element."""
    common = [element for element in formula if content.get(element)]
    by_metal = [element for element in common if element in metals]
    if not common:
        return 1.0
    rarest = min(by_metal or common, key=lambda element: formula[element])
    return content[rarest] / formula[rarest]
