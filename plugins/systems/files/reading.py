"""Read a structure file: one structure of whole atoms, or an error with the reason (no AiiDA)."""

from __future__ import annotations

import io
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from aiida_zif.plugins.imports.extxyz.text import frame_texts
from aiida_zif.plugins.systems.faults import StructureFault
from aiida_zif.plugins.systems.files.cif import read_cif
from aiida_zif.plugins.systems.files.cif_text import ENCODINGS, decoded
from aiida_zif.plugins.systems.files.poscar import checked_poscar
from aiida_zif.plugins.systems.files.xyz import checked_xyz

if TYPE_CHECKING:
    from ase import Atoms

HARMLESS_MASS = 0.01
"""Relative difference from the standard atomic mass that is one of tables; light isotopes differ by more."""


def read_structure_file(file: Path, kind: str) -> Atoms:
    """Return the one structure of a file.

    :param kind: ``cif``, ``extxyz`` or ``vasp``.
    :returns: atoms in Å; ``atoms.info["notes"]`` says what was decided and what is not used.
    :raises StructureFault: it is not read, or is not one structure of whole atoms.
    """
    try:
        if kind == "cif":
            return read_cif(file.read_bytes())
        text, notes = checked_poscar(decoded(file.read_bytes())) if kind == "vasp" else _only_frame(file)
        return parsed(text, kind, notes)
    except StructureFault:
        raise
    except Exception as error:  # ASE's readers raise whatever they stumble over
        found = "unreadable: " + ascii(f"{type(error).__name__}: {error}"[:120])[1:-1]
        raise StructureFault(found, f"a file in {kind} format", "open it in a viewer, or write it again") from error


def other_masses(atoms: Atoms) -> list[str]:
    """Return the elements of which an atom has another than the standard atomic mass."""
    from ase.data import atomic_masses

    if not atoms.has("masses"):
        return []
    standard = atomic_masses[atoms.numbers]
    other = np.abs(atoms.get_masses() - standard) > HARMLESS_MASS * standard
    return sorted({str(symbol) for symbol, differs in zip(atoms.symbols, other, strict=True) if differs})


def _only_frame(file: Path) -> tuple[str, list[str]]:
    with file.open("rb") as stream:
        if stream.read(4).startswith(tuple(mark for mark, _ in ENCODINGS)):
            fix = "save it as UTF-8 without byte order mark"
            raise StructureFault("a byte order mark at the beginning", "text in UTF-8 without it", fix)
    frames = frame_texts(file)
    first = next(frames, None)
    if first is None:
        raise StructureFault("an empty file", "one frame", "write the file again")
    more = sum(1 for _ in frames)
    if more:
        fix = "write the one frame that you want to a file of its own; import labels with `aiida-zif import`"
        raise StructureFault(f"{more + 1} frames", "one structure in a file", fix)
    return checked_xyz(first)


def parsed(text: str, kind: str, notes: list[str]) -> Atoms:
    """Return atoms as ASE reads them, without fixed atoms, velocities, masses and results, which no structure has."""
    from ase import Atoms
    from ase.io import read

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        atoms = read(io.StringIO(text), index=0, format=kind)
    if not isinstance(atoms, Atoms):
        raise StructureFault("more than one structure", "one structure in a file", "write it to a file of its own")
    if atoms.constraints and kind == "extxyz":
        notes.append("fixed atoms are not used: all atoms move")
    if other_masses(atoms):
        notes.append("masses of the file are not used: every element has its standard atomic mass")
    atoms.set_constraint()
    atoms.calc = None
    for name in ("masses", "momenta"):
        if atoms.has(name):
            del atoms.arrays[name]
    atoms.info = {"notes": tuple(notes)}
    return atoms
