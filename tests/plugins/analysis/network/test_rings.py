"""Shortest-path rings of periodic nets: known nets, brute force, and no ring that closes through the box."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from zif_frames import Frame, repeated, said_otherwise, shipped

from aiida_zif.plugins.analysis.network.linkers import find_linkers
from aiida_zif.plugins.analysis.network.net import Net, contacts, net_of
from aiida_zif.plugins.analysis.network.rings import Rings, ring_shapes, shortest_path_rings

SODALITE = {4: 0.5, 6: 2 / 3, 12: 8 / 3}
CAG = {4: 0.25, 6: 1.0, 8: 2.0}

DIAMOND = [(0, 1, 0, 0, 0), (0, 1, -1, 0, 0), (0, 1, 0, -1, 0), (0, 1, 0, 0, -1)]
CUBIC = [(0, 0, 1, 0, 0), (0, 0, 0, 1, 0), (0, 0, 0, 0, 1)]
ZNI = """
0 11 0 0 -1  1 10 0 0 1  2 8 -1 0 0  3 9 1 0 0
4 15 0 0 0  5 14 0 0 0  6 12 0 0 0  7 13 0 0 0
0 12 0 0 0  1 13 -1 -1 0  2 15 -1 -1 0  3 14 0 0 0
4 8 0 0 0  5 9 0 0 0  6 11 0 0 0  7 10 0 0 0
7 8 0 1 0  6 9 1 0 0  5 10 1 1 1  4 11 1 1 -1
3 12 1 1 0  2 13 0 0 0  1 14 0 0 0  0 15 0 0 0
3 8 0 0 0  2 9 0 0 0  0 10 0 0 0  1 11 0 0 0
7 12 0 1 0  6 13 0 -1 0  4 14 0 0 -1  5 15 0 0 1
"""
"""Metal, metal and cell of the latter, for each linker of ZIF-zni."""


def graph(edges: list[tuple[int, ...]] | np.ndarray, n_metals: int) -> Net:
    table = np.array(edges, dtype=int).reshape(-1, 5)
    return Net(n_metals, table[:, :2], table[:, 2:], np.arange(len(table)), np.zeros((len(table), 2, 3)))


def supercell(net: Net, counts: tuple[int, int, int]) -> Net:
    edges = []
    for cell in np.ndindex(*counts):
        for (one, other), shift in zip(net.ends.tolist(), net.shifts, strict=True):
            over, inside = np.divmod(np.array(cell) + shift, counts)
            places = [np.ravel_multi_index(tuple(place), counts) for place in (cell, inside)]
            edges.append((places[0] * net.n_metals + one, places[1] * net.n_metals + other, *over))
    return graph(edges, net.n_metals * int(np.prod(counts)))


def of_frame(frame: Frame) -> Rings:
    found = contacts(find_linkers(*frame.arrays()), frame.positions, frame.cell)
    return shortest_path_rings(net_of(found), 14)


def brute_force(net: Net, maximum: int) -> dict[int, int]:
    """By the definition: every closed path whose members are nowhere nearer than along it."""
    around: dict[int, list[tuple[int, tuple[int, ...]]]] = {}
    for one, other, *shift in net.directed().tolist():
        around.setdefault(one, []).append((other, tuple(shift)))
    Node = tuple[int, tuple[int, ...]]

    def neighbours(node: Node) -> list[Node]:
        return [(to, tuple(a + b for a, b in zip(node[1], by, strict=True))) for to, by in around.get(node[0], [])]

    def ball(start: Node) -> dict[Node, int]:
        distance, queue = {start: 0}, [start]
        for node in queue:
            if distance[node] < maximum // 2:
                for near in neighbours(node):
                    if near not in distance:
                        distance[near] = distance[node] + 1
                        queue.append(near)
        return distance

    def moved(node: Node, by: tuple[int, ...]) -> Node:
        return node[0], tuple(a - b for a, b in zip(node[1], by, strict=True))

    balls = {metal: ball((metal, (0, 0, 0))) for metal in range(net.n_metals)}

    def nearest(one: Node, other: Node) -> int:
        return balls[one[0]].get(moved(other, one[1]), 10**6)

    rings: set[tuple[int, frozenset[Node]]] = set()

    def walk(path: list[Node]) -> None:
        for near in neighbours(path[-1]):
            if near == path[0] and len(path) > 2:
                size = len(path)
                if all(nearest(path[a], path[b]) == min(b - a, size - b + a) for a, b in combinations(range(size), 2)):
                    names = (sorted(moved(node, by[1]) for node in path) for by in path)
                    rings.add((size, frozenset(min(names))))
            elif near not in path and len(path) < maximum and nearest(path[0], near) <= maximum - len(path):
                walk([*path, near])

    for metal in range(net.n_metals):
        walk([(metal, (0, 0, 0))])
    sizes = [size for size, _ in rings]
    return {size: sizes.count(size) for size in sorted(set(sizes))}


def random_net(seed: int) -> Net:
    """Metals at random with bonds to some of what is near, in a small cell, also through the box."""
    random = np.random.default_rng(seed)
    points = random.random((7, 3))
    edges = [
        (one, other, *(np.array(shift) - 1))
        for one in range(7)
        for other in range(one, 7)
        for shift in np.ndindex(3, 3, 3)
        if (one < other or shift > (1, 1, 1))
        and np.linalg.norm(points[other] + np.array(shift) - 1 - points[one]) < 0.62
    ]
    return graph(np.array(edges)[random.random(len(edges)) < 0.75], 7)


@pytest.mark.parametrize(("name", "rings"), [("zif-8", SODALITE), ("zif-8-cl", SODALITE), ("salem-2", SODALITE)])
def test_sodalite_frameworks_have_the_rings_of_sodalite(name: str, rings: dict[int, float]) -> None:
    assert of_frame(shipped(name)).per_metal() == pytest.approx(rings)


def test_zif_4_has_its_rings() -> None:
    assert of_frame(shipped("zif-4")).per_metal() == pytest.approx(CAG)


def test_diamond_has_two_rings_of_six_for_each_atom() -> None:
    assert shortest_path_rings(graph(DIAMOND, 2), 14).per_metal() == {6: 2.0}


def test_the_cubic_net_has_three_squares_for_each_node_and_nothing_else_that_is_not_made_of_them() -> None:
    # hexagons around the corner of a cube are shortest-path rings too: opposite nodes are three steps apart
    assert shortest_path_rings(graph(CUBIC, 1), 4).per_metal() == {4: 3.0}
    assert shortest_path_rings(graph(CUBIC, 1), 7).per_metal() == {4: 3.0, 6: 4.0}


def test_zni_has_its_rings_and_the_largest_size_is_searched() -> None:
    zni = graph(np.array(ZNI.split(), dtype=int).reshape(-1, 5), 16)
    assert shortest_path_rings(zni, 13).per_metal() == {4: 0.25, 6: 1.5, 12: 10.0}
    assert shortest_path_rings(zni, 14).per_metal() == {4: 0.25, 6: 1.5, 12: 10.0, 14: 10.0}


@pytest.mark.parametrize("seed", range(12))
def test_random_nets_have_the_rings_of_the_definition(seed: int) -> None:
    net = random_net(seed)
    assert shortest_path_rings(net, 8).counts() == brute_force(net, 8)


def test_the_random_nets_have_rings_of_all_sizes() -> None:
    assert {size for seed in range(12) for size in shortest_path_rings(random_net(seed), 8).counts()} == {*range(3, 9)}


@pytest.mark.parametrize("counts", [(2, 1, 1), (1, 3, 2), (2, 2, 2)])
@pytest.mark.parametrize("seed", [None, 0, 5])
def test_a_supercell_has_the_same_rings_for_each_metal(seed: int | None, counts: tuple[int, int, int]) -> None:
    net = graph(DIAMOND, 2) if seed is None else random_net(seed)
    small, large = (shortest_path_rings(one, 10) for one in (net, supercell(net, counts)))
    assert large.per_metal() == pytest.approx(small.per_metal())


def test_a_chain_through_the_box_is_no_ring() -> None:
    assert shortest_path_rings(graph([(0, 1, 0, 0, 0), (1, 2, 0, 0, 0), (2, 0, 1, 0, 0)], 3), 14).counts() == {}
    assert shortest_path_rings(graph([(0, 1, 0, 0, 0), (1, 2, 0, 0, 0), (2, 0, 0, 0, 0)], 3), 14).counts() == {3: 1}


@pytest.mark.parametrize("seed", range(3))
def test_rings_do_not_depend_on_vectors_images_and_order(seed: int) -> None:
    assert of_frame(said_otherwise(shipped("zif-4"), seed)).per_metal() == pytest.approx(CAG)
    assert of_frame(repeated(shipped("zif-4"), (1, 2, 1))).per_metal() == pytest.approx(CAG)


def test_members_lie_around_the_ring_one_step_apart() -> None:
    net = random_net(2)
    bonds = {tuple(row) for row in net.directed().tolist()}
    rings = shortest_path_rings(net, 9)
    assert sum(rings.counts().values()) > 3
    for size, members in rings.members.items():
        for metals, cells in zip(members, rings.cells[size], strict=True):
            steps = np.roll(cells, -1, axis=0) - cells
            rows = np.column_stack([metals, np.roll(metals, -1), steps]).tolist()
            assert {tuple(row) for row in rows} <= bonds
            assert len({(int(m), *map(int, c)) for m, c in zip(metals, cells, strict=True)}) == size


def test_each_metal_knows_its_rings() -> None:
    rings = of_frame(shipped("zif-8"))
    assert set(np.bincount(rings.members[4].ravel())) == {2}, "in sodalite every node is in two squares"
    assert set(np.bincount(rings.members[6].ravel())) == {4}, "and four hexagons"


def test_rings_through_images_show_a_cell_that_is_too_small() -> None:
    small, large = (
        shortest_path_rings(graph(DIAMOND, 2), 8),
        shortest_path_rings(supercell(graph(DIAMOND, 2), (3, 3, 3)), 8),
    )
    assert small.through_images() == {6: 4}
    assert large.through_images() == {6: 0}


def test_a_flat_square_has_its_radius_and_the_shape_of_a_disc() -> None:
    square = Net(
        4, np.array([[0, 1], [1, 2], [2, 3], [3, 0]]), np.zeros((4, 3), int), np.arange(4), np.zeros((4, 2, 3))
    )
    square.arms[:, 1] = [[2.0, 0, 0], [0, 2, 0], [-2, 0, 0], [0, -2, 0]]
    radius, asphericity = ring_shapes(shortest_path_rings(square, 4), square)[4]
    assert radius == pytest.approx([2**0.5])
    assert asphericity == pytest.approx([0.25]), "flat and isotropic: eigenvalues 1, 1, 0"


def test_a_maximum_below_three_is_refused() -> None:
    with pytest.raises(ValueError, match="maximum: found 2"):
        shortest_path_rings(graph(DIAMOND, 2), 2)
