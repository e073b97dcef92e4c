"""Cells and atom types of LAMMPS files (no AiiDA)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from aiida_zif.plugins.systems.faults import StructureFault

MOST_ATOMS = 1_000_000
SAME_MASS = 0.02
"""Relative difference from the mass of an element that is one of tables."""
DEUTERIUM = 2.014
"""u."""


def triclinic_cell(lengths: Sequence[float], tilts: Sequence[float]) -> np.ndarray:
    """Return the restricted cell of LAMMPS as rows, Å, shape (3, 3).

    :param lengths: of the box along x, y and z, Å.
    :param tilts: xy, xz and yz, Å.
    :raises StructureFault: the box has no volume.
    """
    xy, xz, yz = tilts
    cell = np.array([[lengths[0], 0.0, 0.0], [xy, lengths[1], 0.0], [xz, yz, lengths[2]]])
    if not (np.isfinite(cell).all() and min(lengths) > 0):
        raise StructureFault(f"a box of {lengths} Å", "three lengths above zero", "correct the bounds of the box")
    return cell


def elements_of(types: np.ndarray, type_map: Sequence[str] | None, masses: Mapping[int, float]) -> list[str]:
    """Return the element of every atom.

    :param types: numbers of the types, from 1, shape (n,).
    :param type_map: elements of the types 1, 2, …; a file of LAMMPS does not hold them.
    :param masses: u, by type, as far as the file states them.
    :raises StructureFault: no type map, one that is too short, or one that contradicts the masses.
    """
    guess = [nearest_element(masses[kind]) for kind in sorted(masses)]
    proposal = f"type_map: [{', '.join(guess)}]" if guess else "type_map: [C, H, N, Zn]"
    if type_map is None:
        reason = "fits the masses of the file" if guess else "for example"
        raise StructureFault("types without elements", "a type_map", f"state it; {proposal} {reason}")
    if types.min() < 1 or types.max() > len(type_map):
        found = (
            f"type {int(types.max() if types.min() >= 1 else types.min())} with {len(type_map)} elements in type_map"
        )
        raise StructureFault(found, "one element for each type, from 1", f"complete it, such as {proposal}")
    for kind, mass in masses.items():
        if kind <= len(type_map) and not _fits(type_map[kind - 1], mass):
            found = f"type {kind} of mass {mass:g} u, which type_map calls {type_map[kind - 1]}"
            raise StructureFault(found, "elements that fit the masses", f"correct it: {proposal} fits them")
    return [type_map[kind - 1] for kind in types]


def nearest_element(mass: float) -> str:
    """Return the element whose mass is nearest, H for deuterium.

    :param mass: u.
    """
    from ase.data import atomic_masses, chemical_symbols

    if abs(mass - DEUTERIUM) < SAME_MASS * DEUTERIUM:
        return "H"
    return str(chemical_symbols[1 + int(np.argmin(np.abs(atomic_masses[1:100] - mass)))])


def _fits(element: str, mass: float) -> bool:
    from ase.data import atomic_masses, atomic_numbers

    if element not in atomic_numbers:
        raise StructureFault(f"type_map with {element!a}", "symbols of elements", "write C, H, N, Zn …")
    own = [float(atomic_masses[atomic_numbers[element]])] + ([DEUTERIUM] if element == "H" else [])
    return any(abs(mass - one) < SAME_MASS * one for one in own)
