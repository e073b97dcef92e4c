"""Are the linkers still the molecules that they were in the crystal, frame by frame? (No AiiDA.)

A bond is lost beyond a multiple of the sum of its covalent radii, and a new one has appeared below another, as runs are
halted by. Thresholds lie between what whole linkers do at 2000 K and what a reaction looks like. Bonds to metals do not
count: a melt exchanges them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from aiida_zif.plugins.analysis.structure.neighbours import neighbour_pairs
from aiida_zif.plugins.physics.elements import radii_of
from aiida_zif.plugins.physics.images import nearest_images

from .linkers import LONGEST_BOND, Linkers

STRETCH = 1.5
NEW_BOND = 1.15


@dataclass(frozen=True)
class Integrity:
    """Which linkers are whole in which frame.

    :param whole: shape (N, L): every bond of the linker is there, and none to an atom that it was not bonded to.
    :param lost: bonds that are gone: frame, atom, atom; shape (b, 3).
    :param new: bonds that have appeared, at least one atom of which is in a linker: frame, atom, atom; shape (c, 3).
    :param species: composition of each linker.
    :param kinds: elements of each lost bond and, with a plus, of each new one → how many in all frames: ``C-H``,
        ``+N-H``.
    """

    whole: np.ndarray
    lost: np.ndarray
    new: np.ndarray
    species: tuple[str, ...]
    kinds: Mapping[str, int]

    def share(self) -> np.ndarray:
        """Return the share of whole linkers in each frame, shape (N,)."""
        return np.asarray(self.whole.mean(axis=1))

    def share_by_species(self) -> dict[str, np.ndarray]:
        """Return the same for each species of linkers."""
        names = np.array(self.species)
        return {str(name): self.whole[:, names == name].mean(axis=1) for name in np.unique(names)}

    def broken(self) -> dict[int, int]:
        """Return the linkers that are broken in the last frame → first of the frames since which they are."""
        result = {}
        for linker in np.flatnonzero(~self.whole[-1]).tolist():
            good = np.flatnonzero(self.whole[:, linker])
            result[linker] = int(good[-1]) + 1 if len(good) else 0
        return result


def linker_integrity(
    linkers: Linkers,
    positions: ArrayLike,
    cells: ArrayLike,
    stretch: float = STRETCH,
    new_bond: float = NEW_BOND,
) -> Integrity:
    """Check every bond of every linker in every frame.

    :param linkers: of the crystal, or of the frame that is compared with.
    :param positions: Å, shape (N, n, 3).
    :param cells: Å, shape (N, 3, 3).
    :param stretch: a bond is lost beyond this times the sum of covalent radii.
    :param new_bond: a bond has appeared below this times the sum of covalent radii.
    """
    places, lattice = np.asarray(positions, float), np.asarray(cells, float)
    radii, owner = radii_of(linkers.symbols), linkers.of_atom()
    bonds = linkers.bonds[owner[linkers.bonds[:, 0]] >= 0]
    longest = stretch * radii[bonds].sum(axis=1)
    vectors = nearest_images(places[:, bonds[:, 1]] - places[:, bonds[:, 0]], lattice, LONGEST_BOND)
    frame, place = np.nonzero(np.linalg.norm(vectors, axis=2) > longest)
    lost = np.column_stack([frame, bonds[place]])
    fresh = [_new_bonds(linkers, *one, radii, owner, new_bond) for one in zip(places, lattice, strict=True)]
    new = np.concatenate([np.insert(pairs, 0, number, axis=1) for number, pairs in enumerate(fresh)])
    whole = np.ones((len(places), len(linkers)), dtype=bool)
    for changed in (lost, new):
        for column in (1, 2):
            inside = owner[changed[:, column]] >= 0
            whole[changed[inside, 0], owner[changed[inside, column]]] = False
    kinds: dict[str, int] = {}
    for sign, changed in (("", lost), ("+", new)):
        for one, other in changed[:, 1:].tolist():
            name = sign + "-".join(sorted((linkers.symbols[one], linkers.symbols[other])))
            kinds[name] = kinds.get(name, 0) + 1
    return Integrity(whole, lost, new, linkers.species, kinds)


def describe(result: Integrity, linkers: Linkers) -> str:
    """Say in one sentence which linkers are broken in the last frame."""
    broken = result.broken()
    if not broken:
        return f"all {len(linkers)} linkers are whole in the last frame"
    names = sorted({linkers.species[linker] for linker in broken})
    return (
        f"{len(broken)} of {len(linkers)} linkers are broken in the last frame ({', '.join(names)}), "
        f"the first one since frame {min(broken.values())} of {len(result.whole)}"
    )


def _new_bonds(
    linkers: Linkers, positions: np.ndarray, cell: np.ndarray, radii: np.ndarray, owner: np.ndarray, new_bond: float
) -> np.ndarray:
    """Pairs of atoms that were not bonded and are now, the smaller index first, shape (c, 2)."""
    is_metal = np.zeros(len(radii), dtype=bool)
    is_metal[linkers.metals] = True
    others = np.flatnonzero(~is_metal)
    near = neighbour_pairs(positions, cell, 2 * new_bond * float(radii[others].max()), others, others)
    close = (near.first < near.second) & (near.distance < new_bond * (radii[near.first] + radii[near.second]))
    close &= (owner[near.first] >= 0) | (owner[near.second] >= 0)
    first, second = near.first[close], near.second[close]
    known = linkers.bonds[:, 0] * len(radii) + linkers.bonds[:, 1]
    fresh = ~np.isin(first * len(radii) + second, known)
    return np.unique(np.column_stack([first[fresh], second[fresh]]), axis=0)
