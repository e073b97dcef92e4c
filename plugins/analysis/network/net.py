"""The net of metals that linkers join, frame by frame, and how linkers bind: conventions and all (no AiiDA).

Two metals are neighbours in the net if a linker binds both. A cut-off between metals would join metals that no linker
joins: in closed phases they come as close. A nitrogen is bound to every metal closer than a cut-off, :data:`CUTOFF`
where none is given. Cells count: a net is periodic, and two images of one metal are two metals.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from aiida_zif.plugins.analysis.structure.neighbours import neighbour_pairs

from .linkers import Linkers, whole_rings

CUTOFF = 2.5
"""Å; behind the first peak of Zn-N, also in the melt."""


@dataclass(frozen=True)
class Contacts:
    """Bonds between metals and the azole nitrogens of the linkers in one frame.

    :param n_metals: number of metals.
    :param n_linkers: number of linkers.
    :param metal: place of the metal in ``Linkers.metals``, shape (k,).
    :param nitrogen: place of the nitrogen in ``Linkers.nitrogens``, shape (k,).
    :param linker: the linker of that nitrogen, shape (k,).
    :param cells: cell of the metal, seen from the centre of the linker, where metals are wrapped into their cell,
        shape (k, 3).
    :param arms: from the centre of the ring to the metal, Å, shape (k, 3).
    :param distances: metal to nitrogen, Å, shape (k,).
    :param cutoff: Å.
    """

    n_metals: int
    n_linkers: int
    metal: np.ndarray
    nitrogen: np.ndarray
    linker: np.ndarray
    cells: np.ndarray
    arms: np.ndarray
    distances: np.ndarray
    cutoff: float

    def coordination(self) -> np.ndarray:
        """Return the number of nitrogen atoms on each metal, shape (n_metals,)."""
        return np.bincount(self.metal, minlength=self.n_metals)


@dataclass(frozen=True)
class Bridging:
    """Shares of the linkers of one frame by what they bind, under both conventions.

    :param exactly: two of its ring nitrogens bind one metal each, and no ring nitrogen binds more than one.
    :param at_least: two or more of its ring nitrogens bind one metal or more.
    :param dangling: one of its ring nitrogens binds.
    :param free: none does.
    :param cutoff: Å.
    """

    exactly: float
    at_least: float
    dangling: float
    free: float
    cutoff: float


@dataclass(frozen=True)
class Net:
    """Metals, and the linkers between them, of one frame.

    :param n_metals: number of metals.
    :param ends: the two metals of each edge, as places in ``Linkers.metals``, shape (m, 2).
    :param shifts: cell of the second metal, where metals are wrapped into their cell, seen from that of the first,
        shape (m, 3).
    :param linkers: the linker of each edge, shape (m,). A linker on three metals makes three edges.
    :param arms: from the centre of the linker to the first and to the second metal, Å, shape (m, 2, 3).
    """

    n_metals: int
    ends: np.ndarray
    shifts: np.ndarray
    linkers: np.ndarray
    arms: np.ndarray

    @property
    def axes(self) -> np.ndarray:
        """From the first to the second metal, Å, shape (m, 3)."""
        return np.asarray(self.arms[:, 1] - self.arms[:, 0])

    def angles(self) -> np.ndarray:
        """Return metal - centre of the ring - metal of every edge, degrees, shape (m,)."""
        units = self.arms / np.linalg.norm(self.arms, axis=2, keepdims=True)
        return np.degrees(np.arccos(np.clip(np.sum(units[:, 0] * units[:, 1], axis=1), -1, 1)))

    def directed(self) -> np.ndarray:
        """Return every bond of the simple graph from both ends: from, to, cell of the latter; sorted, shape (b, 5).

        Two metals that two linkers join are bonded once.
        """
        there = np.concatenate([self.ends, self.shifts], axis=1)
        back = np.concatenate([self.ends[:, ::-1], -self.shifts], axis=1)
        return np.unique(np.concatenate([there, back]).reshape(-1, 5), axis=0)


def contacts(linkers: Linkers, positions: np.ndarray, cell: np.ndarray, cutoff: float = CUTOFF) -> Contacts:
    """Return which nitrogen of which linker binds which metal in a frame.

    :param positions: Å, shape (n, 3).
    :param cell: lattice vectors as rows, Å, shape (3, 3).
    :param cutoff: of the bond, Å.
    """
    positions, cell = np.asarray(positions, float), np.asarray(cell, float)
    near = neighbour_pairs(positions, cell, cutoff, linkers.metals, linkers.nitrogens)
    place = np.argsort(linkers.nitrogens)
    nitrogen = place[np.searchsorted(linkers.nitrogens[place], near.second)]
    whole = whole_rings(linkers, positions[None], cell[None])[0]
    centres = whole.mean(axis=1)
    owners, metal = linkers.owners[nitrogen], np.searchsorted(linkers.metals, near.first)
    arms = (whole[linkers.ring_nitrogens()] - centres[linkers.owners])[nitrogen] - near.vector
    absolute = (centres[owners] + arms) @ np.linalg.inv(cell)
    wrapped = positions[linkers.metals] @ np.linalg.inv(cell)
    wrapped -= np.floor(wrapped)
    cells = np.rint(absolute - wrapped[metal]).astype(int)
    return Contacts(
        len(linkers.metals), len(linkers), metal, nitrogen, owners, cells, arms, near.distance, float(cutoff)
    )


def bridging(found: Contacts, linkers: Linkers) -> Bridging:
    """Return the shares of linkers that bridge, dangle and are free."""
    metals = np.bincount(found.nitrogen, minlength=len(linkers.nitrogens))
    binding = np.bincount(linkers.owners, weights=metals > 0, minlength=len(linkers)).astype(int)
    crowded = np.bincount(linkers.owners, weights=metals > 1, minlength=len(linkers)) > 0
    return Bridging(
        exactly=float(np.mean((binding == 2) & ~crowded)),
        at_least=float(np.mean(binding >= 2)),
        dangling=float(np.mean(binding == 1)),
        free=float(np.mean(binding == 0)),
        cutoff=found.cutoff,
    )


def net_of(found: Contacts) -> Net:
    """Return the net: an edge for each two metals on different nitrogens of one linker.

    A nitrogen between two metals counts for both, as while metals exchange.
    """
    order = np.argsort(found.linker, kind="stable")
    bounds = np.searchsorted(found.linker[order], np.arange(found.n_linkers + 1))
    size = np.diff(bounds)
    pairs: list[np.ndarray] = []
    for count in np.unique(size[size > 1]).tolist():
        starts = bounds[:-1][size == count]
        one, other = np.triu_indices(count, 1)
        pairs.append(np.stack([starts[:, None] + one, starts[:, None] + other], axis=-1).reshape(-1, 2))
    both = order[np.concatenate(pairs)] if pairs else np.empty((0, 2), dtype=int)
    both = both[found.nitrogen[both[:, 0]] != found.nitrogen[both[:, 1]]]
    shifts = found.cells[both[:, 1]] - found.cells[both[:, 0]]
    ends = found.metal[both]
    same = (ends[:, 0] == ends[:, 1]) & ~shifts.any(axis=1)  # one metal on two nitrogens of a linker joins nothing
    both, ends, shifts = both[~same], ends[~same], shifts[~same]
    return Net(found.n_metals, ends, shifts, found.linker[both[:, 0]], found.arms[both])
