"""A frame as bodies: metals and linkers with centres, orientations and shapes (no AiiDA)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from aiida_zif.plugins.analysis.network.linkers import LONGEST_BOND, Linkers
from aiida_zif.plugins.analysis.network.net import CUTOFF, contacts
from aiida_zif.plugins.physics.images import nearest_images

CAUSES = ("ring reorientation", "metal–N coordination", "volume", "rest")
REORIENTATION, COORDINATION, VOLUME, REST = CAUSES

LARGEST_STRAIN = 0.5
"""Of two cells that are compared: with more, the lattice has got other vectors."""


@dataclass(frozen=True)
class Layout:
    """Which atoms are of which body; the same for all frames of a substance.

    Bodies are the linkers, in their order, and then every other atom on its own.

    :param owner: body of each atom, shape (n,).
    :param parents: bonded atom nearer to the first atom of its ring, itself for those; shape (n,).
    :param depth: bonds between the two, shape (n,).
    :param linkers: of the substance.
    """

    linkers: Linkers
    owner: np.ndarray
    parents: np.ndarray
    depth: np.ndarray

    @property
    def n_bodies(self) -> int:
        """Number of bodies."""
        return int(self.owner.max()) + 1

    def within_bodies(self) -> tuple[np.ndarray, np.ndarray]:
        """Return all ordered pairs of atoms of one linker, shape (m,) each."""
        pairs = [np.stack(np.nonzero(~np.eye(len(atoms), dtype=bool))) for atoms in self.linkers.atoms]
        first, second = (
            np.concatenate([atoms[pair[side]] for atoms, pair in zip(self.linkers.atoms, pairs, strict=True)])
            for side in (0, 1)
        )
        return first, second


@dataclass(frozen=True)
class Bodies:
    """One frame.

    :param cell: Å, shape (3, 3).
    :param centres: of rings and of single atoms, in fractions of the cell, shape (B, 3).
    :param shapes: atoms about the centre of their body, Å, shape (n, 3); zero for single atoms.
    :param bonds: metal–N bonds as (place of the metal, place of the nitrogen), as rows of ``Contacts``.
    """

    cell: np.ndarray
    centres: np.ndarray
    shapes: np.ndarray
    bonds: frozenset[tuple[int, int]]


def layout_of(linkers: Linkers) -> Layout:
    """Return which atoms move together."""
    owner = linkers.of_atom()
    single = np.flatnonzero(owner < 0)
    owner[single] = len(linkers) + np.arange(len(single))
    parents, depth = np.arange(len(owner)), np.zeros(len(owner), dtype=int)
    around: dict[int, list[int]] = {}
    for one, other in linkers.bonds.tolist():
        around.setdefault(one, []).append(other)
        around.setdefault(other, []).append(one)
    for first in linkers.rings[:, 0].tolist():
        queue, known = [first], {first}
        for atom in queue:
            for other in around.get(atom, ()):
                if other not in known:
                    parents[other], depth[other] = atom, depth[atom] + 1
                    known.add(other)
                    queue.append(other)
    return Layout(linkers, owner, parents, depth)


def bodies_of(layout: Layout, positions: np.ndarray, cell: np.ndarray, bond: float = CUTOFF) -> Bodies:
    """Take a frame apart.

    :param positions: Å, shape (n, 3), wrapped or not.
    :param cell: lattice vectors as rows, Å, shape (3, 3).
    :param bond: metal–N cut-off, Å.
    """
    positions, cell = np.asarray(positions, float), np.asarray(cell, float)
    steps = nearest_images((positions - positions[layout.parents])[None], cell[None], LONGEST_BOND)[0]
    whole = positions.copy()
    for level in range(1, int(layout.depth.max(initial=0)) + 1):
        here = layout.depth == level
        whole[here] = whole[layout.parents[here]] + steps[here]
    centres = np.empty((layout.n_bodies, 3))
    centres[layout.owner] = whole  # of a single atom its own place
    centres[: len(layout.linkers)] = whole[layout.linkers.rings].mean(axis=1)
    found = contacts(layout.linkers, positions, cell, bond)
    bonds = frozenset(zip(found.metal.tolist(), found.nitrogen.tolist(), strict=True))
    return Bodies(cell, centres @ np.linalg.inv(cell), whole - centres[layout.owner], bonds)


@dataclass(frozen=True)
class Partners:
    """A frame and its partner in the reference state.

    :param frame: that becomes the other.
    :param reference: its partner.
    :param turns: rotation of each linker from frame to reference, ``shape @ turn``, shape (L, 3, 3).
    :param changed: whether a metal–N bond of a body is new or lost, shape (B,).
    """

    layout: Layout
    frame: Bodies
    reference: Bodies
    turns: np.ndarray
    changed: np.ndarray

    def with_parts(self, causes: Collection[str]) -> tuple[np.ndarray, np.ndarray]:
        """Return positions (n, 3) and cell (3, 3) in Å of the frame with some parts of its partner.

        :param causes: of :data:`CAUSES`; with none of them it is the frame, with all of them the partner.
        """
        cell = self.reference.cell if VOLUME in causes else self.frame.cell
        taken = np.where(self.changed, COORDINATION in causes, REST in causes)
        apart = self.reference.centres - self.frame.centres
        centres = self.frame.centres + taken[:, None] * (apart - np.rint(apart))
        shapes = (self.reference if REST in causes else self.frame).shapes
        if (REORIENTATION in causes) != (REST in causes):
            turns = self.turns if REORIENTATION in causes else self.turns.transpose(0, 2, 1)
            own = self.layout.owner < len(turns)
            shapes = shapes.copy()
            shapes[own] = np.einsum("ij,ijk->ik", shapes[own], turns[self.layout.owner[own]])
        return (centres @ cell)[self.layout.owner] + shapes, cell


def partners(layout: Layout, frame: Bodies, reference: Bodies) -> Partners:
    """Pair a frame with one of the reference state.

    :raises ValueError: their cells differ by more than a strain, as where a lattice has got other vectors.
    """
    strain = np.abs(np.linalg.solve(reference.cell, frame.cell) - np.eye(3)).max()
    if strain > LARGEST_STRAIN:
        raise ValueError(
            f"cells: strain of {strain:.2f} between two states, allowed is up to {LARGEST_STRAIN}; "
            "write both with the same lattice vectors"
        )
    return Partners(layout, frame, reference, _turns(layout, frame, reference), _changed(layout, frame, reference))


def angles(pair: Partners) -> tuple[np.ndarray, np.ndarray]:
    """Return by how much each linker is turned, and how much of it is about its axis, degrees, shape (L,) each.

    The axis runs through the two ring nitrogens that are farthest apart. The part about it is the twist of the
    swing-twist decomposition of the rotation.
    """
    from scipy.spatial.transform import Rotation

    linkers, shapes = pair.layout.linkers, pair.frame.shapes
    quaternions = Rotation.from_matrix(pair.turns.transpose(0, 2, 1)).as_quat()
    axes = np.zeros((len(linkers), 3))
    for number in range(len(linkers)):
        places = shapes[linkers.nitrogens[linkers.owners == number]]
        between = places[:, None] - places[None, :]
        axes[number] = between.reshape(-1, 3)[np.argmax(np.linalg.norm(between, axis=2))]
    axes /= np.linalg.norm(axes, axis=1, keepdims=True)
    along = np.abs(np.sum(quaternions[:, :3] * axes, axis=1))
    cosine = np.abs(quaternions[:, 3])
    return np.degrees(2 * np.arccos(np.clip(cosine, 0, 1))), np.degrees(2 * np.arctan2(along, cosine))


def _turns(layout: Layout, frame: Bodies, reference: Bodies) -> np.ndarray:
    """Rotations that superpose linkers best (W. Kabsch, Acta Cryst. A 32, 922 (1976)), shape (L, 3, 3)."""
    products = np.zeros((layout.n_bodies, 3, 3))
    np.add.at(products, layout.owner, frame.shapes[:, :, None] * reference.shapes[:, None, :])
    left, _, right = np.linalg.svd(products[: len(layout.linkers)])
    left[:, :, 2] *= np.sign(np.linalg.det(left @ right))[:, None]
    return np.asarray(left @ right)


def _changed(layout: Layout, frame: Bodies, reference: Bodies) -> np.ndarray:
    changed = np.zeros(layout.n_bodies, dtype=bool)
    for metal, nitrogen in frame.bonds ^ reference.bonds:
        changed[layout.owner[layout.linkers.metals[metal]]] = True
        changed[layout.linkers.owners[nitrogen]] = True
    return changed
