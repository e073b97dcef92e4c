"""Labelled frames from elsewhere: which files of a path are read, their checksum, and their frames (no AiiDA)."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from aiida_zif.plugins.data.extxyz import read_extxyz
from aiida_zif.plugins.data.labelled_frame import FormatError, LabelledFrame, Refused
from aiida_zif.plugins.deepmd.dataset import ARRAYS, read_system

LARGEST = 2 * 10**9
"""Bytes in all; a data set is imported in parts of this size."""

MOST_FILES = 10_000

LARGEST_LIST = 10**6
"""Bytes of a type.raw or type_map.raw."""

XYZ_SUFFIXES = (".xyz", ".extxyz")


@dataclass(frozen=True)
class Source:
    """The files of one import.

    :param kind: ``deepmd`` or ``extxyz``.
    :param root: the folder of ``files``.
    :param files: the files that are read, relative to the root and sorted; nothing else of the folder counts.
    """

    kind: str
    root: Path
    files: tuple[str, ...]

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
            yield from read_extxyz(self.root / self.files[0], self.files[0])
            return
        for folder in sorted({Path(name).parent for name in self.files if Path(name).name == "type.raw"}):
            yield from read_deepmd(self.root, folder)


def find_source(path: Path) -> Source:
    """Return what is to be imported from a path.

    :param path: a file in extended XYZ, or a folder with one or more systems in the layout deepmd/npy.
    :raises FormatError: if there is nothing of the kind, or if it is linked, packed, too large or of mixed type.
    """
    if not path.exists():
        raise FormatError(f"{path}: no such file or folder. Correct the path.")
    if path.is_file():
        if path.suffix.lower() not in XYZ_SUFFIXES:
            raise FormatError(
                f"{path}: a file *{path.suffix} cannot be imported; allowed are extended XYZ (.extxyz, .xyz) and "
                "folders in the layout deepmd/npy. Unpack archives first; convert other formats with dpdata or ASE."
            )
        source = Source("extxyz", path.parent, (path.name,))
    else:
        source = Source("deepmd", path, tuple(sorted(deepmd_files(path))))
    check_size(source)
    return source


def deepmd_files(root: Path) -> Iterator[str]:
    """Yield the files of all systems below a folder; links are refused, whatever they point to.

    :raises FormatError: if there is no system, or one that cannot be read frame by frame.
    """
    systems = []
    for folder, names, files in os.walk(root, followlinks=False):
        here = Path(folder)
        for link in (here / name for name in [*names, *files] if (here / name).is_symlink()):
            raise FormatError(f"{link}: a symbolic link; only files inside the folder are read. Copy the file there.")
        for name in (name for name in [*names, *files] if not name.isprintable()):
            raise FormatError(f"{folder}: {name!a}, a name that no database or terminal takes. Rename it.")
        if "type.raw" in files:
            systems.append(here)
    if not systems:
        raise FormatError(
            f"{root}: no folder with a type.raw in it, so nothing in the layout deepmd/npy. Give the folder of a "
            "system or one above it, or a file in extended XYZ."
        )
    for system in systems:
        for file in system_files(system):
            yield file.relative_to(root).as_posix()


def system_files(system: Path) -> Iterator[Path]:
    """Yield the files of one system that are read."""
    sets = sorted(path for path in system.glob("set.*") if path.is_dir())
    if not sets:
        raise FormatError(f"{system}: no folder set.*; convert deepmd/raw to deepmd/npy with dpdata first.")
    if (system / "nopbc").exists():
        raise FormatError(f"{system}: not periodic (nopbc); periodic frames with a box are needed.")
    if any((path / "real_atom_types.npy").exists() for path in sets):
        raise FormatError(
            f"{system}: mixed type (real_atom_types.npy), where every frame has atoms of its own. Write one folder a "
            "composition instead: dpdata.MultiSystems().load_systems_from_file(..., fmt='deepmd/npy/mixed') and then "
            ".to('deepmd/npy', ...)."
        )
    if not (system / "type_map.raw").is_file():
        raise FormatError(f"{system}: no type_map.raw. Write the elements in the order of the types into it.")
    for name in ("type.raw", "type_map.raw"):
        if not (system / name).is_file() or (system / name).stat().st_size > LARGEST_LIST:  # a pipe would be waited for
            raise FormatError(f"{system / name}: not a file of at most {LARGEST_LIST // 1000} kB. Is it the right one?")
        yield system / name
    for path in sets:
        yield from (path / f"{name}.npy" for name in ARRAYS if (path / f"{name}.npy").is_file())


def read_deepmd(root: Path, folder: Path) -> Iterator[LabelledFrame]:
    """Yield the frames of one system, all its sets in order."""
    try:
        system = read_system(root / folder)
    except (OSError, ValueError, IndexError) as error:
        message = str(error).replace(f"{root}/", "")
        raise FormatError(f"{message}. The system is not complete or not of the layout deepmd/npy.") from error
    name = folder.as_posix() if folder != Path() else "frame"
    for index, energy in enumerate(system.energies):
        yield LabelledFrame(
            f"{name}:{index}",
            tuple(system.symbols),
            system.positions[index],
            system.cells[index],
            float(energy),
            system.forces[index],
            None if system.virials is None else system.virials[index],
        )


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
