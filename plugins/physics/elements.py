"""Elements: which are no metals, and covalent radii (no AiiDA)."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

NON_METALS = frozenset(("H", "He", "B", "C", "N", "O", "F", "Ne", "Si", "P", "S", "Cl", "Ar")) | frozenset(
    ("As", "Se", "Br", "Kr", "Te", "I", "Xe")
)
"""Elements whose bonds to each other are what makes a linker."""


def radii_of(symbols: Iterable[str]) -> np.ndarray:
    """Return covalent radii in Å, one an atom (B. Cordero et al., Dalton Trans. 2008, 2832, as ASE holds them)."""
    from ase.data import atomic_numbers, covalent_radii

    return np.array([covalent_radii[atomic_numbers[symbol]] for symbol in symbols], dtype=float)
