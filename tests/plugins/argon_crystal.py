"""A small crystal with the labels of a pair potential, and its virial by finite differences."""

from __future__ import annotations

from typing import Any

import numpy as np

SYMBOLS = ("Ar",) * 4
CELL = np.array([[5.4, 0.0, 0.0], [0.3, 5.2, 0.0], [0.1, -0.2, 5.6]])
SITES = np.array([[0, 0, 0], [0.5, 0.5, 0], [0.5, 0, 0.5], [0, 0.5, 0.5]])


def argon(seed: int = 0, strain: np.ndarray | None = None) -> Any:
    """ASE atoms with a Lennard-Jones calculator; the strain deforms cell and atoms."""
    from ase import Atoms
    from ase.calculators.lj import LennardJones

    rattle = np.random.default_rng(seed).normal(scale=0.05, size=(4, 3))
    deformation = np.eye(3) + (np.zeros((3, 3)) if strain is None else strain)
    atoms = Atoms(SYMBOLS, positions=(SITES @ CELL + rattle) @ deformation, cell=CELL @ deformation, pbc=True)
    atoms.calc = LennardJones(sigma=3.4, epsilon=0.0104, rc=8.0, smooth=True)
    return atoms


def virial_by_differences(seed: int, step: float = 1e-5) -> np.ndarray:
    """-dE/d(strain) in eV of :func:`argon`, by central differences over symmetric strains."""
    virial = np.zeros((3, 3))
    for i in range(3):
        for j in range(3):
            strain = np.zeros((3, 3))
            strain[i, j] += 0.5 * step
            strain[j, i] += 0.5 * step
            energies = [argon(seed, sign * strain).get_potential_energy() for sign in (1, -1)]
            virial[i, j] = -(energies[0] - energies[1]) / (2 * step)
    return virial
