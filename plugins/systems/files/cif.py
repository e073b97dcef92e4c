"""Read the atoms of a CIF, or raise an error with the reason (no AiiDA)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from aiida_zif.plugins.systems.chemistry.bonds import BondGraph, closest_overlap, refuse_crowded
from aiida_zif.plugins.systems.chemistry.formula import compare_formula, read_formula
from aiida_zif.plugins.systems.chemistry.valence import oddities
from aiida_zif.plugins.systems.faults import StructureFault, named, refuse_too_many
from aiida_zif.plugins.systems.files.cif_sites import Sites, read_sites
from aiida_zif.plugins.systems.files.cif_symmetry import Statement, agree, chosen, fits_cell, statements
from aiida_zif.plugins.systems.files.cif_text import Tags, read_tags
from aiida_zif.plugins.words import counted

if TYPE_CHECKING:
    from ase import Atoms

CELL = ("length_a", "length_b", "length_c", "angle_alpha", "angle_beta", "angle_gamma")

LONGEST = 1e4
"""Å; no cell is that long."""

SAME_SITE = 0.1
"""Å; images of one row closer than this are one atom on a special position: coordinates have few digits."""

SAME_ATOM = 1e-3
"""Fractions of the cell; atoms of two rows closer than this are one."""

MOST_PAIRS = 2_000_000
"""Pairs of atoms that are looked at; a list of all atoms beside all operators makes fewer."""

MOST_EXPANDED = 200_000
"""Atoms that symmetry makes before repeats are left out."""

VOLUME = 0.01
"""Largest relative difference between the volume that a file states and that of its cell."""


def read_cif(raw: bytes) -> Atoms:
    """Return the atoms of a CIF in the order of its rows, images of a row in the order of the operators.

    :param raw: content of the file.
    :returns: periodic atoms in Å with the array ``labels``; ``atoms.info["notes"]`` says what was decided.
    :raises StructureFault: the file is not read, contradicts itself, or lists something else than whole atoms.
    """
    tags = read_tags(raw)
    cellpar = _cell(tags)
    formula = read_formula(next((text for _, text in tags.texts("_chemical_formula_sum")), None))
    sites = read_sites(tags, _vectors(cellpar), formula)
    found, unknown = statements(tags, cellpar)
    notes = list(sites.notes)
    if not found:
        notes.append("the file states no symmetry: its atoms are taken as all of the cell")
    elif unknown:
        notes.append(f"the space group {named(unknown)} is not known: {found[0].words} count first")
    if found and found[0].kind == "number":
        notes.append(f"{found[0].words} is all that states the symmetry: its standard setting is taken")
    operators = chosen(found, cellpar) if found else [_identity()]
    coordinates = _as_ase_has_them(sites.coordinates, cellpar)
    positions, rows = expanded(coordinates, operators, cellpar)
    positions, rows, repeated = _without_repeats(positions, rows, sites)
    refuse_too_many(len(positions))
    if repeated:
        verb = "repeats" if repeated == 1 else "repeat"
        notes.append(f"{counted(repeated, 'row')} of the atoms {verb} atoms of other rows or of their images")
    _refuse_contradictions(found, sites, cellpar, positions, rows)
    atoms = _fitting([_build(reading, sites, positions, rows, cellpar) for reading in sites.readings])
    refuse_crowded(atoms)
    difference = _formula_difference(atoms, tags, formula)
    atoms.info["notes"] = tuple(notes + list(atoms.info.get("notes", ())) + ([difference] if difference else []))
    return atoms


def expanded(
    coordinates: np.ndarray, operators: Sequence[Any], cellpar: Sequence[float]
) -> tuple[np.ndarray, np.ndarray]:
    """Return all atoms that operators make of rows.

    :param coordinates: fractions of the cell, shape (n, 3).
    :param cellpar: a, b, c in Å, alpha, beta, gamma in degrees.
    :returns: fractions in [0, 1), shape (m, 3), and for each the row that it comes from, shape (m,).
    :raises StructureFault: images of a row are neither one atom nor apart from each other.
    """
    rotations = np.array([operator.rot for operator in operators], dtype=float) / 24
    shifts = np.array([operator.tran for operator in operators], dtype=float) / 24
    vectors = _vectors(cellpar)
    orbits, expanded_atoms = [], 0
    for row, site in enumerate(coordinates):
        images = (rotations @ site + shifts % 1.0) % 1.0
        orbit = images[_first_of_each(images, vectors)]
        if len(images) % len(orbit):
            found = f"row {row + 1} of the atoms so close to a special position that its images are not apart"
            raise StructureFault(found, "coordinates on the special position or off it", "write more digits")
        orbits.append(orbit)
        expanded_atoms += len(orbit)
        if expanded_atoms > MOST_EXPANDED:
            refuse_too_many(expanded_atoms)
    counts = [len(orbit) for orbit in orbits]
    return np.concatenate(orbits), np.repeat(np.arange(len(orbits)), counts)


def _first_of_each(images: np.ndarray, vectors: np.ndarray) -> list[int]:
    """The first of all images that are the same atom."""
    if len(images) == 1:
        return [0]
    apart = images[:, None] - images[None, :]
    same = np.linalg.norm((apart - np.rint(apart)) @ vectors, axis=2) < SAME_SITE
    return [place for place in range(len(images)) if not same[place, :place].any()]


def _without_repeats(positions: np.ndarray, rows: np.ndarray, sites: Sites) -> tuple[np.ndarray, np.ndarray, int]:
    """Leave out rows whose atoms an earlier row of the same element makes; two elements on one place are refused."""
    tree = _tree(positions)
    first = np.searchsorted(rows, np.arange(rows[-1] + 1))
    own = positions[first] % 1.0
    if tree.query_ball_point(own, SAME_ATOM, return_length=True).sum() > MOST_PAIRS:
        raise StructureFault("many atoms on one place", "one atom at each place", "correct the coordinates")
    near = tree.query_ball_point(own, SAME_ATOM)
    pairs = np.array(sorted({(int(rows[at]), row) for row, found in enumerate(near) for at in found if rows[at] < row}))
    for one, other in pairs:
        if all(reading[one] != reading[other] for reading in sites.readings):
            names = named([f"{sites.labels[row]} ({sites.readings[0][row]})" for row in (one, other)])
            fix = "write an ordered structure: one element at each place"
            raise StructureFault(f"two elements on one place: {names}", "one atom at each place", fix)
    dropped = np.unique(pairs[:, 1]) if len(pairs) else np.array([], dtype=int)
    kept = ~np.isin(rows, dropped)
    return positions[kept], rows[kept], len(dropped)


def _refuse_contradictions(
    found: Sequence[Statement], sites: Sites, cellpar: Sequence[float], positions: np.ndarray, rows: np.ndarray
) -> None:
    """Refuse a file of which one statement makes other atoms than the one that counts first."""
    for other in found[1:]:
        if agree(found[0], other):
            continue
        if not any(_same_atoms(group, sites, cellpar, positions, rows) for group in other.groups):
            words = f"{found[0].words} ({len(positions)} atoms in the cell), but also {other.words}"
            fix = (
                f"list all operators, or call it 'P 1' if the {len(sites.labels)} atoms of the file are the whole cell"
            )
            raise StructureFault(words, "one symmetry", fix)


def _same_atoms(
    group: Sequence[Any], sites: Sites, cellpar: Sequence[float], positions: np.ndarray, rows: np.ndarray
) -> bool:
    """Whether other operators make the same atoms of the rows."""
    if not fits_cell(group, cellpar):
        return False
    try:
        others, of_row = expanded(sites.coordinates, group, cellpar)
        others, of_row, _ = _without_repeats(others, of_row, sites)
    except StructureFault:
        return False
    if len(others) != len(positions):
        return False
    elements = np.array(sites.readings[0])
    distance, match = _tree(positions).query(others % 1.0)
    return bool((distance < 3 * SAME_ATOM).all() and (elements[rows[match]] == elements[of_row]).all())


def _tree(fractions: np.ndarray) -> Any:
    """Neighbours by difference of fractions, across the faces of the cell."""
    from scipy.spatial import cKDTree

    wrapped = fractions % 1.0
    return cKDTree(np.where(wrapped >= 1.0, 0.0, wrapped), boxsize=1.0)


def _build(
    reading: Sequence[str], sites: Sites, positions: np.ndarray, rows: np.ndarray, cellpar: Sequence[float]
) -> Atoms:
    from ase import Atoms

    atoms = Atoms([reading[row] for row in rows], scaled_positions=positions, cell=cellpar, pbc=True)
    atoms.set_array("labels", np.array([sites.labels[row] for row in rows]))
    return atoms


def _fitting(candidates: list[Atoms]) -> Atoms:
    """The only reading of ambiguous labels that can be a substance."""
    if len(candidates) == 1:
        return candidates[0]
    refuse_crowded(candidates[0])
    elements = [set(candidate.symbols) for candidate in candidates]
    disputed = sorted(set.union(*elements) - set.intersection(*elements))
    apart = [atoms for atoms in candidates if closest_overlap(atoms) is None]
    possible = [atoms for atoms in apart if all(oddity.possible for oddity in oddities(atoms))]
    if len(possible) != 1:
        found = f"labels without element symbols that can be read in several ways ({named(disputed)})"
        raise StructureFault(found, "the column _atom_site_type_symbol", "add it")
    words = ", ".join(f"{symbol} {'fits' if symbol in possible[0].symbols else 'does not fit'}" for symbol in disputed)
    possible[0].info["notes"] = (f"elements are taken from labels, by what fits the bonds: {words}",)
    return possible[0]


def _formula_difference(atoms: Atoms, tags: Tags, formula: dict[str, float] | None) -> str | None:
    stated = next((text for _, text in tags.texts("_chemical_formula_sum")), None)
    if formula is None:
        return None if stated is None else f"the formula {stated[:60]!a} is not compared: it is not read"
    units = next((text for _, text in tags.texts("_cell_formula_units_z")), None)
    number = float(units) if units and units.replace(".", "", 1).isdigit() else None
    graph = BondGraph(atoms)
    guests: dict[str, int] = {}
    for composition, count in graph.molecules(on_metal=False).items():
        for element, atoms_each in composition:
            guests[element] = guests.get(element, 0) + count * atoms_each
    metals = {symbol for symbol, metal in zip(graph.symbols, graph.metal, strict=True) if metal}
    return compare_formula(graph.symbols, formula, number or None, guests, metals)


def _cell(tags: Tags) -> list[float]:
    """a, b, c in Å, alpha, beta, gamma in degrees."""
    from gemmi import cif

    values = []
    for name in CELL:
        text = next((text for _, text in tags.texts(f"_cell_{name}")), None)
        value = float(cif.as_number(text)) if text is not None else float("nan")
        if not 0 < value < LONGEST or (name.startswith("angle") and value >= 180):
            found = f"_cell_{name} {ascii(text[:40]) if text is not None else 'without a value'}"
            raise StructureFault(found, "a positive number (lengths in Å, angles in degrees)", "correct the cell")
        values.append(value)
    vectors = _vectors(values)
    volume = abs(float(np.linalg.det(vectors)))
    if not np.isfinite(volume) or volume < 1e-3:
        raise StructureFault("a cell without volume", "three vectors that span one", "correct the angles")
    for _, text in tags.texts("_cell_volume"):
        stated = float(cif.as_number(text))
        if np.isfinite(stated) and stated > 0 and abs(stated / volume - 1) > VOLUME:
            found = f"_cell_volume {stated:g} Å³, while lengths and angles give {volume:.1f} Å³"
            raise StructureFault(found, "a cell and its volume", "correct the one that is wrong")
    return values


def _as_ase_has_them(fractions: np.ndarray, cellpar: Sequence[float]) -> np.ndarray:
    """Fractions rounded as ASE's reader of CIF rounds them, so that structures keep their hash."""
    from ase.cell import Cell

    cell = Cell.fromcellpar(cellpar)
    return np.asarray(cell.scaled_positions(cell.cartesian_positions(fractions)))


def _vectors(cellpar: Sequence[float]) -> np.ndarray:
    from ase.cell import Cell

    return np.asarray(Cell.fromcellpar(cellpar)[:])


def _identity() -> Any:
    import gemmi

    return gemmi.Op("x,y,z")
