"""Labelled frames as extended XYZ, written so that reading gives the same numbers back (no AiiDA)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TextIO

import numpy as np

from aiida_zif.plugins.data.labelled_frame import FormatError, LabelledFrame, Refused
from aiida_zif.plugins.imports.extxyz.frame import labelled
from aiida_zif.plugins.imports.extxyz.text import frames_in
from aiida_zif.plugins.imports.reading import NONE, Reading
from aiida_zif.plugins.physics.units import DEFAULTS

PROPERTIES = "species:S:1:pos:R:3:forces:R:3"
LONGEST_REASON = 400
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


def read_extxyz(path: Path, name: str, reading: Reading | None = None) -> Iterator[LabelledFrame | Refused]:
    """Yield the frames of a file.

    ``energy`` (eV), ``forces`` (eV/Å), and as far as they are there ``stress`` (eV/Å³, ASE's sign) and ``virial``
    (eV, -dE/d(strain)), which must then say the same; other names and units as the file or the user says.

    :param name: of the file, for messages.
    :param reading: what the user says of names and units.
    :raises FormatError: if it is no extended XYZ, or if the user has to say which of its entries are the labels.
    """
    index, reading, levels, units = 0, reading or Reading(), dict[str, str](), dict[str, str]()
    unseen = {f"--{quantity}-key {key}": f"{quantity} from {key} in " for quantity, key in optional_keys(reading)}
    try:
        for text in frames_in(path):
            frame = labelled(text, f"{name}:{index}", reading)
            yield frame
            index += 1
            if isinstance(frame, LabelledFrame):
                taken = "\n".join(frame.taken)
                unseen = {said: phrase for said, phrase in unseen.items() if phrase not in taken}
                check_levels(frame, levels)
                check_units(frame, units)
    except FormatError:
        raise
    except (OSError, ValueError) as error:
        reason = str(error)
        reason = reason if len(reason) <= LONGEST_REASON else f"{reason[:LONGEST_REASON]} …"
        raise FormatError(f"{name}: frame {index}: {reason}. Frames are extended XYZ as ASE writes it.") from error
    if not index:
        raise FormatError(f"{name}: no frame found. Is this the right file?")
    if unseen and units:  # where every frame was refused, that is what the user has to know
        raise FormatError(f"{', '.join(unseen)}: no frame of {name} has such an entry. Correct the option.")


def check_levels(frame: LabelledFrame, levels: dict[str, str]) -> None:
    """Refuse a file whose frames are of several levels of theory, as it says itself.

    :param levels: what the frames before say, by the names of the entries; what this frame says is added.
    :raises FormatError: this frame is of another level.
    """
    for name, value in frame.levels.items():
        if levels.setdefault(name, value) != value:
            raise FormatError(
                f"{frame.place}: {name}: {levels[name][:60]!r} and {value[:60]!r} found; allowed is one level of "
                "theory in a file. Import the frames of each on their own."
            )


def check_units(frame: LabelledFrame, units: dict[str, str]) -> None:
    """Refuse a file in which a frame has another unit than those before: some state one, and others forgot to.

    :param units: of the frames before; those of this frame are added.
    :raises FormatError: this frame has another one.
    """
    stated = dict(line.rsplit(" in ", 1) for line in frame.taken)
    for what, unit in {"positions and cell": DEFAULTS["length"], **stated}.items():
        quantity = what.split(" from ")[0]
        if units.setdefault(quantity, unit) != unit:
            raise FormatError(
                f"{frame.place}: unit of {quantity}: {unit} found, and {units[quantity]} in the frames before; allowed "
                "is one unit in a file. State it in every frame, or import frames of each unit on their own."
            )


def optional_keys(reading: Reading) -> list[tuple[str, str]]:
    """Return the names of stress and virial that the user gives."""
    given = {"stress": reading.stress_key, "virial": reading.virial_key}
    return [(quantity, key) for quantity, key in given.items() if key is not None and key != NONE]
