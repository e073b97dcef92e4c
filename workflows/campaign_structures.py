"""The structures of a campaign: shipped or from a file, and what must hold before they may be used (no AiiDA)."""

from __future__ import annotations

import io
import re
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from aiida_zif.plugins.data.xyz_text import frame_texts
from aiida_zif.plugins.geometry import cell_heights
from aiida_zif.plugins.systems import available_systems, load_system
from aiida_zif.workflows.campaign_errors import Problem, did_you_mean, listed, shown
from aiida_zif.workflows.campaign_source import Source, YamlPath, file_fault

if TYPE_CHECKING:
    from ase import Atoms

LARGEST_STRUCTURE = 50_000_000
"""Bytes of a structure file."""

MOST_ATOMS = 5_000
"""More cannot be labelled by electronic-structure theory."""

THINNEST = 1.0
"""Å between opposite faces; less is no crystal but a mistake in the cell."""

THICKEST = 1_000.0
"""Å; the largest coordinate and the longest cell vector of a crystal that can be labelled."""

OVERLAP = 0.75
"""Atoms closer than this fraction of the sum of their covalent radii overlap; the shortest bond of a ZIF, C-H
of 1.08 Å, is at 1.01."""

FORMATS = {".cif": "cif", ".xyz": "extxyz", ".extxyz": "extxyz", ".vasp": "vasp", ".poscar": "vasp"}
NAMES = {"POSCAR": "vasp", "CONTCAR": "vasp"}


def read_structure(text: str, source: Source, path: YamlPath) -> tuple[Atoms | None, list[Problem]]:
    """Return the atoms that ``structure: text`` stands for, or what is wrong with it.

    :param text: a framework that ships with the package, or a structure file; relative paths start at the folder
        of the campaign file.
    :param source: the campaign file, for messages.
    :param path: of the key in the campaign file.
    """
    if text in available_systems():
        return load_system(text), []
    allowed = f"{listed(available_systems())}, or a structure file ({', '.join([*FORMATS, *NAMES])})"
    file = source.folder / text
    kind = NAMES.get(file.name) or FORMATS.get(file.suffix.lower())
    if kind is None:
        looks_like_file = re.search(r"[/\\]|\.\w+$", text)
        word = "a file of unknown format, " if looks_like_file else "the unknown system "
        mend = "convert it to CIF" if looks_like_file else "take one of these names"
        return None, [source.problem(path, word + shown(text), allowed, did_you_mean(text, available_systems(), mend))]
    fault = file_fault(file, LARGEST_STRUCTURE)
    if fault:
        return None, [source.problem(path, *fault)]
    atoms = _parsed(file, kind)
    if isinstance(atoms, str):
        mend = "open it in a viewer, or write it again as CIF"
        return None, [source.problem(path, f"{shown(text)}, unreadable: {atoms}", f"a file in {kind} format", mend)]
    return atoms, []


def _parsed(file: Path, kind: str) -> Atoms | str:
    """The first structure of a file, or why there is none. ASE's readers raise whatever they stumble over."""
    from ase import Atoms
    from ase.io import ParseError, read
    from ase.io.formats import UnknownFileTypeError
    from ase.spacegroup.spacegroup import SpacegroupError

    builtin = (ArithmeticError, AssertionError, AttributeError, LookupError, MemoryError, OSError, RuntimeError)
    errors = (*builtin, StopIteration, SyntaxError, TypeError, ValueError)
    if kind == "vasp" and _counts_without_atoms(file):
        return "it announces more atoms than it has lines"
    try:
        content = io.StringIO(next(frame_texts(file))) if kind == "extxyz" else file
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            first = read(content, index=0, format=kind)
            return first if isinstance(first, Atoms) else "more than one structure"
    except (*errors, ParseError, UnknownFileTypeError, SpacegroupError) as error:
        return f"{type(error).__name__}: {error}".splitlines()[0][:100]


def _counts_without_atoms(file: Path) -> bool:
    """Whether a POSCAR announces more atoms than it has lines; ASE would make room for all of them."""
    lines = file.read_bytes().splitlines()
    words = [word for line in lines[5:7] for word in line.split() if word.isdigit()]
    return any(len(word) > 9 or int(word) > len(lines) for word in words)


def structure_problems(atoms: Atoms, label: str, source: Source, path: YamlPath) -> list[Problem]:
    """Return what makes a structure unfit: no atoms, no cell, nonsense numbers, overlaps.

    :param atoms: the structure.
    :param label: what to call it in messages.
    """

    def unfit(found: str, allowed: str, mend: str) -> list[Problem]:
        return [source.problem(path, f"{label} {found}", allowed, mend)]

    if not len(atoms):
        return unfit("without a single atom", "at least one atom", "check the file, it may hold symmetry only")
    if len(atoms) > MOST_ATOMS:
        return unfit(f"of {len(atoms)} atoms", f"at most {MOST_ATOMS} atoms", "take a smaller cell")
    if not (np.isfinite(atoms.positions).all() and np.isfinite(atoms.cell[:]).all()):
        return unfit("with coordinates that are no numbers", "finite numbers", "correct the file")
    if max(np.abs(atoms.positions).max(), np.abs(atoms.cell[:]).max()) > THICKEST:
        mend = "correct the file; coordinates and cell are in Å"
        return unfit("with a coordinate or cell vector that is farther out", f"at most {THICKEST:g} Å", mend)
    if 0 in atoms.numbers:
        return unfit("with a dummy atom X", "chemical elements", "remove or replace it")
    if not atoms.pbc.all() or atoms.cell.rank < 3 or cell_heights(atoms.cell[:]).min() < THINNEST:
        mend = 'add the cell (in extxyz: Lattice="…")'
        return unfit("without a cell in three directions", f"a crystal at least {THINNEST:g} Å thick", mend)
    pair = closest_overlap(atoms)
    if pair:
        first, second, distance, least = pair
        name = f"{atoms.symbols[first]}{first + 1}-{atoms.symbols[second]}{second + 1}"
        mend = "remove duplicate or disordered atoms, or mend the coordinates"
        return unfit(f"with overlapping atoms {name}, {distance:.2f} Å apart", f"at least {least:.2f} Å", mend)
    return []


def closest_overlap(atoms: Atoms) -> tuple[int, int, float, float] | None:
    """Return the pair of atoms that overlap most: indices, distance, and least allowed distance, in Å.

    Covalent radii after B. Cordero et al., Dalton Trans. 2008, 2832, as ASE gives them.
    """
    from ase.data import covalent_radii
    from ase.neighborlist import neighbor_list

    radii = OVERLAP * covalent_radii[atoms.numbers]
    first, second, distance = neighbor_list("ijd", atoms, list(radii))
    if not len(first):
        return None
    least = radii[first] + radii[second]
    worst = int(np.argmin(distance / least))
    return int(first[worst]), int(second[worst]), float(distance[worst]), float(least[worst])
