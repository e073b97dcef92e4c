"""The largest void of a frame, exact to a stated tolerance, and whether it is a bubble and no pore (no AiiDA).

A void is the largest sphere that touches no atom, if each atom is a sphere of its own radius. The search divides the
cell and leaves out every part that cannot hold a larger sphere: no point within h of another lies farther from all
atoms than that other one by more than h. What comes out is no estimate, and takes seconds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from aiida_zif.plugins.physics.lattice import reduction

RADII = {"H": 1.09, "C": 1.7, "N": 1.55, "O": 1.52, "F": 1.47, "S": 1.8, "Cl": 1.75, "Br": 1.85, "Zn": 1.39, "Co": 2.0}
"""Å: what Zeo++ takes for these elements where nothing else is given, mostly after A. Bondi, J. Phys. Chem. 68, 441
(1964). Another table changes every number of a pore."""

COARSE = 1.0
"""Å; edge of the first parts of the cell."""

ALLOWED = 1.5
"""A glass whose largest void is wider than this times that of its crystal has a bubble."""


@dataclass(frozen=True)
class Void:
    """The largest sphere between atoms.

    :param diameter: Å; the true one is not smaller, and larger by less than ``tolerance``.
    :param centre: Å, shape (3,).
    :param tolerance: Å.
    """

    diameter: float
    centre: np.ndarray
    tolerance: float


@dataclass(frozen=True)
class VoidGate:
    """Whether a glass has a void that no pore of its crystal explains.

    :param glass: diameter of the largest void of each frame, Å, shape (N,).
    :param crystal: mean over the frames of the crystal, Å.
    :param crystal_spread: standard deviation over these frames, Å; NaN for one frame.
    :param allowed: Å; ``factor`` times the crystal's.
    :param factor: as stated beforehand.
    :param passed: whether the median of ``glass`` is allowed.
    """

    glass: np.ndarray
    crystal: float
    crystal_spread: float
    allowed: float
    factor: float
    passed: bool

    def __str__(self) -> str:
        """Say what was compared and what came of it."""
        verb = "is within" if self.passed else "is above"
        return (
            f"largest void {np.median(self.glass):.2f} Å {verb} {self.allowed:.2f} Å, "
            f"{self.factor:g} times the {self.crystal:.2f} Å of the crystal"
        )


def radii_for(symbols: Sequence[str], radii: Mapping[str, float] = RADII) -> np.ndarray:
    """Return the radius of each atom in Å, shape (n,).

    :raises ValueError: an element has none.
    """
    missing = sorted(set(symbols) - radii.keys())
    if missing:
        raise ValueError(
            f"radii: none for {', '.join(missing)}; known are {', '.join(sorted(radii))}; give a radius in Å for each"
        )
    return np.array([radii[symbol] for symbol in symbols], dtype=float)


def largest_void(
    symbols: Sequence[str],
    positions: np.ndarray,
    cell: np.ndarray,
    radii: Mapping[str, float] = RADII,
    tolerance: float = 0.01,
) -> Void:
    """Return the largest sphere that touches no atom.

    :param symbols: shape (n,).
    :param positions: Å, shape (n, 3).
    :param cell: lattice vectors as rows, Å, shape (3, 3).
    :param radii: of the elements, Å.
    :param tolerance: of the diameter, Å.
    """
    sizes = radii_for(symbols, radii)
    compact = reduction(cell) @ np.asarray(cell, float)
    atoms = np.asarray(positions, float) @ np.linalg.inv(compact)
    field = _Distance(atoms - np.floor(atoms), compact, sizes)
    counts = np.maximum(np.ceil(np.linalg.norm(compact, axis=1) / COARSE).astype(int), 1)
    edges = 1.0 / counts
    axes = [(np.arange(count) + 0.5) / count for count in counts]
    points = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)
    corners = np.array(list(product((-0.5, 0.5), repeat=3)))
    best, centre = -np.inf, np.zeros(3)
    while len(points):
        clear = field(points @ compact)
        if clear.max() > best:
            best, centre = float(clear.max()), points[np.argmax(clear)] @ compact
        reach = np.linalg.norm((corners * edges) @ compact, axis=1).max()
        points = points[clear + reach > best + tolerance / 2]
        edges = edges / 2
        points = (points[:, None] + corners * edges).reshape(-1, 3)
    return Void(2 * best, centre, tolerance)


def void_gate(glass: np.ndarray, crystal: np.ndarray, factor: float = ALLOWED) -> VoidGate:
    """Compare the largest voids of frames of a glass with those of its crystal.

    :param glass: diameters, Å, shape (N,).
    :param crystal: diameters in frames at the same temperature, Å, shape (M,).
    :param factor: largest ratio that is still a pore.
    """
    glass, crystal = np.atleast_1d(np.asarray(glass, float)), np.atleast_1d(np.asarray(crystal, float))
    spread = float(crystal.std(ddof=1)) if len(crystal) > 1 else np.nan
    allowed = factor * float(crystal.mean())
    return VoidGate(glass, float(crystal.mean()), spread, allowed, factor, bool(np.median(glass) <= allowed))


class _Distance:
    """Distance from points in the cell to the surface of the nearest atom, negative within it."""

    def __init__(self, fractions: np.ndarray, cell: np.ndarray, sizes: np.ndarray) -> None:
        self.fractions, self.cell, self.sizes = fractions, cell, sizes
        self.margin = 6.0
        self._build()

    def _build(self) -> None:
        from scipy.spatial import cKDTree

        reach = self.margin * np.linalg.norm(np.linalg.inv(self.cell), axis=0)
        steps = product(*(range(-int(np.ceil(limit)), int(np.ceil(limit)) + 1) for limit in reach))
        self.trees = []
        images = np.array(list(steps))
        for size in np.unique(self.sizes):
            every = (self.fractions[self.sizes == size][:, None] + images).reshape(-1, 3)
            every = every[((every > -reach) & (every < 1 + reach)).all(axis=1)]
            self.trees.append((float(size), cKDTree(every @ self.cell)))

    def __call__(self, points: np.ndarray) -> np.ndarray:
        clear = np.min([tree.query(points)[0] - size for size, tree in self.trees], axis=0)
        while clear.max() + self.sizes.max() > self.margin:  # an image farther away may be nearer than what was found
            self.margin *= 2
            self._build()
            clear = np.min([tree.query(points)[0] - size for size, tree in self.trees], axis=0)
        return np.asarray(clear)
