"""A toy world for the tests: 24 atoms that repel each other by Gaussians, with exact energies, forces, virials."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from aiida_zif.plugins.deepmd.data.dataset import System

FIXTURES = Path(__file__).parents[1] / "fixtures" / "deepmd"
SMALL_TYPE_MAP = ["H", "Zn"]
SMALL_SYMBOLS = ["Zn", "H"] * 12

TYPE_MAP = ["H", "C", "N", "Zn"]
SYMBOLS = ["Zn", "N", "C", "H", "H", "C"] * 4
STRENGTH = {"H": 0.6, "C": 1.2, "N": 1.0, "Zn": 1.6, "O": 0.8}
WIDTH = 1.1
BOX = 10.4


def toy_system(n_frames: int, seed: int, symbols: list[str] | None = None, virials: bool = True) -> System:
    """Return labelled frames of a disturbed lattice in a box of 10.4 Å, from a seed."""
    symbols = symbols or SYMBOLS
    rng = np.random.default_rng(seed)
    lattice = np.array(list(np.ndindex(3, 3, 3)))[: len(symbols)] * BOX / 3
    positions = lattice + 0.25 * rng.normal(size=(n_frames, len(symbols), 3))
    cells = np.array([np.eye(3) * BOX * (1 + 0.01 * rng.random()) for _ in range(n_frames)]).reshape(-1, 3, 3)
    energies, forces, stresses = label(symbols, positions, cells)
    return System(symbols, positions, cells, energies, forces, stresses if virials else None)


def label(symbols: list[str], positions: np.ndarray, cells: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return energies (N) eV, forces (N, n, 3) eV/Å and virials (N, 3, 3) eV of orthogonal boxes."""
    charges = np.array([STRENGTH[symbol] for symbol in symbols])
    vectors = positions[:, :, None] - positions[:, None]
    box = np.diagonal(cells, axis1=1, axis2=2)[:, None, None]
    vectors -= box * np.rint(vectors / box)
    terms = np.outer(charges, charges) * np.exp(-np.sum(vectors**2, axis=-1) / (2 * WIDTH**2))
    terms[:, np.arange(len(symbols)), np.arange(len(symbols))] = 0.0
    pair_forces = terms[..., None] * vectors / WIDTH**2
    virials = 0.5 * np.einsum("fija,fijb->fab", vectors, pair_forces)
    return -10.0 * len(symbols) + 0.5 * terms.sum(axis=(1, 2)), pair_forces.sum(axis=2), virials
