"""The structures of a campaign, shipped or from a file, and their checks (no AiiDA)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from aiida_zif.plugins.physics.geometry import cell_heights
from aiida_zif.plugins.systems import available_systems, load_system
from aiida_zif.plugins.systems.chemistry.bonds import closest_overlap, refuse_crowded
from aiida_zif.plugins.systems.chemistry.valence import oddities
from aiida_zif.plugins.systems.faults import MOST_ATOMS, StructureFault
from aiida_zif.plugins.systems.files.reading import other_masses, read_structure_file
from aiida_zif.plugins.systems.sources import DECLARED
from aiida_zif.workflows.campaign.schema.campaign_file import Crystal
from aiida_zif.workflows.user_input.problems import Problem, did_you_mean, listed, shown
from aiida_zif.workflows.user_input.yaml_source import Source, YamlPath, file_fault

if TYPE_CHECKING:
    from ase import Atoms

LARGEST_STRUCTURE = 50_000_000
"""Bytes of a structure file."""

THINNEST = 1.0
"""Å between opposite faces; less is no crystal but a mistake in the cell."""

THICKEST = 1_000.0
"""Å; the largest coordinate and the longest cell vector of a crystal that can be labelled."""

FORMATS = {".cif": "cif", ".xyz": "extxyz", ".extxyz": "extxyz", ".vasp": "vasp", ".poscar": "vasp"}
NAMES = {"POSCAR": "vasp", "CONTCAR": "vasp"}

DIGITS = 14
"""That AiiDA keeps of a number in an attribute; a test compares with what it stores."""


def fit_structures(
    systems: Mapping[str, Crystal], given: Mapping[str, Atoms], source: Source
) -> tuple[dict[str, Atoms], list[Problem]]:
    """Return the fit structures by system, and what is wrong with the others.

    :param given: atoms of systems whose structure is not read.
    """
    fit: dict[str, Atoms] = {}
    problems: list[Problem] = []
    for name, system in systems.items():
        path: YamlPath = ("systems", name, "structure")
        label = f"systems.{name}" if name in given else shown(system.structure)
        problems += known_already(system, source, path)
        atoms, faults = (given[name].copy(), []) if name in given else read_structure(system.structure, source, path)
        if atoms is not None:
            faults = structure_problems(atoms, label, source, path)
        if atoms is not None and not faults:
            fit[name] = atoms
        problems += faults
    return fit, problems


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
        fix = "convert it to CIF" if looks_like_file else "take one of these names"
        return None, [source.problem(path, word + shown(text), allowed, did_you_mean(text, available_systems(), fix))]
    fault = file_fault(file, LARGEST_STRUCTURE)
    if fault:
        return None, [source.problem(path, *fault)]
    try:
        return read_structure_file(file, kind), []
    except StructureFault as refused:
        return None, [source.problem(path, f"{shown(text)}: {refused.found}", refused.allowed, refused.fix)]


def structure_problems(atoms: Atoms, label: str, source: Source, path: YamlPath) -> list[Problem]:
    """Return what makes a structure unfit: no atoms, no cell, nonsense numbers, overlaps.

    :param atoms: the structure.
    :param label: what to call it in messages.
    """

    def unfit(found: str, allowed: str, fix: str) -> list[Problem]:
        return [source.problem(path, f"{label} {found}", allowed, fix)]

    if not len(atoms):
        return unfit("without a single atom", "at least one atom", "check the file, it may hold symmetry only")
    if len(atoms) > MOST_ATOMS:
        return unfit(f"of {len(atoms)} atoms", f"at most {MOST_ATOMS} atoms", "take a smaller cell")
    if not (np.isfinite(atoms.positions).all() and np.isfinite(atoms.cell[:]).all()):
        return unfit("with coordinates that are no numbers", "finite numbers", "correct the file")
    if max(np.abs(atoms.positions).max(), np.abs(atoms.cell[:]).max()) > THICKEST:
        fix = "correct the file; coordinates and cell are in Å"
        return unfit("with a coordinate or cell vector that is farther out", f"at most {THICKEST:g} Å", fix)
    if 0 in atoms.numbers:
        return unfit("with a dummy atom X", "chemical elements", "remove or replace it")
    if elements := other_masses(atoms):
        fix = "give it standard masses; `deuterium: true` of an AIMD run gives hydrogen the mass of deuterium"
        return unfit(f"with other masses of {listed(elements)}", "standard atomic masses", fix)
    if not atoms.pbc.all() and atoms.cell.rank == 3:
        axes = "".join("FT"[int(periodic)] + " " for periodic in atoms.pbc).strip()
        return unfit(f"with a cell that is not periodic (pbc {axes})", "a crystal, pbc T T T", 'write pbc="T T T"')
    if atoms.cell.rank < 3 or cell_heights(atoms.cell[:]).min() < THINNEST:
        fix = 'add the cell (in extxyz: Lattice="…")'
        return unfit("without a cell in three directions", f"a crystal at least {THINNEST:g} Å thick", fix)
    try:
        refuse_crowded(atoms)
    except StructureFault as refused:
        return unfit(f"with {refused.found}", refused.allowed, refused.fix)
    pair = closest_overlap(atoms)
    if pair:
        first, second, distance, least = pair
        name = f"{atoms.symbols[first]}{first + 1}-{atoms.symbols[second]}{second + 1}"
        fix = "remove duplicate or disordered atoms, or correct the coordinates"
        return unfit(f"with overlapping atoms {name}, {distance:.2f} Å apart", f"at least {least:.2f} Å", fix)
    impossible = [oddity for oddity in oddities(atoms) if not oddity.possible]
    notes = "".join(f"; {note}" for note in atoms.info.get("notes", ()))
    return [
        problem for oddity in impossible for problem in unfit(f"with {oddity}{notes}", "a whole substance", oddity.fix)
    ]


def as_stored(atoms: Atoms) -> Atoms:
    """Return atoms with positions and cell in the digits that AiiDA keeps of a number.

    A campaign computes with its stored structure. Coordinates of a crystal often lie on the edge of what the identifier
    of a frame resolves, so that a digit less makes another identifier.
    """
    rounded = atoms.copy()
    for array in (rounded.positions, rounded.cell.array):
        array[:] = [[float(f"{value:.{DIGITS}g}") for value in row] for row in array.tolist()]
    return rounded


def stated(system: Crystal) -> dict[str, str]:
    """Return what a campaign file says of where a structure comes from."""
    return {key: value for key in DECLARED if (value := getattr(system, key)) is not None}


def known_already(system: Crystal, source: Source, path: YamlPath) -> list[Problem]:
    """Refuse words on the source of a framework that ships with the package: they are known, and not the user's."""
    if system.structure not in available_systems():
        return []
    fix = f"leave it out; `aiida-zif systems show {system.structure}` prints what is known"
    allowed = "source, licence and citation of a structure file only"
    return [source.problem((*path[:-1], key), shown(value), allowed, fix) for key, value in stated(system).items()]
