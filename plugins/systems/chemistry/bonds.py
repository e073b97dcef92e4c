"""Bonds in a crystal: periodic neighbours, molecules, coordination of metals (no AiiDA).

Bonds between non-metals are those of the harvest: closer than ``BOND`` times the sum of their covalent radii. A metal
and a donor are bonded up to ``COORDINATION`` times that sum: 2.5 Å for Zn-N, behind the first peak of hot frameworks.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from aiida_zif.plugins.lammps.harvest.chemistry import BOND
from aiida_zif.plugins.lammps.structure import NON_METALS
from aiida_zif.plugins.systems.faults import StructureFault

if TYPE_CHECKING:
    from ase import Atoms

COORDINATION = 1.3
CLOSE_COORDINATION = 1.15
"""The same for hydrogen and carbon (hydrides, cyanides, carbonyls); farther away they are neighbours of the donor."""

CLOSE_DONORS = (1, 6)

TIGHT = 1.15
"""Times the sum of radii; only neighbours within that count where an atom is said to have too many."""

SMALLEST_LINKER = 3
"""Atoms."""

STRETCHED = 1.5
"""Times the sum of radii; a hydrogen within that of a non-metal has a bond that was stretched, as in hot frames."""


OVERLAP = 0.75
"""Atoms closer than this fraction of the sum of their covalent radii overlap; the shortest bond of a ZIF, C-H
of 1.08 Å, is at 1.01."""

DENSEST = 0.6
"""Atoms per Å³; diamond has 0.18. A search for neighbours in what is denser has no end."""


def refuse_crowded(atoms: Atoms) -> None:
    """Refuse a cell with more atoms than fit into it.

    :raises StructureFault: if there are more than :data:`DENSEST` atoms per Å³.
    """
    volume = atoms.get_volume()
    if len(atoms) > 1 and len(atoms) > DENSEST * volume:
        fix = "correct the cell or the coordinates (Å), remove duplicate atoms"
        found = f"overlapping atoms: {len(atoms)} in {volume:.3g} Å³"
        raise StructureFault(found, f"at most {DENSEST:g} atoms per Å³", fix)


def closest_overlap(atoms: Atoms) -> tuple[int, int, float, float] | None:
    """Return the pair of atoms that overlap most: indices, distance, and least allowed distance, in Å.

    Covalent radii after B. Cordero et al., Dalton Trans. 2008, 2832, as ASE gives them.
    """
    from ase.data import covalent_radii
    from ase.neighborlist import neighbor_list

    radii = OVERLAP * covalent_radii[atoms.numbers]
    first, second, distance = neighbor_list("ijd", atoms, list(radii))
    if not len(first):
        return None
    least = radii[first] + radii[second]
    worst = int(np.argmin(distance / least))
    return int(first[worst]), int(second[worst]), float(distance[worst]), float(least[worst])


@dataclass(frozen=True)
class Neighbour:
    """One end of a bond.

    :param index: of the neighbour.
    :param vector: to this image of it, Å, shape (3,).
    """

    index: int
    vector: np.ndarray

    @property
    def distance(self) -> float:
        """Å."""
        return float(np.linalg.norm(self.vector))


class BondGraph:
    """The bonds of a periodic structure.

    :param atoms: the structure.
    """

    def __init__(self, atoms: Atoms) -> None:
        from ase.data import covalent_radii
        from ase.neighborlist import neighbor_list

        self.symbols = list(atoms.symbols)
        self.metal = np.array([symbol not in NON_METALS for symbol in self.symbols])
        radii = self._radii = covalent_radii[atoms.numbers]
        first, second, vectors = neighbor_list("ijD", atoms, list(STRETCHED * radii))
        relative = np.linalg.norm(vectors, axis=1) / (radii[first] + radii[second])
        self._first, self._second, self._vectors, self._relative = first, second, vectors, relative
        self.bonds = self._lists(~self._metal_pair & (relative < BOND))
        self.coordination = self._lists(self._coordinated(atoms))
        self.stretched = self._lists(~self._metal_pair & (relative >= BOND))
        self.touching = self._lists(self.metal[second] & (relative < BOND))

    @cached_property
    def _metal_pair(self) -> np.ndarray:
        return np.asarray(self.metal[self._first] | self.metal[self._second])

    def _coordinated(self, atoms: Atoms) -> np.ndarray:
        """Pairs of a metal and a donor."""
        one_metal = self.metal[self._first] != self.metal[self._second]
        close = np.isin(atoms.numbers, CLOSE_DONORS)
        limit = np.where(close[self._first] | close[self._second], CLOSE_COORDINATION, COORDINATION)
        return np.asarray(one_metal & (self._relative < limit))

    def _relative_to(self, index: int, bond: Neighbour) -> float:
        return float(bond.distance / (self._radii[index] + self._radii[bond.index]))

    def _lists(self, chosen: np.ndarray) -> list[list[Neighbour]]:
        lists: list[list[Neighbour]] = [[] for _ in self.symbols]
        for place in np.flatnonzero(chosen):
            lists[self._first[place]].append(Neighbour(int(self._second[place]), self._vectors[place]))
        return lists

    @cached_property
    def molecule(self) -> np.ndarray:
        """The number of the molecule of each atom, shape (n,); metals stand alone."""
        from scipy.sparse import coo_matrix
        from scipy.sparse.csgraph import connected_components

        bonded = ~self._metal_pair & (self._relative < BOND)
        pairs = (np.ones(int(bonded.sum())), (self._first[bonded], self._second[bonded]))
        _, labels = connected_components(coo_matrix(pairs, shape=(len(self.symbols),) * 2), directed=False)
        return np.asarray(labels)

    @cached_property
    def has_linkers(self) -> bool:
        """Whether there are molecules; oxides, hydrides and the like have none."""
        return bool(np.bincount(self.molecule).max() >= SMALLEST_LINKER)

    def molecules(self, on_metal: bool) -> Counter[tuple[tuple[str, int], ...]]:
        """Count the molecules by composition, those that bind a metal or those that do not."""
        members: dict[int, list[int]] = {}
        for index, number in enumerate(self.molecule):
            if not self.metal[index]:
                members.setdefault(int(number), []).append(index)
        return Counter(
            tuple(sorted(Counter(self.symbols[index] for index in indices).items()))
            for indices in members.values()
            if any(self.coordination[index] for index in indices) == on_metal
        )

    def tight(self, index: int) -> list[Neighbour]:
        """The bonds of an atom that are short enough to be none of a squeezed or hot frame."""
        return [bond for bond in self.bonds[index] if self._relative_to(index, bond) < TIGHT]

    def near_metal(self, index: int) -> bool:
        """Whether an atom touches a metal, as a hydride, an ion of a metal cluster or a carbene does."""
        return bool(self.touching[index])

    def stretched_hydrogen(self, index: int) -> bool:
        """Whether a hydrogen without any bond is close by, as in hot frames."""
        return any(self.symbols[other.index] == "H" and not self.bonds[other.index] for other in self.stretched[index])

    def donors(self, metal: int) -> Counter[str]:
        """Count the donors of a metal atom by element."""
        return Counter(self.symbols[neighbour.index] for neighbour in self.coordination[metal])
