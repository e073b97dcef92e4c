"""How planes lie: exact for known directions, beside what random normals give."""

from __future__ import annotations

import numpy as np
import pytest
from zif_frames import Frame, repeated, said_otherwise, shipped

from aiida_zif.plugins.analysis.network.linkers import find_linkers, planes
from aiida_zif.plugins.analysis.network.net import Contacts, contacts, net_of
from aiida_zif.plugins.analysis.network.orientation import (
    axis_angles,
    edge_angles,
    neighbour_p2,
    nematic_order,
    p2,
    pairs_on_metals,
    random_nematic_order,
)


def directions(count: int, seed: int = 1) -> np.ndarray:
    vectors = np.random.default_rng(seed).normal(size=(count, 3))
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def stars(metals: int, linkers: int = 4) -> Contacts:
    """Metals that hold as many linkers each, which bind nothing else."""
    metal = np.repeat(np.arange(metals), linkers)
    number = np.arange(len(metal))
    nothing = np.zeros((len(metal), 3))
    return Contacts(metals, len(metal), metal, number, number, nothing.astype(int), nothing, nothing[:, 0], 2.5)


def measured(frame: Frame) -> dict[str, float]:
    linkers = find_linkers(*frame.arrays())
    found = contacts(linkers, frame.positions, frame.cell)
    normals = planes(linkers, frame.positions[None], frame.cell[None]).normals
    return {
        "p2": float(neighbour_p2(normals, [found]).values[0]),
        "axis": float(axis_angles(normals, [net_of(found)]).values[0]),
        "s": float(nematic_order(normals).values[0]),
    }


def test_p2_is_one_for_parallel_and_minus_half_for_perpendicular() -> None:
    assert p2(np.array([1.0, -1.0, 0.0, 3**-0.5])) == pytest.approx([1.0, 1.0, -0.5, 0.0])


def test_linkers_on_one_metal_are_pairs_once() -> None:
    assert pairs_on_metals(stars(2, 3)).tolist() == [[0, 1, 0], [0, 2, 0], [1, 2, 0], [3, 4, 1], [3, 5, 1], [4, 5, 1]]


def test_parallel_and_perpendicular_neighbours_have_exact_p2() -> None:
    normals = np.array([[[0.0, 0, 1], [0, 0, -1], [0, 0, 1], [0, 0, 1]], np.eye(4, 3)])
    normals[1, 3] = [1.0, 0.0, 0.0]
    found = neighbour_p2(normals, [stars(1), stars(1)])
    assert found.values == pytest.approx([1.0, (5 * -0.5 + 1.0) / 6])
    assert found.n.tolist() == [6, 6]


def test_random_normals_give_what_is_said_of_them() -> None:
    many = directions(400 * 48).reshape(400, 48, 3)
    p2_values, s_values = neighbour_p2(many, [stars(12)] * 400), nematic_order(many)
    for found in (p2_values, s_values):
        assert found.values.mean() == pytest.approx(found.random[0], abs=4 * found.random_spread[0] / 20)
        assert found.values.std(ddof=1) == pytest.approx(found.random_spread[0], rel=0.12)
    assert p2_values.errors.mean() == pytest.approx(p2_values.random_spread[0], rel=0.1)
    assert np.abs(p2_values.sigmas).mean() == pytest.approx((2 / np.pi) ** 0.5, rel=0.15)


@pytest.mark.parametrize(("count", "mean", "spread"), [(32, 0.147, 0.055), (256, 0.051, 0.018)])
def test_chance_alone_gives_nematic_order(count: int, mean: float, spread: float) -> None:
    assert random_nematic_order(count) == pytest.approx((mean, spread), abs=0.004)
    assert random_nematic_order(4 * 1000)[0] == pytest.approx(random_nematic_order(1000)[0] / 2, rel=0.03)


def test_nematic_order_of_perfect_and_planar_order() -> None:
    angles = np.linspace(0, np.pi, 60, endpoint=False)
    fan = np.stack([np.cos(angles), np.sin(angles), 0 * angles], axis=1)
    found = nematic_order(np.stack([np.tile([0.0, 0.6, 0.8], (60, 1)), fan]))
    assert found.values == pytest.approx([1.0, 0.25])
    assert found.errors[0] == pytest.approx(0.0, abs=1e-9)


def test_angle_of_random_normals_and_axes_is_one_radian() -> None:
    net = net_of(contacts(find_linkers(*shipped("zif-4").arrays()), shipped("zif-4").positions, shipped("zif-4").cell))
    angles = np.array([edge_angles(directions(32, seed), net) for seed in range(300)])
    found = axis_angles(directions(32)[None], [net])
    assert angles.mean() == pytest.approx(found.random[0], abs=0.6)
    assert angles.mean(axis=1).std() == pytest.approx(found.random_spread[0], rel=0.12)
    assert found.unit == "degrees"


def test_rings_of_a_crystal_lie_along_the_axis_of_their_metals() -> None:
    assert 85 < measured(shipped("zif-4"))["axis"] < 90
    assert measured(shipped("zif-8"))["s"] == pytest.approx(0.0, abs=1e-4), "cubic"


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", ["zif-4", "zif-8-cl"])
def test_orientation_does_not_depend_on_the_description(name: str, seed: int) -> None:
    assert measured(said_otherwise(shipped(name), seed)) == pytest.approx(measured(shipped(name)), abs=1e-9)
    assert measured(repeated(shipped(name), (1, 1, 2))) == pytest.approx(measured(shipped(name)), abs=1e-9)


def test_a_frame_without_bonds_has_no_value() -> None:
    empty = stars(0)
    found = neighbour_p2(directions(4)[None], [empty])
    assert np.isnan(found.values[0])
    assert np.isnan(found.errors[0])
    assert found.n.tolist() == [0]
