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
    """Read a ``deepmd/npy`` system, all its sets in order.

    :raises FileNotFoundError: a file that every system has is missing.
    :raises ValueError: a file is no plain array of numbers, or its size is not that of the frames.
    """
    symbols = read_symbols(folder)
    sets = sorted(path for path in folder.glob("set.*") if path.is_dir())
    if not sets:
        raise FileNotFoundError(f"{folder}: no folder set.* in this deepmd/npy system")

    def gather(name: str, *shape: int) -> np.ndarray:
        parts = [load_numbers(path / f"{name}.npy", shape) for path in sets]
        return np.concatenate(parts).astype(float)

    system = System(
        symbols=symbols,
        positions=gather("coord", len(symbols), 3),
        cells=gather("box", 3, 3),
        energies=gather("energy"),
        forces=gather("force", len(symbols), 3),
        virials=gather("virial", 3, 3) if all((path / "virial.npy").is_file() for path in sets) else None,
    )
    counts = {name: len(array) for name, array in vars(system).items() if isinstance(array, np.ndarray)}
    if len(set(counts.values())) > 1:
        raise ValueError(f"{folder}: not the same number of frames everywhere, {counts}")
    return system


def read_symbols(folder: Path) -> list[str]:
    """Return the element of every atom.

    :raises ValueError: there is no atom, or one of a type that is not in the type map.
    """
    type_map = (folder / "type_map.raw").read_text().split()
    types = [int(number) for number in (folder / "type.raw").read_text().split()]
    if not types or not 0 <= min(types) <= max(types) < len(type_map):
        raise ValueError(f"{folder}: type.raw needs an atom, and types from 0 to {len(type_map) - 1}")
    return [type_map[number] for number in types]


def load_numbers(path: Path, shape: tuple[int, ...]) -> np.ndarray:
    """Read one array of a set, shape (N, *shape).

    The file is mapped, so that a header cannot ask for more memory than the file is large; nothing is unpickled.

    :raises FileNotFoundError: there is no such file.
    :raises ValueError: it is no plain array of numbers, or does not hold whole frames.
    """
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such file")  # a pipe would be waited for
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except (EOFError, MemoryError, RecursionError, TokenError) as error:  # an empty file, a header made to hurt
        raise ValueError(f"{path}: not an array in NumPy's format") from error
    if not isinstance(array, np.ndarray) or array.dtype.kind not in "fiu":
        raise ValueError(f"{path}: not a plain array of numbers")
    if array.size % math.prod(shape):
        raise ValueError(f"{path}: shape {array.shape} does not divide into frames of {shape or 'one number'}")
    return array.reshape(-1, *shape)


def write_dataset(folder: Path, blocks: Mapping[str, Labelled], type_map: Sequence[str]) -> list[str]:
    """Write every block that has frames as a system of its own below ``folder``.

    :returns: labels of the systems written, sorted: the order of everything that lists them.
    """
    labels = sorted(label for label, block in blocks.items() if len(block.energies))
    for label in labels:
        write_system(folder / label, blocks[label], type_map)
    return labels
