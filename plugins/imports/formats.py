"""Sources of imported frames: the files of a path, their checksum, and their frames (no AiiDA)."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from aiida_zif.plugins.data.labelled_frame import FormatError, LabelledFrame, Refused
from aiida_zif.plugins.imports.deepmd_npy import left_out, read_deepmd, system_files
from aiida_zif.plugins.imports.dpgen_tree import labelled_folders
from aiida_zif.plugins.imports.extxyz.file import read_extxyz
from aiida_zif.plugins.imports.reading import Reading, option

LARGEST = 2 * 10**9
"""Bytes in all; a data set is imported in parts of this size."""

MOST_FILES = 10_000

MOST_NAMES = 200
"""Names of files that are not read which are listed."""

XYZ_SUFFIXES = (".xyz", ".extxyz")


@dataclass(frozen=True)
class Source:
    """The files of one import.

    :param kind: ``deepmd`` or ``extxyz``.
    :param root: the folder of ``files``.
    :param files: the files that are read, relative to the root and sorted; nothing else of the folder counts.
    :param reading: what the user says of names and units in a file.
    :param left_out: names of files beside them that are not read, with the number of folders that have one.
    :param note: what else is left out, in words; may be empty.
    """

    kind: str
    root: Path
    files: tuple[str, ...]
    reading: Reading = field(default_factory=Reading)
    left_out: Mapping[str, int] = field(default_factory=dict)
    note: str = ""

    @property
    def checksum(self) -> str:
        """SHA-256 over names and contents of the files; that of an extxyz file is over its content alone."""
        if self.kind == "extxyz":
            return sha256(self.root / self.files[0])
        lines = "".join(f"{sha256(self.root / name)}  {name}\n" for name in self.files)
        return hashlib.sha256(lines.encode()).hexdigest()

    def frames(self) -> Iterator[LabelledFrame | Refused]:
        """Yield every frame in the order of the files.

        :raises FormatError: if a file does not hold what its name says.
        """
        if self.kind == "extxyz":
            yield from read_extxyz(self.root / self.files[0], self.files[0], self.reading)
            return
        for folder in sorted({Path(name).parent for name in self.files if Path(name).name == "type.raw"}):
            yield from read_deepmd(self.root, folder)


def find_source(path: Path, reading: Reading | None = None) -> Source:
    """Return what is to be imported from a path.

    :param path: a file in extended XYZ, a folder with one or more systems in the layout deepmd/npy, or a DP-GEN run.
    :param reading: what the user says of names and units in the file.
    :raises FormatError: if there is nothing of the kind, or if it is linked, packed or too large.
    """
    reading = reading or Reading()
    if not path.exists():
        raise FormatError(f"{path}: no such file or folder. Correct the path.")
    if path.is_dir():
        source = find_systems(path, reading)
    elif path.suffix.lower() in XYZ_SUFFIXES:
        source = Source("extxyz", path.parent, (path.name,), reading)
    else:
        raise FormatError(
            f"{path}: a file *{path.suffix} cannot be imported; allowed are extended XYZ (.extxyz, .xyz) and "
            "folders in the layout deepmd/npy. Unpack archives first; convert other formats with dpdata or ASE."
        )
    check_size(source)
    return source


def find_systems(root: Path, reading: Reading) -> Source:
    """Return the systems below a folder; of a DP-GEN run those of its 02.fp.

    :raises FormatError: if there is none, or one that cannot be read, or if the user says what no folder needs.
    """
    if said := next(iter(reading.said()), None):
        raise FormatError(
            f"{option(said)}: found for a folder; allowed for a file in extended XYZ. Names and units of deepmd/npy "
            "are fixed (eV, Å, eV/Å): leave the option out."
        )
    folders = labelled_folders(root)
    note = ""
    if folders is not None:
        note = f"a DP-GEN run, of which 02.fp/data.* is read ({len(folders)}); links, models and initial data are not"
    systems = [system for folder in (folders if folders is not None else [root]) for system in systems_in(folder)]
    if not systems:
        what = "02.fp/data.* with a type.raw" if folders is not None else "folder with a type.raw"
        raise FormatError(
            f"{root}: no {what} in it, so nothing in the layout deepmd/npy. Give the folder of a system, one above it, "
            "a DP-GEN run, or a file in extended XYZ."
        )
    files = sorted(file.relative_to(root).as_posix() for system in systems for file in system_files(system))
    others: Counter[str] = sum((left_out(system) for system in systems), Counter())
    return Source("deepmd", root, tuple(files), reading, dict(others.most_common(MOST_NAMES)), note)


def systems_in(root: Path) -> Iterator[Path]:
    """Yield the folders of all systems below a folder; links are refused, whatever they point to.

    :raises FormatError: if there is a link, or a name that would act on a terminal.
    """
    if root.is_symlink():
        raise FormatError(f"{root}: a symbolic link; only files inside the folder are read. Copy the files there.")
    for folder, names, files in os.walk(root, followlinks=False):
        here = Path(folder)
        for link in (here / name for name in [*names, *files] if (here / name).is_symlink()):
            raise FormatError(f"{link}: a symbolic link; only files inside the folder are read. Copy the file there.")
        for name in (name for name in [*names, *files] if not name.isprintable()):
            raise FormatError(f"{folder}: {name!a}, a name that no database or terminal takes. Rename it.")
        if "type.raw" in files:
            yield here


def check_size(source: Source) -> None:
    """Refuse what would not fit into memory or the repository.

    :raises FormatError: if there are too many files or bytes.
    """
    size = sum((source.root / name).stat().st_size for name in source.files)
    if len(source.files) > MOST_FILES or size > LARGEST:
        raise FormatError(
            f"{len(source.files)} files of {size / 1e9:.1f} GB; at most {MOST_FILES} files of {LARGEST / 1e9:g} GB in "
            "all go into one import. Import it in parts."
        )


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
