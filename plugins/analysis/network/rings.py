"""Shortest-path rings of the net of metals and linkers, on the infinite periodic graph (no AiiDA).

A ring is a closed path of metals in which no two metals are joined by a path through the net that is shorter than both
ways around the ring: a shortest-path ring (D. S. Franzblau, Phys. Rev. B 44, 4925 (1991)). Rings that shorter rings add
up to are counted too, if they are of this kind; "primitive" and "strong" rings are other definitions with other
numbers. The net is searched as the infinite graph that it is, cell by cell: a path that leaves the cell on one side
and comes back on the other is no ring, so that no number depends on the choice of the cell.

The size of a ring is its number of metals, which is its number of linkers. Rings larger than a stated maximum are not
counted, whatever is said about their number.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from .net import Net

SOURCES = 256
"""Metals whose rings are searched together; it bounds the memory."""


@dataclass(frozen=True)
class Rings:
    """The rings of one net, each once a cell.

    :param n_metals: number of metals in the cell.
    :param maximum: metals of the largest rings that were searched.
    :param members: size → metals of each ring, one after the other around it, shape (R, size).
    :param cells: size → the cell of each of them, shape (R, size, 3); the first one lies in the cell (0, 0, 0).
    """

    n_metals: int
    maximum: int
    members: dict[int, np.ndarray]
    cells: dict[int, np.ndarray]

    def counts(self) -> dict[int, int]:
        """Return size → number of rings in a cell; sizes without rings are left out."""
        return {size: len(rings) for size, rings in sorted(self.members.items()) if len(rings)}

    def per_metal(self) -> dict[int, float]:
        """Return size → number of rings in a cell over number of metals."""
        return {size: count / self.n_metals for size, count in self.counts().items()}

    def through_images(self) -> dict[int, int]:
        """Return size → number of rings that hold two images of one metal.

        In a crystal they are as good as any. In a glass they show that the cell is too small for rings of this size.
        """
        twice = {size: np.sort(rings, axis=1) for size, rings in self.members.items()}
        return {size: int((np.diff(rings, axis=1) == 0).any(axis=1).sum()) for size, rings in sorted(twice.items())}


def shortest_path_rings(net: Net, maximum: int) -> Rings:
    """Return all shortest-path rings of up to ``maximum`` metals.

    A ring of 2k metals is two shortest paths of length k between the same ends; one of 2k + 1 is two of length k
    whose ends are joined. It is a shortest-path ring if opposite metals, k steps apart, are nowhere nearer. Each is
    searched from its member with the smallest number. Edges between the same two metals count once.

    :param maximum: metals in the largest ring to be counted, at least 3.
    """
    if maximum < 3:
        raise ValueError(f"maximum: found {maximum}, allowed are 3 and more metals")
    graph = _Graph(net, maximum // 2)
    found: dict[int, list[np.ndarray]] = {size: [] for size in range(3, maximum + 1)}
    for start in range(0, net.n_metals, SOURCES):
        sources = np.arange(start, min(start + SOURCES, net.n_metals))
        paths = sources[:, None], np.zeros((len(sources), 1), dtype=np.int64)
        for length in range(1, maximum // 2 + 1):
            paths = graph.longer(*paths)
            for size, rings in ((2 * length, graph.even(*paths)), (2 * length + 1, graph.odd(*paths))):
                if 3 <= size <= maximum:
                    found[size].extend(rings)
    whole = {size: _once(np.concatenate(rings)) for size, rings in found.items() if rings}
    members = {size: rings[:, 0].astype(int) for size, rings in whole.items() if len(rings)}
    return Rings(net.n_metals, maximum, members, {size: graph.cells(whole[size][:, 1]) for size in members})


def ring_shapes(rings: Rings, net: Net) -> dict[int, tuple[np.ndarray, np.ndarray]]:
    """Return size → radius of gyration in Å and relative asphericity of each ring, shapes (R,).

    Of the gyration tensor of the metals with eigenvalues a ≤ b ≤ c: radius sqrt(a + b + c), asphericity
    (c - (a + b)/2)/(a + b + c), which is 0 for a sphere, 1/4 for a flat and round ring, 1 for a line (D. N. Theodorou
    and U. W. Suter, Macromolecules 18, 1206 (1985), over the squared radius).

    :param net: that the rings were searched in.
    """
    keys = np.concatenate([net.ends, net.shifts], axis=1)
    both = np.concatenate([keys, np.concatenate([net.ends[:, ::-1], -net.shifts], axis=1)]).tolist()
    vectors = dict(zip(map(tuple, both), np.concatenate([net.axes, -net.axes]), strict=True))
    shapes = {}
    for size, members in rings.members.items():
        cells = rings.cells[size]
        steps = np.concatenate([members[:, :-1, None], members[:, 1:, None], np.diff(cells, axis=1)], axis=2)
        sides = np.array([vectors[tuple(step)] for step in steps.reshape(-1, 5).tolist()]).reshape(-1, size - 1, 3)
        corners = np.concatenate([np.zeros((len(sides), 1, 3)), np.cumsum(sides, axis=1)], axis=1)
        corners -= corners.mean(axis=1, keepdims=True)
        moments = np.linalg.eigvalsh(np.einsum("rsi,rsj->rij", corners, corners) / size)
        total = moments.sum(axis=1)
        shapes[size] = total**0.5, (moments[:, 2] - moments[:, :2].mean(axis=1)) / total
    return shapes


class _Graph:
    """The infinite graph. A node is a metal and a cell; the cell (x, y, z) is the number x w² + y w + z, which adds up
    along a path as the cell does, where w is wider than any path that is followed."""

    def __init__(self, net: Net, reach: int) -> None:
        directed = net.directed()
        self.size = net.n_metals
        self.width = 4 * (reach + 1) * int(np.abs(directed[:, 2:]).max(initial=0)) + 1
        self.begin = np.searchsorted(directed[:, 0], np.arange(net.n_metals + 1))
        self.to = directed[:, 1]
        self.step = directed[:, 2:] @ np.array([self.width**2, self.width, 1])
        self.balls = self._balls(reach)

    def _key(self, source: np.ndarray, node: np.ndarray, cell: np.ndarray) -> np.ndarray:
        return np.asarray((source * self.size + node) * self.width**3 + cell + self.width**3 // 2)

    def _balls(self, radius: int) -> list[np.ndarray]:
        """Radius → sorted keys of what lies that near to each node, itself included."""
        source = node = np.arange(self.size)
        cell = np.zeros(self.size, dtype=np.int64)
        known = last = np.sort(self._key(source, node, cell))
        balls = [known]
        for _ in range(radius - 1):
            row, place = self._edges(node)
            source, node, cell = source[row], self.to[place], cell[row] + self.step[place]
            keys, first = np.unique(self._key(source, node, cell), return_index=True)
            new = ~_contains(known, keys)
            source, node, cell, last = source[first[new]], node[first[new]], cell[first[new]], keys[new]
            known = np.sort(np.concatenate([known, last]))
            balls.append(known)
        return balls

    def _edges(self, nodes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """For each edge that leaves some nodes: the place of its node, and its own place."""
        return _ranges(self.begin[nodes], self.begin[nodes + 1])

    def longer(self, nodes: np.ndarray, cells: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the shortest paths with one step more, along which no node has a smaller number than the first."""
        row, place = self._edges(nodes[:, -1])
        node, cell = self.to[place], cells[row, -1] + self.step[place]
        source = nodes[row, 0]
        kept = node >= source
        kept[kept] = ~_contains(self.balls[nodes.shape[1] - 1], self._key(source, node, cell)[kept])
        row = row[kept]
        return np.column_stack([nodes[row], node[kept]]), np.column_stack([cells[row], cell[kept]])

    def even(self, nodes: np.ndarray, cells: np.ndarray) -> Iterator[np.ndarray]:
        """Yield rings of two paths of length k with the same ends, shape (R, 2, 2k): nodes and cells."""
        length = nodes.shape[1] - 1
        ends = self._key(nodes[:, 0], nodes[:, -1], cells[:, -1])
        order = np.argsort(ends, kind="stable")
        last = np.searchsorted(ends[order], ends[order], side="right")
        one, other = _ranges(np.arange(len(order)) + 1, last)
        one, other = order[one], order[other]
        for step in range(1, length):
            far = self._far(nodes, cells, one, step, other, length - step)
            one, other = one[far], other[far]
        yield _joined(nodes, cells, one, other, length - 1)

    def odd(self, nodes: np.ndarray, cells: np.ndarray) -> Iterator[np.ndarray]:
        """Yield rings of two paths of length k whose ends are joined, shape (R, 2, 2k + 1)."""
        length = nodes.shape[1] - 1
        ends = self._key(nodes[:, 0], nodes[:, -1], cells[:, -1])
        order = np.argsort(ends, kind="stable")
        row, place = self._edges(nodes[:, -1])
        joined = self._key(nodes[row, 0], self.to[place], cells[row, -1] + self.step[place])
        begin, end = (np.searchsorted(ends[order], joined, side=side) for side in ("left", "right"))
        which, other = _ranges(begin, end)
        one, other = row[which], order[other]
        one, other = one[one < other], other[one < other]
        for step in range(1, length + 1):
            far = self._far(nodes, cells, one, step, other, length + 1 - step)
            one, other = one[far], other[far]
            if step < length:
                far = self._far(nodes, cells, one, step, other, length - step)
                one, other = one[far], other[far]
        yield _joined(nodes, cells, one, other, length)

    def _far(
        self, nodes: np.ndarray, cells: np.ndarray, one: np.ndarray, step: int, other: np.ndarray, back: int
    ) -> np.ndarray:
        """Whether a node of one path is nowhere nearer to a node of another than the length of the paths."""
        start, there = (one, step), (other, back)
        key = self._key(nodes[start], nodes[there], cells[there] - cells[start])
        return ~_contains(self.balls[nodes.shape[1] - 2], key)

    def cells(self, numbers: np.ndarray) -> np.ndarray:
        """Return the cells (..., 3) of their numbers."""
        parts = []
        for _ in range(3):
            part = (numbers + self.width // 2) % self.width - self.width // 2
            parts.append(part)
            numbers = (numbers - part) // self.width
        return np.stack(parts[::-1], axis=-1)


def _joined(nodes: np.ndarray, cells: np.ndarray, one: np.ndarray, other: np.ndarray, back: int) -> np.ndarray:
    """One path, and ``back`` nodes of the other from its end to its beginning."""
    return np.stack([np.concatenate([part[one], part[other, back:0:-1]], axis=1) for part in (nodes, cells)], axis=1)


def _once(rings: np.ndarray) -> np.ndarray:
    """Leave out translated copies: a ring with several images of its first metal was found from each of them."""
    again = np.flatnonzero((rings[:, 0, 1:] == rings[:, 0, :1]).any(axis=1))
    kept, seen = np.ones(len(rings), dtype=bool), set()
    for place in again.tolist():
        nodes, cells = rings[place]
        origins = cells[nodes == nodes[0]]
        name = min(tuple(sorted(zip(nodes.tolist(), (cells - at).tolist(), strict=True))) for at in origins)
        kept[place] = name not in seen
        seen.add(name)
    return rings[kept]


def _contains(ordered: np.ndarray, keys: np.ndarray) -> np.ndarray:
    place = np.searchsorted(ordered, keys)
    place[place == len(ordered)] = 0
    return np.asarray(ordered[place] == keys)


def _ranges(begin: np.ndarray, end: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the numbers of all ranges one after the other, and in front of them which range each is of."""
    sizes = end - begin
    which = np.repeat(np.arange(len(begin)), sizes)
    return which, np.arange(len(which)) - np.repeat(np.cumsum(sizes) - sizes, sizes) + np.repeat(begin, sizes)
