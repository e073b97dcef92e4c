"""Coordination of single atoms, angles and tetrahedral order: exact values of ideal crystals, and random references."""

from __future__ import annotations

import numpy as np
import pytest

from aiida_zif.plugins.analysis.structure.angles import (
    Angles,
    angle_distribution,
    angle_width,
    bond_angles,
    bridge_angles,
    coordination_counts,
    coordination_shares,
    mean_angle,
    mean_order,
    tetrahedral_order,
)

BLENDE = np.array([[0, 1, 1], [1, 0, 1], [1, 1, 0]]) * 2.7
"""Primitive cell of zinc blende, Å."""
SYMBOLS = ["Zn", "N"]
PLACES = np.array([[0.0, 0, 0], [0.25, 0.25, 0.25]]) @ BLENDE
BOND = 2.7 * 3**0.5 / 2


def test_zinc_blende_has_ideal_tetrahedra_in_its_primitive_cell() -> None:
    assert coordination_counts(SYMBOLS, PLACES, BLENDE, "Zn", "N", BOND + 0.1).tolist() == [[4]]
    angles = bond_angles(SYMBOLS, PLACES, BLENDE, "Zn", "N", BOND + 0.1)
    assert angles.degrees == pytest.approx(np.full(6, np.degrees(np.arccos(-1 / 3))))
    assert tetrahedral_order(SYMBOLS, PLACES, BLENDE, "Zn", "N", 6.0) == pytest.approx(1.0)


def test_rock_salt_has_right_and_straight_angles() -> None:
    cell, places = np.array([[0, 1, 1], [1, 0, 1], [1, 1, 0]]) * 2.0, np.array([[0.0, 0, 0], [2.0, 0, 0]])
    angles = bond_angles(SYMBOLS, places, cell, "Zn", "N", 2.1).degrees
    assert sorted(np.round(angles, 6)) == pytest.approx([90.0] * 12 + [180.0] * 3)


def test_a_square_is_no_tetrahedron() -> None:
    square = np.array([[0, 0, 0], [2, 0, 0], [-2, 0, 0], [0, 2, 0], [0, -2, 0]], dtype=float)
    order = tetrahedral_order(["Zn", *"NNNN"], square, np.eye(3) * 20, "Zn", "N", 3.0)
    # four right angles and two straight ones
    assert order[0, 0] == pytest.approx(1 - 3 / 8 * (4 / 9 + 2 * 4 / 9))


def test_random_directions_have_no_tetrahedral_order() -> None:
    random = np.random.default_rng(1)
    directions = random.normal(size=(1000, 4, 3))
    directions /= np.linalg.norm(directions, axis=2, keepdims=True)
    frames = np.concatenate([np.zeros((1000, 1, 3)), 2 * directions], axis=1)
    cells = np.repeat(np.eye(3)[None] * 20, 1000, axis=0)
    assert tetrahedral_order(["Zn", *"NNNN"], frames, cells, "Zn", "N", 3.0).mean() == pytest.approx(0.0, abs=0.04)


def test_the_four_nearest_of_more_neighbours_count() -> None:
    corners = np.array([[1, 1, 1], [-1, -1, 1], [-1, 1, -1], [1, -1, -1]])
    fifth = np.array([[2.2, 0, 0]])
    places = np.concatenate([np.zeros((1, 3)), fifth, corners * 1.1])
    assert tetrahedral_order(["Zn", *"NNNNN"], places, np.eye(3) * 20, "Zn", "N", 3.0)[0, 0] == pytest.approx(1.0)


def test_a_centre_with_three_neighbours_has_no_order_and_is_left_out_of_the_mean() -> None:
    corners = 1.1 * np.array([[1, 1, 1], [-1, -1, 1], [-1, 1, -1], [1, -1, -1]])
    places = np.concatenate([[[0.0, 0, 0]], corners, [[10.0, 0, 0]], corners[:3] + np.array([10.0, 0, 0])])
    symbols = ["Zn", *"NNNN", "Zn", *"NNN"]
    order = tetrahedral_order(symbols, places, np.eye(3) * 30, "Zn", "N", 3.0)
    assert np.isnan(order[0]).tolist() == [False, True]
    assert mean_order([order]).mean == pytest.approx(1.0)
    with pytest.raises(ValueError, match="no centre with four"):
        mean_order([order[:, 1:]])


def test_shares_of_coordination_have_errors_and_sum_to_one() -> None:
    random = np.random.default_rng(5)
    replicas = [random.choice([3, 4, 5], size=(10, 64), p=[0.1, 0.85, 0.05]) for _ in range(4)]
    shares = coordination_shares(replicas)
    assert shares.mean.sum() == pytest.approx(1.0)
    assert shares.mean[3:6] == pytest.approx([0.1, 0.85, 0.05], abs=0.03)
    assert (shares.error[3:6] > 0).all()
    assert (shares.error[:3] == 0).all()


def test_more_neighbours_than_the_last_share_count_there() -> None:
    assert coordination_shares([np.full((4, 2), 9)], up_to=6).mean[6] == 1.0


def test_known_centres_give_the_angle_between_the_ends() -> None:
    centres = [np.zeros((2, 3)), np.zeros((0, 3))]
    ends = [np.array([[[3.0, 0, 0], [0, 3.1, 0]], [[3.0, 0, 0], [-2.9, 0, 0]]]), np.zeros((0, 2, 3))]
    found = bridge_angles(centres, ends)
    assert found.degrees == pytest.approx([90.0, 180.0])
    assert (found.frame.tolist(), found.n_frames) == ([0, 0], 2)


def test_mean_and_width_of_angles_are_those_of_all_frames() -> None:
    random = np.random.default_rng(3)
    degrees = 109.5 + 8.0 * random.normal(size=(5, 40, 96))
    replicas = [Angles(one.ravel(), np.repeat(np.arange(40), 96), 40) for one in degrees]
    mean, width = mean_angle(replicas), angle_width(replicas)
    assert (mean.mean, width.mean) == pytest.approx((109.5, 8.0), rel=0.01)
    assert abs(mean.mean - 109.5) < 5 * mean.error
    assert abs(width.mean - 8.0) < 5 * width.error
    assert mean.mean == pytest.approx(degrees.mean())
    assert width.mean == pytest.approx(degrees.std())


def test_a_distribution_of_angles_integrates_to_one() -> None:
    angles = Angles(np.random.default_rng(1).uniform(0, 180, 900), np.repeat(np.arange(9), 100), 9)
    edges = np.linspace(0, 180, 37)
    found = angle_distribution([angles], edges)
    assert np.sum(found.mean * np.diff(edges)) == pytest.approx(1.0)
    assert found.mean == pytest.approx(np.full(36, 1 / 180), abs=6 * found.error.max())


def test_elements_that_are_not_there_are_refused() -> None:
    with pytest.raises(ValueError, match="found O; the frames hold N, Zn"):
        coordination_counts(SYMBOLS, PLACES, BLENDE, "Zn", "O", 2.0)


def test_a_cutoff_that_finds_no_angle_is_refused() -> None:
    with pytest.raises(ValueError, match="longer cut-off"):
        mean_angle([bond_angles(SYMBOLS, PLACES, BLENDE, "Zn", "N", 1.0)])
