"""Frames of ZIF-4 as large as wanted, the same for every library; a Python of others that has NumPy can read them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

SHAKE = 0.08
"""Å, standard deviation of the displacement of every atom along every axis, about that at room temperature."""


@dataclass(frozen=True)
class Frames:
    """Frames of one system: symbols (n,), positions (N, n, 3) Å, cells (N, 3, 3) Å."""

    symbols: np.ndarray
    positions: np.ndarray
    cells: np.ndarray


def write(path: Path, supercell: tuple[int, int, int], n_frames: int, seed: int = 1) -> None:
    """Write frames of the shipped ZIF-4, repeated and shaken."""
    from aiida_zif.plugins.systems import load_system

    atoms = load_system("zif-4").repeat(supercell)
    random = np.random.default_rng(seed)
    places = atoms.positions + SHAKE * random.normal(size=(n_frames, len(atoms), 3))
    cells = np.repeat(atoms.cell[:][None], n_frames, axis=0)
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(path, symbols=np.array(atoms.get_chemical_symbols()), positions=places, cells=cells)


def read(path: Path) -> Frames:
    """Read what :func:`write` wrote."""
    with np.load(path) as content:
        return Frames(content["symbols"], content["positions"], content["cells"])
