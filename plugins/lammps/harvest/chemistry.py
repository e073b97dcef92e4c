"""Is a frame still the same substance? Every linker whole, no new bond, a cell of sensible shape and density.

The bonds are those of the crystal, not of a hot frame: all pairs of non-metal atoms closer than ``BOND`` times the
sum of their covalent radii. Bonds to a metal are left out on purpose: a framework melts by exchanging them, and a melt
is to be learned. Lengths are counted in sums of covalent radii and not in lengths of the crystal, since X-rays see C-H
bonds too short. Thresholds lie between what whole linkers do at 2000 K and what a reaction looks like: in 1900 DFT
frames of hot and of distorted ZIF-4 no C-H bond was longer than 1.47, no bond of a ring longer than 1.27, and no two
atoms without a bond came closer than 1.18 times the sum of their radii, but for one frame where a proton had moved.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from .pairs import close_pairs, distances_of

BOND = 1.25
"""Two non-metal atoms of the crystal closer than this times the sum of their covalent radii have a bond.

Over the imidazolates that ship, bonds end at 1.04 and what is no bond begins at 1.34.
"""


def bond_graph(positions: np.ndarray, cell: np.ndarray, radii: Sequence[float], metals: Sequence[int]) -> np.ndarray:
    """Return the bonds of a crystal but those of its metals.

    :param positions: Å, shape (n, 3).
    :param cell: Å, shape (3, 3).
    :param radii: covalent radii in Å, shape (n,).
    :param metals: indices of the metal atoms.
    :returns: pairs of atoms, the smaller index first, sorted, shape (m, 2).
    """
    sizes, cell = np.asarray(radii, dtype=float), np.asarray(cell, dtype=float)
    first, second, distance = close_pairs(np.asarray(positions, dtype=float), cell, 2 * BOND * float(sizes.max()))
    bonded = distance < BOND * (sizes[first] + sizes[second])
    bonded &= ~(np.isin(first, metals) | np.isin(second, metals))
    return np.unique(np.sort(np.stack([first[bonded], second[bonded]], axis=1), axis=1), axis=0)


class Substance:
    """What the atoms of one system must keep, ready to be checked frame by frame."""

    def __init__(self, topology: Mapping[str, Any] | None, settings: Mapping[str, Any], radii: Sequence[float]) -> None:
        """Prepare the limits.

        :param topology: of the crystal: ``bonds`` (m, 2), ``cell`` (3, 3) Å, and the indices of the ``metals`` and the
            ``hydrogens``; None if there is no crystal to compare with, and only contacts count.
        :param settings: ``contact`` (share of the sum of covalent radii), and of the chemistry ``intact``,
            ``stretch``, ``new_bond``, ``density`` and ``cell_shape``, see :class:`aiida_zif.plugins.lammps.limits`.
        :param radii: covalent radii in Å, shape (n,).
        """
        self.radii = np.asarray(radii, dtype=float)
        self.contact, self.settings = float(settings["contact"]), settings
        self.cell = None if topology is None else np.asarray(topology["cell"], dtype=float)
        self.bonds = None
        self.cutoff = 2 * self.contact * float(self.radii.max())
        if topology is not None and settings["intact"]:
            self.bonds = np.asarray(topology["bonds"], dtype=int).reshape(-1, 2)
            self.longest = settings["stretch"] * self.radii[self.bonds].sum(axis=1)
            self.with_hydrogen = np.asarray(np.isin(self.bonds, topology["hydrogens"]).any(axis=1))
            self.is_metal = np.isin(np.arange(len(self.radii)), topology["metals"])
            self.known = np.unique(self._key(self.bonds[:, 0], self.bonds[:, 1]))
            bonding = float(self.radii[~self.is_metal].max(initial=0.0))
            self.cutoff = max(self.cutoff, 2 * settings["new_bond"] * bonding)

    def fault(self, positions: np.ndarray, cell: np.ndarray) -> str | None:
        """Return what is wrong with a frame, or None.

        :param positions: Å, shape (n, 3).
        :param cell: Å, shape (3, 3).
        :returns: ``density`` or ``cell_shape`` (too far from the crystal's), ``close_contact``, ``broken_linker`` or
            ``lost_hydrogen`` (a bond is gone), ``new_bond`` (as after a proton transfer or a fusion of rings), None.
        """
        if self.cell is not None:
            fault = deformed(cell, self.cell, self.settings["density"], self.settings["cell_shape"])
            if fault:
                return fault
        first, second, distance = close_pairs(positions, cell, self.cutoff)
        relative = distance / (self.radii[first] + self.radii[second])
        if (relative < self.contact).any():
            return "close_contact"
        if self.bonds is None:
            return None
        gone = np.flatnonzero(distances_of(positions, cell, self.bonds) > self.longest)
        if len(gone):
            return "lost_hydrogen" if self.with_hydrogen[gone].all() else "broken_linker"
        near = (relative < self.settings["new_bond"]) & ~(self.is_metal[first] | self.is_metal[second])
        return None if np.isin(self._key(first[near], second[near]), self.known).all() else "new_bond"

    def _key(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        """One number for each pair, whichever atom comes first."""
        return np.asarray(np.minimum(first, second) * len(self.radii) + np.maximum(first, second))


def deformed(cell: np.ndarray, crystal: np.ndarray, density: Sequence[float], cell_shape: float) -> str | None:
    """Return ``density`` or ``cell_shape`` if a cell is too far from the crystal's, or None.

    Angles and ratios of heights change together, and what is normal for them differs between crystals. One number
    says it for all: the ratio of the largest to the smallest principal stretch that turns the crystal's cell into this.

    :param density: smallest and largest density, as multiples of the crystal's.
    :param cell_shape: largest ratio of two principal stretches.
    """
    volume, reference = abs(np.linalg.det(cell)), abs(np.linalg.det(crystal))
    if not density[0] * volume < reference < density[1] * volume:
        return "density"
    stretches = np.linalg.svd(np.linalg.solve(crystal, cell), compute_uv=False)
    return "cell_shape" if stretches[0] > cell_shape * stretches[-1] else None
