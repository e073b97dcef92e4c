"""Read frames in the layout deepmd/npy, of one composition or of mixed type (no AiiDA)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from aiida_zif.plugins.data.labelled_frame import FormatError, LabelledFrame, Refused
from aiida_zif.plugins.deepmd.data.dataset import ARRAYS, MIXED, load_plain, read_set, read_symbols, sets_of
from aiida_zif.plugins.imports.extxyz.atoms import zeroed_forces

LARGEST_LIST = 10**6
"""Bytes of a type.raw or type_map.raw."""

LISTS = ("type.raw", "type_map.raw")

SPINS = ("spin", "force_mag")
"""Arrays beside which an energy is one of spins too."""

OTHER_VARIABLES = ("fparam", "aparam", "charge", "charge_spin", "numb_copy")
"""Arrays on which an energy depends beside the positions; they may be there if every frame has the same."""


def system_files(system: Path) -> Iterator[Path]:
    """Yield the files of one system that are read.

    :raises FormatError: the system cannot be read frame by frame, or its energies are not those of positions alone.
    """
    sets = sorted(path for path in system.glob("set.*") if path.is_dir())
    if not sets:
        raise FormatError(f"{system}: no folder set.*; convert deepmd/raw to deepmd/npy with dpdata first.")
    if (system / "nopbc").exists():
        raise FormatError(f"{system}: not periodic (nopbc); periodic frames with a box are needed.")
    if not (system / "type_map.raw").is_file():
        raise FormatError(f"{system}: no type_map.raw. Write the elements in the order of the types into it.")
    for name in LISTS:
        if not (system / name).is_file() or (system / name).stat().st_size > LARGEST_LIST:  # a pipe would be waited for
            raise FormatError(f"{system / name}: not a file of at most {LARGEST_LIST // 1000} kB. Is it the right one?")
        yield system / name
    mixed = [path.name for path in sets if (path / f"{MIXED}.npy").is_file()]
    if mixed and len(mixed) < len(sets):
        raise FormatError(f"{system}: {MIXED}.npy in {', '.join(mixed)} only. A system is of mixed type or is not.")
    _refuse_spins(sets)
    for path in sets:
        yield from (path / f"{name}.npy" for name in (*ARRAYS, MIXED) if (path / f"{name}.npy").is_file())


def _refuse_spins(sets: Sequence[Path]) -> None:
    """Refuse a system whose energies depend on more than positions.

    :raises FormatError: there are spins, or parameters that are not the same in all frames.
    """
    spins = [path / f"{name}.npy" for path in sets for name in SPINS if (path / f"{name}.npy").exists()]
    if spins:
        raise FormatError(
            f"{spins[0]}: spins found; allowed are energies of positions alone. Import the frames of one state of "
            "spin, without this file."
        )
    for name in OTHER_VARIABLES:
        files = [path / f"{name}.npy" for path in sets if (path / f"{name}.npy").exists()]
        if len({value for file in files for value in _different_rows(file)}) > 1:
            raise FormatError(
                f"{files[0]}: other values in other frames found; allowed is one value for all, as energies depend on "
                "it. Import the frames of one value at a time."
            )


def _different_rows(path: Path) -> set[bytes]:
    """Return the rows of an array that differ.

    :raises FormatError: it is no array of numbers.
    """
    try:
        array = load_plain(path)
    except (OSError, ValueError) as error:
        raise FormatError(f"{error}. Correct or delete the file.") from error
    return {row.tobytes() for row in np.atleast_1d(array)}


def left_out(system: Path) -> Counter[str]:
    """Return the names of files of a system that are not read, with the number of folders that have one."""
    folders = [system, *sorted(path for path in system.glob("set.*") if path.is_dir())]
    read = {*LISTS, *(f"{name}.npy" for name in (*ARRAYS, MIXED))}
    names = (file.name for folder in folders for file in folder.iterdir() if file.is_file())
    return Counter(name for name in names if name not in read)


def read_deepmd(root: Path, folder: Path) -> Iterator[LabelledFrame | Refused]:
    """Yield the frames of one system, all its sets in order.

    :param root: the folder of the import, left out of messages.
    :param folder: of the system, relative to the root.
    :raises FormatError: a file is missing or no array, or the files of a set do not belong together.
    """
    name, index = folder.as_posix() if folder != Path() else "frame", 0
    try:
        symbols = read_symbols(root / folder)
        type_map = (root / folder / "type_map.raw").read_text().split()
        for path in sets_of(root / folder):
            arrays = read_set(path, len(symbols))
            for row in range(len(arrays["energy"])):
                yield _frame(f"{name}:{index}", arrays, row, symbols, type_map)
                index += 1
    except (OSError, ValueError, IndexError) as error:
        message = str(error).replace(f"{root}/", "")
        raise FormatError(f"{message}. The system is not complete or not of the layout deepmd/npy.") from error


def _frame(
    place: str, arrays: dict[str, np.ndarray], row: int, symbols: list[str], type_map: list[str]
) -> LabelledFrame | Refused:
    """Return one frame of a set; of a mixed set only its real atoms."""
    real = np.ones(len(symbols), dtype=bool)
    if MIXED in arrays:
        types = np.asarray(arrays[MIXED][row], dtype=float)
        if not np.isin(types, np.arange(-1, len(type_map))).all() or not (types >= 0).any():
            raise ValueError(f"{place}: {MIXED}.npy needs an atom, and types from -1 to {len(type_map) - 1}")
        real = types >= 0
        symbols = [type_map[int(number)] for number in types[real]]
    virial = np.array(arrays["virial"][row], dtype=float) if "virial" in arrays else None
    forces = np.array(arrays["force"][row], dtype=float)[real]
    if zeroed := zeroed_forces(forces):
        return Refused(place, "forces_zeroed", f"{zeroed}: were atoms held fixed?")
    positions = np.array(arrays["coord"][row], dtype=float)[real]
    cell, energy = np.array(arrays["box"][row], dtype=float), float(arrays["energy"][row])
    return LabelledFrame(place, tuple(symbols), positions, cell, energy, forces, virial)
