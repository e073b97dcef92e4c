"""A frame as LAMMPS wants it: restricted triclinic cell and data file (no AiiDA)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from aiida_zif.plugins.lammps.harvest.chemistry import Substance, bond_graph
from aiida_zif.plugins.lammps.limits import Chemistry
from aiida_zif.plugins.physics.lattice import untilting

NON_METALS = frozenset(("H", "He", "B", "C", "N", "O", "F", "Ne", "Si", "P", "S", "Cl", "Ar")) | frozenset(
    ("As", "Se", "Br", "Kr", "Te", "I", "Xe")
)
"""Elements whose bonds to each other are what makes a linker."""

FS_PER_PS = 1000.0

DEUTERIUM_MASS = 2.01410177812
"""u; AME2020, as in the tables of IUPAC."""


def restricted_frame(positions: ArrayLike, cell: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Rotate a frame so that its cell is lower triangular with a positive diagonal.

    The Cholesky factor of the metric h hᵀ is the only such cell of equal lengths and angles. A left-handed cell
    comes out as its mirror image, which has the same energy and deviation.

    :param positions: Å, shape (n, 3).
    :param cell: lattice vectors as rows, Å, shape (3, 3).
    :returns: positions (n, 3) and cell (3, 3) in the rotated frame, Å.
    :raises ValueError: for a cell without volume.
    """
    cell = np.asarray(cell, dtype=float)
    if abs(np.linalg.det(cell)) < 1e-6:
        raise ValueError(f"cell: found {cell.tolist()}, allowed is a cell with a volume")
    restricted = np.linalg.cholesky(cell @ cell.T)
    fractional = np.linalg.solve(cell.T, np.asarray(positions, dtype=float).T).T
    return fractional @ restricted, restricted


def masses(type_map: Sequence[str], deuterium: bool = False) -> list[float]:
    """Atomic masses in u in the order of ``type_map``."""
    from ase.data import atomic_masses, atomic_numbers

    return [
        DEUTERIUM_MASS if deuterium and symbol == "H" else float(atomic_masses[atomic_numbers[symbol]])
        for symbol in type_map
    ]


def covalent_radii(type_map: Sequence[str]) -> list[float]:
    """Covalent radii in Å (Cordero et al., Dalton Trans. 2008, 2832) in the order of ``type_map``."""
    from ase.data import atomic_numbers
    from ase.data import covalent_radii as radii

    return [float(radii[atomic_numbers[symbol]]) for symbol in type_map]


def members(symbols: Sequence[str]) -> dict[str, list[int]]:
    """Indices of the ``metals``, the ``nitrogens`` and the ``hydrogens`` among the atoms."""
    return {
        "metals": [index for index, symbol in enumerate(symbols) if symbol not in NON_METALS],
        "nitrogens": [index for index, symbol in enumerate(symbols) if symbol == "N"],
        "hydrogens": [index for index, symbol in enumerate(symbols) if symbol == "H"],
    }


def topology(symbols: Sequence[str], positions: ArrayLike, cell: ArrayLike) -> dict[str, Any]:
    """Return what the harvest must know of a crystal: its bonds, but those of the metals, and its cell; plain types.

    :param symbols: chemical symbols, shape (n,).
    :param positions: Å, shape (n, 3).
    :param cell: Å, shape (3, 3).
    """
    groups = members(symbols)
    rotated, restricted = restricted_frame(positions, cell)
    bonds = bond_graph(rotated, restricted, covalent_radii(symbols), groups["metals"])
    return {**groups, "bonds": bonds.tolist(), "cell": restricted.tolist(), "own_vectors": own_vectors(cell)}


def own_vectors(cell: ArrayLike) -> list[list[int]] | None:
    """Return the matrix that turns the cell of :func:`data_file` into the frame's own; None if they are the same.

    LAMMPS ends a run at constant pressure whose cell is tilted by more than 1.5 of the length that it tilts along, so
    that a strongly tilted cell gets other vectors for the same lattice.

    :param cell: of the frame, Å, shape (3, 3); the very numbers that the data file is written from.
    """
    matrix = untilting(cell)
    return None if np.array_equal(matrix, np.eye(3)) else np.rint(np.linalg.inv(matrix)).astype(int).tolist()


def substance(symbols: Sequence[str], positions: ArrayLike, cell: ArrayLike, chemistry: Chemistry) -> Substance:
    """Return what checks whether frames are still those of a crystal; contacts are left to bonds.

    :param symbols: chemical symbols, shape (n,).
    :param positions: of the crystal, Å, shape (n, 3).
    :param cell: of the crystal, Å, shape (3, 3).
    """
    settings = {**chemistry.model_dump(), "contact": 0.0}
    return Substance(topology(symbols, positions, cell), settings, covalent_radii(symbols))


def shaken(positions: ArrayLike, distance: float, seed: int) -> np.ndarray:
    """Return positions with every coordinate moved by a normal random number; Å, shape (n, 3)."""
    positions = np.asarray(positions, dtype=float)
    return positions + np.random.default_rng(seed).normal(scale=distance, size=positions.shape)


def lammps_cell(cell: ArrayLike) -> np.ndarray:
    """Return the cell that :func:`data_file` writes: lower triangular and never strongly tilted, Å, shape (3, 3)."""
    untilted = untilting(cell) @ np.asarray(cell, dtype=float)
    return np.linalg.cholesky(untilted @ untilted.T)


def data_file(
    symbols: Sequence[str],
    positions: ArrayLike,
    cell: ArrayLike,
    type_map: Sequence[str],
    atom_masses: Sequence[float],
    velocities: ArrayLike | None = None,
) -> str:
    """Return a LAMMPS data file (atom style ``atomic``, units ``metal``, always triclinic, never strongly tilted).

    Atom ids follow the order of the atoms, types that of ``type_map``, so that the model's types are LAMMPS's.

    :param symbols: chemical symbols, shape (n,).
    :param positions: Å, shape (n, 3).
    :param cell: Å, shape (3, 3).
    :param velocities: Å/fs, shape (n, 3); they turn with the cell.
    """
    untilted = untilting(cell) @ np.asarray(cell, dtype=float)
    rotated, h = restricted_frame(positions, untilted)
    number = {symbol: index + 1 for index, symbol in enumerate(type_map)}
    lines = ["atoms and cell in Angstrom, rotated to a lower triangular cell", ""]
    lines += [f"{len(symbols)} atoms", f"{len(type_map)} atom types", ""]
    lines += [f"0.0 {h[axis, axis]:.12f} {name}lo {name}hi" for axis, name in enumerate("xyz")]
    lines += [f"{h[1, 0]:.12f} {h[2, 0]:.12f} {h[2, 1]:.12f} xy xz yz", "", "Masses", ""]
    lines += [f"{number[symbol]} {mass:.8f}  # {symbol}" for symbol, mass in zip(type_map, atom_masses, strict=True)]
    lines += ["", "Atoms  # atomic", ""]
    lines += [
        f"{index} {number[symbol]} {x:.10f} {y:.10f} {z:.10f}"
        for index, (symbol, (x, y, z)) in enumerate(zip(symbols, rotated, strict=True), start=1)
    ]
    if velocities is not None:
        turned = FS_PER_PS * np.asarray(velocities, dtype=float) @ np.linalg.solve(untilted, h)
        lines += ["", "Velocities", ""]
        lines += [f"{index} {x:.17g} {y:.17g} {z:.17g}" for index, (x, y, z) in enumerate(turned, start=1)]
    return "\n".join(lines) + "\n"
