"""Whether a melt forgot its crystal: partners of the nitrogens, links of the net, places of the linkers.

Bonds are those of the crystal, within a cut-off that was stated beforehand. In the melt a nitrogen is assigned to the
metal next to it, however far, so that a bond that is stretched for a moment does not count as broken.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from aiida_zif.plugins.physics.images import nearest_images


@dataclass(frozen=True)
class Crystal:
    """What is compared with: a crystal's metals, linkers, bonds and links.

    :param positions: Å, shape (n, 3); cell: Å, shape (3, 3).
    :param metals: indices of the metal atoms, shape (M,).
    :param nitrogens: indices of the bonded nitrogens, shape (K,); partners: index of the metal of each, shape (K,).
    :param linkers: atoms of each linker.
    :param owners: linker of each nitrogen, shape (K,).
    """

    positions: np.ndarray
    cell: np.ndarray
    metals: np.ndarray
    nitrogens: np.ndarray
    partners: np.ndarray
    linkers: tuple[np.ndarray, ...]
    owners: np.ndarray

    @property
    def links(self) -> set[tuple[int, int]]:
        """Pairs of metals that a linker joins."""
        return links_of(self.owners, self.partners)

    @property
    def bonds_by_chance(self) -> float:
        """Share of partners kept if the metals were dealt out at random: one in M."""
        return 1.0 / len(self.metals)

    @property
    def net_by_chance(self) -> float:
        """Share of links that as many links between random metals would hit."""
        pairs = len(self.metals) * (len(self.metals) - 1) / 2
        return len(self.links) / pairs if pairs else 1.0


@dataclass(frozen=True)
class Kept:
    """What a frame keeps of the crystal.

    :param bonds: share of the nitrogens whose nearest metal is that of the crystal.
    :param net: share of the crystal's pairs of joined metals that are joined, by whichever linker.
    :param displacement: root mean square shortest displacement of the linkers' centres, Å, without that of them all.
    """

    bonds: float
    net: float
    displacement: float


def crystal_of(
    positions: ArrayLike,
    cell: ArrayLike,
    metals: ArrayLike,
    linkers: Sequence[ArrayLike],
    nitrogens: ArrayLike,
    owners: ArrayLike,
    cutoff: float,
) -> Crystal:
    """Find the bonds of a crystal.

    :param positions: Å, shape (n, 3); cell: lattice vectors as rows, Å, shape (3, 3).
    :param metals: indices, shape (M,).
    :param linkers: indices of the atoms of each linker.
    :param nitrogens: indices of the nitrogens of the linkers, shape (K,); owners: linker of each.
    :param cutoff: of a metal-nitrogen bond, Å.
    :raises ValueError: no nitrogen is bonded to a metal.
    """
    positions, cell = np.asarray(positions, dtype=float), np.asarray(cell, dtype=float)
    metals, nitrogens, owners = np.asarray(metals), np.asarray(nitrogens), np.asarray(owners)
    partners, distances = nearest_metals(positions, cell, metals, nitrogens)
    bonded = distances <= cutoff
    if not bonded.any():
        raise ValueError(f"crystal: found no nitrogen within {cutoff:g} Å of a metal")
    atoms = tuple(np.asarray(one) for one in linkers)
    return Crystal(positions, cell, metals, nitrogens[bonded], partners[bonded], atoms, owners[bonded])


def kept_of(crystal: Crystal, positions: ArrayLike, cell: ArrayLike) -> Kept:
    """Compare a frame with the crystal.

    :param positions: Å, shape (n, 3), wrapped or not, atoms in the order of the crystal; cell: Å, shape (3, 3).
    """
    positions, cell = np.asarray(positions, dtype=float), np.asarray(cell, dtype=float)
    partners, _ = nearest_metals(positions, cell, crystal.metals, crystal.nitrogens)
    before, now = crystal.links, links_of(crystal.owners, partners)
    moved = displacements(crystal, positions, cell)
    return Kept(
        bonds=float(np.mean(partners == crystal.partners)),
        net=len(before & now) / len(before) if before else float("nan"),
        displacement=float(np.sqrt(np.mean(np.sum(moved**2, axis=1)))),
    )


def nearest_metals(
    positions: np.ndarray, cell: np.ndarray, metals: np.ndarray, nitrogens: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return for each nitrogen the index of the metal next to it, and how far it is in Å; shape (K,) each."""
    partners, distances = np.empty(len(nitrogens), dtype=int), np.empty(len(nitrogens))
    for start in range(0, len(nitrogens), 256):  # a block of the table of all pairs at a time
        part = slice(start, start + 256)
        away = positions[metals][None] - positions[nitrogens[part]][:, None]
        table = np.linalg.norm(shortest(away, cell), axis=2)
        nearest = table.argmin(axis=1)
        partners[part], distances[part] = metals[nearest], table[np.arange(len(nearest)), nearest]
    return partners, distances


def links_of(owners: np.ndarray, partners: np.ndarray) -> set[tuple[int, int]]:
    """Return the pairs of metals that are joined by a linker.

    :param owners: linker of each nitrogen, shape (K,).
    :param partners: metal of each nitrogen, shape (K,).
    """
    joined: dict[int, set[int]] = {}
    for linker, metal in zip(owners.tolist(), partners.tolist(), strict=True):
        joined.setdefault(linker, set()).add(metal)
    return {(a, b) for metals in joined.values() for a in metals for b in metals if a < b}


def displacements(crystal: Crystal, positions: np.ndarray, cell: np.ndarray) -> np.ndarray:
    """Return how far the linkers have moved from the crystal, shape (L, 3), Å.

    The crystal's places are strained to the cell of the frame; every linker has gone the shortest way, so that what
    went farther than half the cell counts as less; the mean over all linkers is taken off.
    """
    before = np.array([centre(crystal.positions[atoms], crystal.cell) for atoms in crystal.linkers])
    now = np.array([centre(positions[atoms], cell) for atoms in crystal.linkers])
    strained = before @ np.linalg.inv(crystal.cell) @ cell
    moved = shortest(now - strained, cell)
    for _ in range(3):  # the mean of shortest ways is not the shortest way from the mean
        moved = shortest(moved - moved.mean(axis=0), cell)
    return moved


def centre(positions: np.ndarray, cell: np.ndarray) -> np.ndarray:
    """Return the mean position of atoms that belong together, made whole across the boundary; shape (3,), Å."""
    return np.asarray(positions[0] + shortest(positions - positions[0], cell).mean(axis=0))


def shortest(vectors: np.ndarray, cell: np.ndarray) -> np.ndarray:
    """Return the shortest images of vectors, Å, shape (..., 3); exact up to half the thickness of the cell."""
    return nearest_images(vectors[None], cell[None], 0.0)[0]


def above_chance(share: float, by_chance: float) -> float:
    """Return a share on the scale from chance (0) to the crystal (1); what is below chance is 0."""
    return max(0.0, (share - by_chance) / (1.0 - by_chance)) if by_chance < 1.0 else float("nan")
