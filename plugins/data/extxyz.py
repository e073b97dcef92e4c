"""Labelled frames as extended XYZ, written so that reading gives the same numbers back (no AiiDA)."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import numpy as np

from aiida_zif.plugins.data.labelled_frame import FormatError, LabelledFrame, Refused
from aiida_zif.plugins.data.xyz_text import frame_texts

if TYPE_CHECKING:
    from ase import Atoms

PROPERTIES = "species:S:1:pos:R:3:forces:R:3"
STRESS_TOLERANCE = 1e-3
"""Share by which a stress and a virial of one frame may differ."""

LONGEST_REASON = 200
"""Characters of what a reader complains of; it may quote the whole file."""


def write_frame(stream: TextIO, frame: LabelledFrame, info: Mapping[str, str | int]) -> None:
    """Append one frame; numbers have all their digits, so that the frame keeps its content hash.

    The stress is that of ASE, (1/V) dE/d(strain) in eV/Å³: the virial with the opposite sign over the volume.

    :param info: further entries of the comment line; text without quotes or line breaks.
    """
    entries: dict[str, str] = {"Lattice": quoted(frame.cell), "Properties": PROPERTIES, "pbc": '"T T T"'}
    entries["energy"] = repr(float(frame.energy))
    if frame.virial is not None:
        entries["stress"] = quoted(-frame.virial / abs(np.linalg.det(frame.cell)))
    entries |= {key: json.dumps(value, ensure_ascii=False) for key, value in info.items()}
    lines = [str(len(frame.symbols)), " ".join(f"{key}={value}" for key, value in entries.items())]
    for symbol, values in zip(frame.symbols, np.hstack([frame.positions, frame.forces]).tolist(), strict=True):
        lines.append(" ".join([symbol, *map(repr, values)]))
    stream.write("\n".join(lines) + "\n")


def quoted(matrix: np.ndarray) -> str:
    """Return nine numbers in quotes."""
    return '"' + " ".join(map(repr, matrix.ravel().tolist())) + '"'


def read_extxyz(path: Path, name: str) -> Iterator[LabelledFrame | Refused]:
    """Yield the frames of a file.

    ``energy`` (eV), ``forces`` (eV/Å), and as far as they are there ``stress`` (eV/Å³, ASE's sign) and ``virial``
    (eV, -dE/d(strain)), which must then say the same.

    :param name: of the file, for messages.
    :raises FormatError: if it is no extended XYZ.
    """
    from ase.io import read

    index = 0
    try:
        for text in frame_texts(path):
            atoms: Any = read(io.StringIO(text), index=0, format="extxyz")
            yield labelled(atoms, f"{name}:{index}")
            index += 1
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError, OverflowError) as error:
        raise FormatError(
            f"{name}: frame {index} is no extended XYZ ({str(error)[:LONGEST_REASON]}). Write the file with "
            "`ase.io.write(..., format='extxyz')` or export it with `aiida-zif export`."
        ) from error
    if not index:
        raise FormatError(f"{name}: no frame found. Is this the right file?")


def labelled(atoms: Atoms, place: str) -> LabelledFrame | Refused:
    """Return the labels that came with some atoms, or what is missing."""
    results: dict[str, Any] = atoms.calc.results if atoms.calc is not None else {}
    cell = np.asarray(atoms.cell, dtype=float)
    if not atoms.pbc.all() or abs(np.linalg.det(cell)) < 1e-6:
        return Refused(place, "not_periodic", 'a Lattice and pbc="T T T" are needed')
    for key in ("energy", "forces"):
        if key not in results:
            there = ", ".join(sorted({*results, *atoms.info, *atoms.arrays}))
            return Refused(place, f"no_{key}", f"no entry {key!r} among {there}; rename the one that holds it")
    virials = virials_of(atoms, results)
    if virials and not np.allclose(virials[0], virials[-1], rtol=STRESS_TOLERANCE, atol=1e-3 * np.abs(virials).max()):
        return Refused(place, "stress_and_virial_differ", "the virial must be minus the stress times the volume")
    forces = np.asarray(results["forces"], dtype=float)
    symbols = tuple(atoms.get_chemical_symbols())
    virial = virials[-1] if virials else None
    return LabelledFrame(place, symbols, atoms.positions, cell, float(results["energy"]), forces, virial)


def virials_of(atoms: Atoms, results: Mapping[str, Any]) -> list[np.ndarray]:
    """Return what stress and virial of a frame say, as virials in eV."""
    from ase.stress import voigt_6_to_full_3x3_stress

    found = []
    if "stress" in results:
        found.append(-voigt_6_to_full_3x3_stress(np.asarray(results["stress"]).ravel()) * atoms.get_volume())
    if "virial" in atoms.info:
        found.append(np.asarray(atoms.info["virial"], dtype=float).reshape(3, 3))
    return found
