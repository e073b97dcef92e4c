"""Uncertain frames that differ from each other, and the fingerprint that tells how much they do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from aiida_zif.plugins.selection.diversity import diversity, from_largest_clusters
from aiida_zif.plugins.selection.fingerprint import fingerprints
from aiida_zif.plugins.systems.catalogue import load_system

LINE = np.array([[0.0], [0.01], [1.0], [2.0], [2.01]])


def test_near_duplicates_are_not_chosen_twice_however_uncertain_they_are() -> None:
    assert from_largest_clusters(LINE, LINE[:0], np.array([5.0, 4.9, 1.0, 1.0, 1.0]), 3) == [0, 4, 2]


def test_what_the_data_set_holds_is_not_asked_for_again() -> None:
    assert from_largest_clusters(LINE, np.array([[0.0], [0.01]]), np.ones(5), 1) == [4]
    assert from_largest_clusters(LINE, np.array([[2.0]]), np.ones(5), 1) == [0]


def test_of_frames_equally_far_the_most_uncertain_one_comes_first() -> None:
    square = np.array([[0.0, 1.0], [1.0, 0.0], [-1.0, 0.0]])
    assert from_largest_clusters(square, np.zeros((1, 2)), np.array([0.1, 0.3, 0.2]), 1) == [1]


def test_many_frames_that_are_alike_come_before_a_lone_outlier() -> None:
    crowd = np.stack([np.linspace(0.9, 1.1, 40), np.zeros(40)], axis=1)
    features, known = np.concatenate([crowd, [[0.0, -3.0]]]), np.array([[0.0, 0.0], [0.0, -1.0]])
    assert from_largest_clusters(features, known, np.ones(41), 2) == [39, 40]
    assert from_largest_clusters(features[-2:], known, np.ones(2), 2) == [1, 0]


def test_without_weight_uncertainty_alone_counts() -> None:
    assert from_largest_clusters(LINE, LINE[:1], np.array([5.0, 4.9, 1.0, 2.0, 3.0]), 3, weight=0.0) == [0, 1, 4]


def test_asking_for_more_than_there_is_gives_all_once() -> None:
    assert sorted(from_largest_clusters(LINE, LINE[:0], np.zeros(5), 9)) == [0, 1, 2, 3, 4]


def test_strategy_keeps_the_budget_and_gives_a_reason_for_the_rest(pool: Callable[..., Any]) -> None:
    choice = diversity(pool([0.2, 0.9, 0.5, 0.4]), [1, 2, 3], {"per_cycle": 2}, np.random.default_rng(1))
    assert choice.kept[0] == 1
    assert len(choice.kept) == 2
    assert set(choice.rejected.values()) == {"less_informative"}
    assert sorted([*choice.kept, *choice.rejected]) == [1, 2, 3]


def test_mean_deviation_decides_where_it_is_known(pool: Callable[..., Any]) -> None:
    frames = pool([0.9, 0.2], mean_force_deviation=np.array([0.01, 0.05]))
    assert diversity(frames, [0, 1], {"per_cycle": 1}, np.random.default_rng(1)).kept == [1]


# -- fingerprint -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def crystal() -> Any:
    """ZIF-4."""
    return load_system("zif-4")


def of(crystal: Any, positions: np.ndarray) -> np.ndarray:
    """Fingerprint of the crystal with other positions."""
    return fingerprints(crystal.get_chemical_symbols(), positions[None], crystal.cell.array[None])[0]


def test_fingerprint_knows_no_origin_no_image_and_no_orientation(crystal: Any) -> None:
    here, rng = crystal.positions, np.random.default_rng(3)
    images = rng.integers(-2, 3, here.shape) @ crystal.cell.array
    rotation = np.linalg.qr(rng.normal(size=(3, 3)))[0]
    symbols, turned = crystal.get_chemical_symbols(), crystal.cell.array @ rotation
    assert of(crystal, here + 1.3 + images) == pytest.approx(of(crystal, here), abs=1e-6)
    assert fingerprints(symbols, (here @ rotation)[None], turned[None])[0] == pytest.approx(of(crystal, here), abs=0.05)


def test_distance_of_fingerprints_grows_with_the_displacement_of_the_atoms(crystal: Any) -> None:
    noise = np.random.default_rng(3).normal(size=crystal.positions.shape)
    distances = [
        np.linalg.norm(of(crystal, crystal.positions + size * noise) - of(crystal, crystal.positions))
        for size in (0.01, 0.05, 0.2)
    ]
    assert 0 < distances[0] < distances[1] < distances[2]


def test_density_of_an_ideal_gas_has_no_fingerprint() -> None:
    rng, length = np.random.default_rng(7), 20.0
    gas = fingerprints(["C"] * 1500, rng.uniform(0, length, (1, 1500, 3)), np.eye(3)[None] * length)[0]
    assert np.abs(gas[20:]).max() < 0.2
    assert np.abs(gas[20:].mean()) < 0.02
