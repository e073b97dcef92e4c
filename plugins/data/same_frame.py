"""Find equal frames, independent of digits, periodic images, order of atoms and orientation (no AiiDA).

Two frames are one if the same lattice and the same places of each element lie within :data:`TOLERANCE` of each other
after a rotation (or reflection), a shift of the origin, another choice of lattice vectors, periodic images of atoms and
another order of them. None of that changes an energy. A repeat of a frame (a supercell) counts as another frame.

Candidates come from numbers that none of that changes (:func:`invariants`), found by a tree of them; they are then
compared atom by atom (:func:`match`), so that similar frames are not counted as equal.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

TOLERANCE = 2e-4
"""Å; what four decimals of positions and cell leave. Float32 leaves 1e-6, eight decimals 1e-8; a step of molecular
dynamics moves some atom by more than 1e-3, a finite difference usually by 1e-2."""

SHELLS = 3
"""Invariants of each element."""

SPREAD = 4.0
"""Standard deviations that independent errors as large as the tolerance may change an invariant by."""

REACH = 2.2
"""Longest reciprocal vector of the invariants over 2π / V^(1/3): about forty vectors."""


FEW = 64
"""Atoms that are compared each with each other sooner than by a tree."""


class Frame(Protocol):
    """Atoms in a periodic cell."""

    @property
    def symbols(self) -> tuple[str, ...]:
        """Chemical symbols, (n,)."""

    @property
    def positions(self) -> np.ndarray:
        """Å, (n, 3)."""

    @property
    def cell(self) -> np.ndarray:
        """Lattice vectors as rows, Å, (3, 3)."""


@dataclass(frozen=True)
class Match:
    """How the second of two frames lies on the first.

    :param order: atom of the second frame that each atom of the first one is, (n,).
    :param turn: takes a vector of the second frame (as a row) to the first one, (3, 3).
    :param apart: Å, the farthest that an atom lies from its partner.
    """

    order: np.ndarray
    turn: np.ndarray
    apart: float


def first_of_each(frames: Sequence[Frame]) -> list[int]:
    """Return for every frame the index of the first one that is the same, which is its own if there is none before.

    :param frames: of any compositions, each cell with a volume.
    """
    first = list(range(len(frames)))
    groups: dict[tuple[str, ...], list[int]] = {}
    for index, frame in enumerate(frames):
        groups.setdefault(tuple(sorted(frame.symbols)), []).append(index)
    for members in groups.values():
        for later, earlier in _same_in(members, frames):
            first[later] = earlier
    return first


def _same_in(members: list[int], frames: Sequence[Frame]) -> Iterator[tuple[int, int]]:
    """Yield the frames of one composition that are the same as an earlier one, with that one."""
    if len(members) < 2:
        return
    from scipy.spatial import cKDTree

    found = [invariants(frames[index]) for index in members]
    values, slack = np.array([value for value, _ in found]), np.array([bound for _, bound in found])
    tree = cKDTree(values)
    is_first = np.ones(len(members), dtype=bool)
    for row, index in enumerate(members):
        near = np.asarray(tree.query_ball_point(values[row], slack[row].max() + slack.max(), p=np.inf), dtype=int)
        near = np.sort(near[(near < row)])
        near = near[is_first[near]]
        close = (np.abs(values[near] - values[row]) <= slack[near] + slack[row]).all(axis=1)
        for other in near[close]:
            if match(frames[members[other]], frames[index]) is not None:
                is_first[row] = False
                yield index, members[other]
                break


def invariants(frame: Frame) -> tuple[np.ndarray, np.ndarray]:
    """Return numbers that are those of every description of a frame, and how much the tolerance may change each.

    The edge of a cube of its volume, and ``Σ w(|k|) |Σ c exp(i k·r)|² / n`` over reciprocal lattice vectors k, for
    every element and for all atoms, each element with a weight c of its own. The sum knows no origin, no order and no
    images; weights that fade with the length of k (a few kinds) know no lattice vectors and no orientation.

    :returns: two arrays of shape (4 + 3 · elements,).
    """
    vectors, lengths, weights = _reciprocal(frame.cell.astype(float).tobytes())
    phases = np.exp(2j * np.pi * (frame.positions @ np.linalg.inv(frame.cell) @ vectors.T))
    names, elements = np.asarray(frame.symbols), sorted(set(frame.symbols))
    sums = np.array([phases[names == element].sum(axis=0) for element in elements])
    counts = np.array([np.count_nonzero(names == element) for element in elements])
    factors = np.sqrt(np.arange(1, len(elements) + 1))
    amplitude = np.abs(np.vstack([sums, factors @ sums]))
    n = np.append(counts, factors**2 @ counts)[:, None]
    # of independent errors the sum grows like the root of their number, and no sum grows faster than their number
    moved = np.minimum(SPREAD * n**0.5, n) * TOLERANCE * lengths
    numbers = (amplitude**2 / n) @ weights.T
    bounds = ((2 * amplitude * moved + moved**2) / n) @ weights.T + 1e-9
    edge = abs(float(np.linalg.det(frame.cell))) ** (1 / 3)
    return np.append(numbers.ravel(), edge), np.append(bounds.ravel(), 4 * TOLERANCE)


@functools.lru_cache(maxsize=256)
def _reciprocal(cell: bytes) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Indices (K, 3) of half of the shortest reciprocal vectors, their lengths in 1/Å (K,), weights (shells, K)."""
    lattice = reduced(np.frombuffer(cell).reshape(3, 3))
    change = np.rint(np.frombuffer(cell).reshape(3, 3) @ np.linalg.inv(lattice))
    inverse = np.linalg.inv(lattice)
    longest = REACH / abs(np.linalg.det(lattice)) ** (1 / 3)
    most = np.ceil(longest * np.linalg.norm(lattice, axis=1)).astype(int)
    grid = np.stack(np.meshgrid(*(np.arange(-m, m + 1) for m in most), indexing="ij"), axis=-1).reshape(-1, 3)
    grid = grid[len(grid) // 2 + 1 :]  # k and -k say the same
    lengths = np.linalg.norm(grid @ inverse.T, axis=1)
    grid, lengths = grid[lengths < longest], lengths[lengths < longest]
    share = lengths / longest
    fade = (1 - share**2) ** 2
    weights = np.array([fade * share**power for power in range(0, 2 * SHELLS, 2)])
    return grid @ change.T, 2 * np.pi * lengths, weights


def reduced(cell: np.ndarray) -> np.ndarray:
    """Return lattice vectors of the same lattice, as short as they can be (Minkowski), as rows."""
    from ase.geometry import minkowski_reduce

    return np.asarray(minkowski_reduce(cell)[0], dtype=float)


def match(first: Frame, second: Frame) -> Match | None:
    """Return how the second frame lies on the first, None if it is another one.

    The way that files go is tried first: the same lattice vectors, the same origin.
    """
    if sorted(first.symbols) != sorted(second.symbols):
        return None
    sites, inverse = _sites(first.symbols, second.symbols), np.linalg.inv(first.cell)
    at = first.positions @ inverse
    reach = 2 * TOLERANCE * float(np.linalg.norm(inverse, axis=0).max())
    for cell in _cells_like(np.asarray(first.cell, dtype=float), np.asarray(second.cell, dtype=float)):
        back = np.linalg.inv(cell)
        there = second.positions @ back
        for shift in _shifts(sites[0], at, there):
            order = _pairs(sites, at, there + shift, reach)
            if order is not None and (apart := _farthest(at - there[order] - shift, first.cell)) <= TOLERANCE:
                return Match(order, back @ first.cell, apart)
    return None


Sites = list[tuple[np.ndarray, np.ndarray]]


def _sites(symbols: Sequence[str], others: Sequence[str]) -> Sites:
    """Return where the atoms of each element stand in two frames, the rarest element first."""
    names, theirs = np.asarray(symbols), np.asarray(others)
    elements = sorted(set(symbols), key=list(symbols).count)
    return [(np.flatnonzero(names == element), np.flatnonzero(theirs == element)) for element in elements]


def _cells_like(first: np.ndarray, second: np.ndarray) -> Iterator[np.ndarray]:
    """Yield the lattice vectors of the second cell's lattice whose lengths and angles are those of the first cell."""
    if _differ(second, first) <= _slack(first):
        yield second
    yield from _others_like(first.tobytes(), second.tobytes())


@functools.lru_cache(maxsize=256)
def _others_like(this: bytes, that: bytes) -> list[np.ndarray]:
    """Return the same for two cells as they lie in memory; in a run at constant volume all cells are one."""
    first, second = (np.frombuffer(cell).reshape(3, 3) for cell in (this, that))
    short, other = reduced(first), reduced(second)
    cells = np.rint(first @ np.linalg.inv(short)) @ _UNIMODULAR @ other
    return list(cells[_differ(cells, first) <= _slack(first)])


def _differ(cells: np.ndarray, like: np.ndarray) -> np.ndarray:
    """Return the largest difference of the products of two lattice vectors, in Å²."""
    return np.asarray(np.abs(cells @ cells.swapaxes(-1, -2) - like @ like.T).max(axis=(-2, -1)))


def _slack(cell: np.ndarray) -> float:
    """Return by how much such a product may differ, in Å²."""
    return float(4 * TOLERANCE * np.linalg.norm(cell, axis=1).max())


def _all_unimodular() -> np.ndarray:
    """Return all matrices of -1, 0 and 1 that change lattice vectors into others of the same lattice, (K, 3, 3).

    Two Minkowski-reduced cells of one lattice differ by one of them.
    """
    matrices = np.array(list(itertools.product((-1, 0, 1), repeat=9)), dtype=float).reshape(-1, 3, 3)
    return matrices[np.abs(np.abs(np.linalg.det(matrices)) - 1) < 1e-6]


_UNIMODULAR = _all_unimodular()


def _shifts(rarest: tuple[np.ndarray, np.ndarray], at: np.ndarray, there: np.ndarray) -> Iterator[np.ndarray]:
    """Yield shifts of the origin: none, then those that put an atom of the rarest element onto the first of them."""
    yield np.zeros(3)
    mine, theirs = rarest
    yield from at[mine[0]] - there[theirs]


def _farthest(apart: np.ndarray, cell: np.ndarray) -> float:
    """Return the largest distance in Å to the nearest image; an anchor brings its own error, so the mean may go out.

    :param apart: differences in fractional coordinates, (n, 3).
    """
    nearest = (apart - np.rint(apart)) @ cell
    rests = (nearest, nearest - nearest.mean(axis=0))
    return min(float(np.linalg.norm(rest, axis=1).max(initial=0.0)) for rest in rests)


def _pairs(sites: Sites, at: np.ndarray, there: np.ndarray, reach: float) -> np.ndarray | None:
    """Return the nearest atom of the same element for every atom of the first frame, None if they are no pairs."""
    order = np.arange(len(at))
    if all(np.array_equal(mine, theirs) for mine, theirs in sites):
        apart = at - there
        if np.abs(apart - np.rint(apart)).max(initial=0.0) <= reach:
            return order
    for mine, theirs in sites:
        nearest = _nearest(at[mine], there[theirs], reach)
        if nearest is None or len(set(nearest.tolist())) != len(mine):
            return None
        order[mine] = theirs[nearest]
    return order


def _nearest(at: np.ndarray, there: np.ndarray, reach: float) -> np.ndarray | None:
    """Return the nearest of some points for each of others, in fractional coordinates; None if one has none."""
    if len(at) <= FEW:
        apart = at[:, None] - there
        apart = np.abs(apart - np.rint(apart)).max(axis=2)
        return np.asarray(apart.argmin(axis=1)) if apart.min(axis=1).max() <= reach else None
    from scipy.spatial import cKDTree

    tree = cKDTree(there % 1.0 % 1.0, boxsize=1.0)
    distance, nearest = tree.query(at % 1.0 % 1.0, p=np.inf, distance_upper_bound=min(reach, 0.5))
    return np.asarray(nearest) if np.isfinite(distance).all() else None
