"""Labelled frames from elsewhere, split into a pool to ask labels of and frames held out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from aiida_zif.plugins.deepmd.data.dataset import System

SAME_ENERGY = 1e-5
"""eV; frames that differ by less were labelled twice."""


@dataclass(frozen=True)
class Frames:
    """Frames of several sets of one composition, one after the other, and the set that each comes from."""

    system: System
    source: np.ndarray

    def __len__(self) -> int:
        return len(self.source)

    def take(self, rows: list[int] | np.ndarray) -> System:
        """Return some of the frames."""
        each = self.system
        virials = None if each.virials is None else each.virials[rows]
        arrays = (each.positions, each.cells, each.energies, each.forces)
        return System(each.symbols, *(array[rows] for array in arrays), virials)


def read_set(folder: Path) -> System:
    """Read one set in ``deepmd/npy`` layout; atoms are put in the order of their elements."""
    type_map = (folder / "type_map.raw").read_text().split()
    symbols = [type_map[int(number)] for number in (folder / "type.raw").read_text().split()]
    order = np.argsort(symbols, kind="stable")
    shape = (-1, len(symbols), 3)
    parts = sorted(folder.glob("set.*"))

    def array(name: str) -> np.ndarray:
        return np.concatenate([np.load(part / f"{name}.npy", allow_pickle=False) for part in parts]).astype(float)

    positions, forces = array("coord").reshape(shape)[:, order], array("force").reshape(shape)[:, order]
    virials = array("virial").reshape(-1, 3, 3) if all((part / "virial.npy").exists() for part in parts) else None
    cells, energies = array("box").reshape(-1, 3, 3), array("energy").ravel()
    return System([symbols[index] for index in order], positions, cells, energies, forces, virials)


def read_frames(root: Path, names: list[str], without: Frames | None = None) -> Frames:
    """Read several sets of one composition and leave out what is there twice.

    :param without: frames that must not be among them.
    :raises ValueError: if the sets are not of the same atoms.
    """
    systems = [read_set(root / name) for name in names]
    if any(system.symbols != systems[0].symbols for system in systems):
        raise ValueError(f"sets {', '.join(names)}: found different atoms, a benchmark needs one composition")
    source = np.repeat(np.arange(len(systems)), [len(system.energies) for system in systems])
    virials = [system.virials for system in systems if system.virials is not None]
    whole = System(
        systems[0].symbols,
        *(
            np.concatenate([getattr(system, name) for system in systems])
            for name in ("positions", "cells", "energies", "forces")
        ),
        np.concatenate(virials) if len(virials) == len(systems) else None,
    )
    taken = set() if without is None else set(_keys(without.system.energies))
    keep = []
    for row, key in enumerate(_keys(whole.energies)):
        if key not in taken:
            taken.add(key)
            keep.append(row)
    return Frames(Frames(whole, source).take(keep), source[keep])


def _keys(energies: np.ndarray) -> list[int]:
    return [round(energy / SAME_ENERGY) for energy in energies]
