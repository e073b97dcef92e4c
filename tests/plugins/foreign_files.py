"""Small files as other people have them, and what their reader makes of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from aiida_zif.plugins.data.labelled_frame import LabelledFrame, Refused
from aiida_zif.plugins.imports.extxyz.file import read_extxyz
from aiida_zif.plugins.imports.reading import Reading

CELL = 'Lattice="6.0 0 0 0 6.0 0 0 0 6.0"'
PROPERTIES = "Properties=species:S:1:pos:R:3:forces:R:3"
ATOMS = ("H 0.934 2 2 0.11 0.02 -0.03", "C 2 2 2 -0.31 0.05 0.04", "N 3.156 2 2 0.2 -0.07 -0.01")
VOLUME = 216.0


def text_of(entries: str, atoms: Sequence[str] = ATOMS, properties: str = PROPERTIES) -> str:
    """One frame of extended XYZ with these entries in its comment line."""
    return "\n".join([str(len(atoms)), f"{CELL} {properties} {entries}", *atoms]) + "\n"


def read_text(folder: Path, text: str, **said: str) -> list[LabelledFrame | Refused]:
    """All frames of a file with this text; what the user says by the names of the reading's fields."""
    path = folder / "foreign.extxyz"
    path.write_text(text)
    return list(read_extxyz(path, path.name, Reading.of(said)))


def taken(folder: Path, text: str, **said: str) -> LabelledFrame:
    """The only frame of a file, which must be a label."""
    (frame,) = read_text(folder, text, **said)
    assert isinstance(frame, LabelledFrame), frame
    return frame


def refused(folder: Path, text: str, **said: str) -> Refused:
    """The only frame of a file, which must be refused."""
    (frame,) = read_text(folder, text, **said)
    assert isinstance(frame, Refused), frame
    return frame
