"""Read frames of others for analysis: CIF, extended XYZ, LAMMPS data and dump (no AiiDA)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from aiida_zif.plugins.imports.extxyz.text import MOST_ATOMS, frame_texts
from aiida_zif.plugins.physics.geometry import cell_heights
from aiida_zif.plugins.systems.faults import StructureFault
from aiida_zif.plugins.systems.files.lammps_data import LammpsFrame, read_lammps_data
from aiida_zif.plugins.systems.files.lammps_dump import read_lammps_dump
from aiida_zif.plugins.systems.files.reading import parsed, read_structure_file
from aiida_zif.plugins.systems.files.xyz import checked_xyz

Format = Literal["cif", "extxyz", "lammps-data", "lammps-dump"]
SUFFIXES: Mapping[str, Format] = {
    ".cif": "cif", ".xyz": "extxyz", ".extxyz": "extxyz", ".data": "lammps-data", ".dat": "lammps-data",
    ".lmp": "lammps-data", ".dump": "lammps-dump", ".lammpstrj": "lammps-dump",
}  # fmt: skip
THINNEST = 1.0
"""Å between opposite faces of a cell."""


@dataclass(frozen=True)
class FrameSet:
    """Frames of one order of atoms.

    :param symbols: shape (n,).
    :param positions: Å, shape (N, n, 3).
    :param cells: Å, shape (N, 3, 3).
    :param steps: MD steps, shape (N,); None where a frame states none.
    :param notes: what was decided, and what is not used.
    """

    symbols: tuple[str, ...]
    positions: np.ndarray
    cells: np.ndarray
    steps: np.ndarray | None
    notes: tuple[str, ...]


def format_of(name: str) -> Format:
    """Return the format that the name of a file stands for.

    :raises StructureFault: it is none that is known.
    """
    kind = SUFFIXES.get(Path(name).suffix.lower())
    if kind is None and re.match(r"dump\.|.*\.dump", name):
        kind = "lammps-dump"
    if kind is None:
        allowed = f"a file ending in {', '.join(SUFFIXES)}"
        raise StructureFault(f"{name[:60]!a}", allowed, "rename it, or state the format")
    return kind


def read_frame_files(
    files: Sequence[Path], kind: Format, type_map: Sequence[str] | None = None, atom_style: str | None = None
) -> FrameSet:
    """Return the frames of one or several files, in their order, as one set.

    :param type_map: elements of the types of LAMMPS, 1, 2, …
    :param atom_style: of a LAMMPS data file that does not say it.
    :raises StructureFault: naming the file: it is not read, or its frames are not of one order of atoms.
    """
    frames: list[LammpsFrame] = []
    for file in files:
        try:
            frames += [_checked(frame) for frame in _frames(file, kind, type_map, atom_style)]
        except StructureFault as fault:
            raise StructureFault(f"{file.name}: {fault.found}", fault.allowed, fault.fix) from fault
        except (ValueError, IndexError, OSError) as error:
            found = f"{file.name}: unreadable: {ascii(str(error)[:120])[1:-1]}"
            raise StructureFault(found, f"a file in {kind} format", "open it in a viewer, or write it again") from error
        if any(frame.symbols != frames[0].symbols for frame in frames):
            fix = "import each order of atoms as a set of its own"
            raise StructureFault(f"{file.name}: atoms in another order, or other atoms", "one order of atoms", fix)
    if not frames:
        raise StructureFault("no frame", "at least one frame", "write the file again")
    steps = [frame.step for frame in frames]
    return FrameSet(
        frames[0].symbols,
        np.stack([frame.positions for frame in frames]),
        np.stack([frame.cell for frame in frames]),
        np.array(steps) if all(step is not None for step in steps) else None,
        tuple(dict.fromkeys(note for frame in frames for note in frame.notes)),
    )


def _frames(file: Path, kind: Format, type_map: Sequence[str] | None, atom_style: str | None) -> Iterator[LammpsFrame]:
    if kind == "lammps-data":
        yield read_lammps_data(file.read_text("utf-8", "replace"), type_map, atom_style)
    elif kind == "lammps-dump":
        with file.open(encoding="utf-8", errors="replace") as stream:
            yield from read_lammps_dump(stream, type_map)
    elif kind == "extxyz":
        for text in frame_texts(file):
            yield _of_atoms(parsed(*_xyz(text)))
    else:
        yield _of_atoms(read_structure_file(file, "cif"))


def _xyz(text: str) -> tuple[str, str, list[str]]:
    checked, notes = checked_xyz(text, MOST_ATOMS)
    return checked, "extxyz", notes


def _of_atoms(atoms: object) -> LammpsFrame:
    from ase import Atoms

    assert isinstance(atoms, Atoms)
    if not atoms.pbc.all():
        raise StructureFault("a frame without a periodic cell", "a cell, periodic in all directions", "add the cell")
    symbols = tuple(atoms.get_chemical_symbols())
    return LammpsFrame(symbols, atoms.get_positions(), np.asarray(atoms.cell[:]), notes=atoms.info.get("notes", ()))


def _checked(frame: LammpsFrame) -> LammpsFrame:
    if not (np.isfinite(frame.positions).all() and np.isfinite(frame.cell).all()):
        raise StructureFault("coordinates that are no numbers", "finite numbers", "correct the file")
    if abs(np.linalg.det(frame.cell)) < 1e-6 or cell_heights(frame.cell).min() < THINNEST:
        raise StructureFault("a cell without volume", f"a crystal at least {THINNEST:g} Å thick", "correct the cell")
    return frame
