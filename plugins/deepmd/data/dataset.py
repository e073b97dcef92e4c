"""Write and read systems in DeePMD-kit's ``deepmd/npy`` layout (no AiiDA)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tokenize import TokenError
from typing import Protocol

import numpy as np

SET_FOLDER = "set.000"
ARRAYS = ("box", "coord", "energy", "force", "virial")
"""Files of a set that are written and read; ``virial`` may be missing."""

REQUIRED = ("coord", "box", "energy", "force")
LABELS = ("energy", "force", "virial")

MIXED = "real_atom_types"
"""File of a set of mixed type: the type of every atom of every frame, -1 where a frame has fewer atoms."""


class Labelled(Protocol):
    """What a block of labelled frames offers; shapes and units as in ``LabelledFramesData``."""

    @property
    def symbols(self) -> list[str]: ...
    @property
    def positions(self) -> np.ndarray: ...
    @property
    def cells(self) -> np.ndarray: ...
    @property
    def energies(self) -> np.ndarray: ...
    @property
    def forces(self) -> np.ndarray: ...
    @property
    def virials(self) -> np.ndarray | None: ...


@dataclass(frozen=True)
class System:
    """Frames of one composition with their labels.

    Positions (N, n, 3) Å, cells (N, 3, 3) Å, energies (N) eV, forces (N, n, 3) eV/Å, virials (N, 3, 3) eV or None.
    """

    symbols: list[str]
    positions: np.ndarray
    cells: np.ndarray
    energies: np.ndarray
    forces: np.ndarray
    virials: np.ndarray | None = None


def write_system(folder: Path, block: Labelled, type_map: Sequence[str]) -> None:
    """Write one block as a ``deepmd/npy`` system with a single set.

    :param folder: the system's folder, made if missing.
    :param type_map: elements in the order of the model's types; written beside the data, so that DeePMD-kit
        matches atoms by element and never by number.
    :raises ValueError: an element of the block is not in ``type_map``, or the block has no frame.
    """
    missing = sorted(set(block.symbols) - set(type_map))
    if missing:
        raise ValueError(f"type_map {list(type_map)} lacks {', '.join(missing)}; add it to type_map")
    n_frames = len(block.energies)
    if n_frames == 0:
        raise ValueError(f"{folder.name}: no frame to write; leave empty blocks out")
    arrays = {
        "coord": block.positions.reshape(n_frames, -1),
        "box": block.cells.reshape(n_frames, 9),
        "energy": block.energies.reshape(n_frames),
        "force": block.forces.reshape(n_frames, -1),
    }
    if block.virials is not None:
        arrays["virial"] = block.virials.reshape(n_frames, 9)
    set_folder = folder / SET_FOLDER
    set_folder.mkdir(parents=True, exist_ok=True)
    for name, array in arrays.items():
        np.save(set_folder / f"{name}.npy", np.asarray(array, dtype=np.float64), allow_pickle=False)
    types = [list(type_map).index(symbol) for symbol in block.symbols]
    (folder / "type.raw").write_text("\n".join(map(str, types)) + "\n")
    (folder / "type_map.raw").write_text("\n".join(type_map) + "\n")


def read_system(folder: Path) -> System:
    """Read a ``deepmd/npy`` system of one composition, all its sets in order.

    :raises FileNotFoundError: a file that every system has is missing.
    :raises ValueError: a file is no plain array of numbers, its size is not that of the frames, or some sets only
        have virials.
    """
    symbols = read_symbols(folder)
    sets = [read_set(path, len(symbols)) for path in sets_of(folder)]
    with_virials = [path.name for path, arrays in zip(sets_of(folder), sets, strict=True) if "virial" in arrays]
    if with_virials and len(with_virials) < len(sets):
        raise ValueError(f"{folder}: virial.npy in {', '.join(with_virials)} only, not in all of {len(sets)} sets")
    joined = {name: np.concatenate([arrays[name] for arrays in sets]).astype(float) for name in sets[0]}
    return System(symbols, joined["coord"], joined["box"], joined["energy"], joined["force"], joined.get("virial"))


def sets_of(folder: Path) -> list[Path]:
    """Return the folders ``set.*`` of a system in their order.

    :raises FileNotFoundError: there is none.
    """
    sets = sorted(path for path in folder.glob("set.*") if path.is_dir())
    if not sets:
        raise FileNotFoundError(f"{folder}: no folder set.* in this deepmd/npy system")
    return sets


def read_set(folder: Path, n_atoms: int) -> dict[str, np.ndarray]:
    """Read the arrays of one set by the names of their files.

    Shapes are those of :class:`System`; ``virial`` is missing where the set has none, ``real_atom_types`` (N, n) is
    there in a system of mixed type only.

    :raises FileNotFoundError: a file that every set has is missing.
    :raises ValueError: a file is no plain array of numbers, or the files hold different numbers of frames.
    """
    shapes: dict[str, tuple[int, ...]] = {
        "coord": (n_atoms, 3), "box": (3, 3), "energy": (), "force": (n_atoms, 3), "virial": (3, 3), MIXED: (n_atoms,),
    }  # fmt: skip
    optional = [name for name in ("virial", MIXED) if (folder / f"{name}.npy").is_file()]
    arrays = {name: load_numbers(folder / f"{name}.npy", shapes[name]) for name in (*REQUIRED, *optional)}
    counts = {name: len(array) for name, array in arrays.items()}
    if len(set(counts.values())) > 1:
        words = ", ".join(f"{count} in {name}.npy" for name, count in counts.items())
        raise ValueError(f"{folder}: not the same number of frames in every file, but {words}")
    return arrays


def read_symbols(folder: Path) -> list[str]:
    """Return the element of every atom.

    :raises ValueError: there is no atom, or one of a type that is not in the type map.
    """
    type_map = (folder / "type_map.raw").read_text().split()
    words = (folder / "type.raw").read_text().split()
    if wrong := next((word for word in words if not word.removeprefix("-").isdecimal()), None):
        raise ValueError(f"{folder}: type.raw has {wrong[:20]!r}; it needs a whole number an atom")
    types = [int(word) for word in words]
    if not types or not 0 <= min(types) <= max(types) < len(type_map):
        raise ValueError(f"{folder}: type.raw needs an atom, and types from 0 to {len(type_map) - 1}")
    return [type_map[number] for number in types]


def load_numbers(path: Path, shape: tuple[int, ...]) -> np.ndarray:
    """Read one array of a set, shape (N, *shape).

    :raises FileNotFoundError: there is no such file.
    :raises ValueError: it is no plain array of numbers, is too coarse, or does not hold whole frames.
    """
    array = load_plain(path)
    if array.dtype == np.float16 or (array.dtype.kind in "iu" and path.stem in LABELS):
        raise ValueError(f"{path}: {array.dtype} found, too coarse for a label; allowed are float64 and float32")
    width = math.prod(shape)
    if array.size % width or (array.ndim > 1 and array.size != len(array) * width):
        raise ValueError(f"{path}: shape {array.shape} does not divide into frames of {shape or 'one number'}")
    return array.reshape(-1, *shape)


def load_plain(path: Path) -> np.ndarray:
    """Read one array of numbers in NumPy's format.

    The file is mapped, so that a header cannot ask for more memory than the file is large; nothing is unpickled.

    :raises FileNotFoundError: there is no such file.
    :raises ValueError: it is no plain array of numbers.
    """
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such file; every set needs {', '.join(REQUIRED)}")  # a pipe would wait
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except (EOFError, MemoryError, RecursionError, TokenError, ValueError) as error:  # empty, pickled, made to hurt
        raise ValueError(f"{path}: not an array of numbers in NumPy's format ({str(error)[:80]})") from error
    if not isinstance(array, np.ndarray) or array.dtype.kind not in "fiu":
        raise ValueError(f"{path}: not a plain array of numbers")
    return array


def write_dataset(folder: Path, blocks: Mapping[str, Labelled], type_map: Sequence[str]) -> list[str]:
    """Write every block that has frames as a system of its own below ``folder``.

    :returns: labels of the systems written, sorted: the order of everything that lists them.
    """
    labels = sorted(label for label, block in blocks.items() if len(block.energies))
    for label in labels:
        write_system(folder / label, blocks[label], type_map)
    return labels
