"""Frames of shipped frameworks, and the same substance in other words: vectors, images, orders, orientations."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from aiida_zif.plugins.systems.catalogue import load_system


@dataclass(frozen=True)
class Frame:
    symbols: tuple[str, ...]
    positions: np.ndarray
    cell: np.ndarray

    def arrays(self) -> tuple[tuple[str, ...], np.ndarray, np.ndarray]:
        return self.symbols, self.positions, self.cell


@cache
def shipped(name: str) -> Frame:
    atoms = load_system(name)
    return Frame(tuple(atoms.symbols), atoms.positions.copy(), atoms.cell.array.copy())


def repeated(frame: Frame, counts: tuple[int, int, int]) -> Frame:
    cells = np.array(list(np.ndindex(*counts)))
    positions = (frame.positions + (cells @ frame.cell)[:, None]).reshape(-1, 3)
    return Frame(frame.symbols * len(cells), positions, np.array(counts)[:, None] * frame.cell)


def unimodular(random: np.random.Generator) -> np.ndarray:
    """A matrix of whole numbers with determinant -1 or 1 that is far from the identity."""
    matrix = np.eye(3, dtype=int)[random.permutation(3)] * random.choice([-1, 1], size=3)
    for _ in range(3):
        one, other = random.choice(3, size=2, replace=False)
        matrix[one] += int(random.integers(-2, 3)) * matrix[other]
    return matrix


def said_otherwise(frame: Frame, seed: int) -> Frame:
    """The same substance: other lattice vectors (also left-handed), images, order of atoms, origin and orientation."""
    random = np.random.default_rng(seed)
    cell = unimodular(random) @ frame.cell
    images = random.integers(-3, 4, size=frame.positions.shape) @ cell
    turn = np.linalg.qr(random.normal(size=(3, 3)))[0]
    order = random.permutation(len(frame.symbols))
    positions = (frame.positions + images + random.normal(size=3) * 5) @ turn
    return Frame(tuple(frame.symbols[index] for index in order), positions[order], cell @ turn)


def shaken(frame: Frame, seed: int, width: float) -> Frame:
    random = np.random.default_rng(seed)
    return replace(frame, positions=frame.positions + random.normal(size=frame.positions.shape) * width)
