"""Partial pair distributions and coordination numbers: normalisation, exact shells, errors."""

from __future__ import annotations

import numpy as np
import pytest

from aiida_zif.plugins.analysis.structure.pair_distribution import (
    coordination_number,
    mean_distribution,
    pair_distribution,
)

FCC = np.array([[0, 2.0, 2.0], [2.0, 0, 2.0], [2.0, 2.0, 0]])
"""Primitive cell of a lattice constant of 4 Å: far thinner than what is asked for."""


def gas(n_frames: int = 6, n: int = 400, edge: float = 20.0, seed: int = 1) -> tuple[list[str], np.ndarray, np.ndarray]:
    """Atoms at random places, a quarter of them Zn."""
    positions = np.random.default_rng(seed).random((n_frames, n, 3)) * edge
    return ["Zn"] * (n // 4) + ["N"] * (n - n // 4), positions, np.repeat(np.eye(3)[None] * edge, n_frames, axis=0)


@pytest.mark.parametrize(("a", "b", "limit"), [("Zn", "N", 1.0), ("N", "N", 1 - 1 / 300), ("Zn", "Zn", 1 - 1 / 100)])
def test_an_ideal_gas_has_one_everywhere(a: str, b: str, limit: float) -> None:
    found = mean_distribution([pair_distribution(*gas(), maximum=15.0, width=0.5)], a, b)
    assert np.mean(np.abs(found.mean - limit)[2:] < 3 * found.error[2:]) > 0.9
    assert found.mean[4:].mean() == pytest.approx(limit, abs=0.01)


def test_a_crystal_has_its_exact_shells_beyond_the_cell() -> None:
    counted = pair_distribution(["Zn"], np.zeros((1, 1, 3)), FCC[None], maximum=8.0, width=0.01)
    shells = {4 / 2**0.5: 12, 4.0: 18, 4 * 1.5**0.5: 42, 4 * 2**0.5: 54, 4 * 2.5**0.5: 78, 4 * 3**0.5: 86}
    for distance, number in shells.items():
        assert counted.coordination("Zn", "Zn", distance + 0.011)[0] == number
    assert counted.coordination("Zn", "Zn", 2.8)[0] == 0


def test_far_away_every_partial_of_a_crystal_is_one() -> None:
    counted = pair_distribution(["Zn"], np.zeros((1, 1, 3)), FCC[None], maximum=40.0, width=0.05)
    shells = np.diff(counted.edges**3)
    far = counted.r > 5
    assert np.average(counted.g("Zn", "Zn")[0][far], weights=shells[far]) == pytest.approx(1.0, abs=0.004)


def test_the_order_of_the_elements_does_not_matter() -> None:
    counted = pair_distribution(*gas(2), maximum=5.0, width=0.5)
    assert (counted.g("Zn", "N") == counted.g("N", "Zn")).all()
    assert counted.coordination("N", "Zn", 5.0) * 3 == pytest.approx(counted.coordination("Zn", "N", 5.0))


def test_a_running_coordination_is_the_integral_of_the_distribution() -> None:
    counted = pair_distribution(*gas(2), maximum=6.0, width=0.5)
    density = 300 / 20.0**3
    integral = np.cumsum(4 / 3 * np.pi * np.diff(counted.edges**3) * density * counted.g("Zn", "N"), axis=1)
    assert counted.running("Zn", "N") == pytest.approx(integral)


def test_frames_of_different_volumes_are_each_normalised_by_their_own() -> None:
    small, large = np.eye(3) * 4.0, np.eye(3) * 5.0
    symbols, places = ["Zn", "N"], np.array([[0.0, 0, 0], [0.5, 0.5, 0.5]])
    both = pair_distribution(symbols, np.array([places @ small, places @ large]), np.array([small, large]), maximum=9.0)
    alone = pair_distribution(symbols, places @ large, large, maximum=9.0)
    assert (both.g("N", "Zn")[1] == alone.g("N", "Zn")[0]).all()
    assert both.coordination("Zn", "N", 4.5).tolist() == [8, 8]


def test_errors_of_coordination_are_those_of_the_replicas() -> None:
    replicas = [pair_distribution(*gas(4, seed=seed), maximum=4.0, width=0.5) for seed in range(5)]
    found = coordination_number(replicas, "Zn", "N", 4.0)
    means = [one.coordination("Zn", "N", 4.0).mean() for one in replicas]
    assert found.mean == pytest.approx(np.mean(means))
    assert found.error >= np.std(means, ddof=1) / 5**0.5 * (1 - 1e-12)
    assert abs(found.mean - 300 / 20**3 * 4 / 3 * np.pi * 4**3) < 4 * found.error


def test_some_pairs_can_be_counted_alone() -> None:
    some = pair_distribution(*gas(1), maximum=4.0, pairs=[("Zn", "N")])
    assert list(some.counts) == [("N", "Zn")]


def test_the_longest_distance_is_stated() -> None:
    assert pair_distribution(*gas(1), maximum=4.013, width=0.02).edges[-1] == pytest.approx(4.02)


def test_what_was_not_counted_is_refused() -> None:
    counted = pair_distribution(*gas(1), maximum=4.0)
    with pytest.raises(ValueError, match="up to 4 Å"):
        counted.coordination("Zn", "N", 4.5)
    with pytest.raises(ValueError, match="found O; the frames hold N, Zn"):
        counted.g("O", "N")
    with pytest.raises(ValueError, match="counted were N–Zn"):
        pair_distribution(*gas(1), maximum=4.0, pairs=[("Zn", "N")]).g("N", "N")
    with pytest.raises(ValueError, match="width"):
        pair_distribution(*gas(1), maximum=1.0, width=2.0)


def test_replicas_that_cannot_be_compared_are_refused() -> None:
    one, other = pair_distribution(*gas(1), maximum=4.0), pair_distribution(*gas(1), maximum=5.0)
    with pytest.raises(ValueError, match="other bins"):
        mean_distribution([one, other], "Zn", "N")
    with pytest.raises(ValueError, match="number 1 has the atoms"):
        mean_distribution([one, pair_distribution(*gas(1, n=200), maximum=4.0)], "Zn", "N")
    with pytest.raises(ValueError, match="none given"):
        mean_distribution([], "Zn", "N")
