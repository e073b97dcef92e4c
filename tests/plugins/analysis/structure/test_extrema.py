"""Cut-offs from first minima, and positions of peaks, against the noise of bins."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import skewnorm

from aiida_zif.plugins.analysis.structure.extrema import (
    NoMinimumError,
    coordination_cutoff,
    first_minimum,
    peak_of_pair,
    peak_position,
)
from aiida_zif.plugins.analysis.structure.pair_distribution import PairDistribution, pair_distribution

R = np.arange(0.01, 10, 0.02)


def bump(centre: float, width: float, height: float) -> np.ndarray:
    return np.asarray(height * np.exp(-(((R - centre) / width) ** 2) / 2))


def bonds(seed: int, n_frames: int = 1, spread: float = 0.07) -> PairDistribution:
    """Frames of a lattice of Zn, 7 Å apart, each with an N about 2 Å above it."""
    random = np.random.default_rng(seed)
    zinc = np.array(list(np.ndindex(4, 4, 4))) * 7.0
    lengths = 2.0 + spread * random.normal(size=(n_frames, len(zinc), 1))
    nitrogen = zinc + lengths * np.array([0.0, 0.0, 1.0])
    positions = np.concatenate([np.repeat(zinc[None], n_frames, axis=0), nitrogen], axis=1)
    cells = np.repeat(np.eye(3)[None] * 28.0, n_frames, axis=0)
    return pair_distribution(["Zn"] * 64 + ["N"] * 64, positions, cells, maximum=8.0)


def test_a_minimum_lies_where_the_first_shell_ends() -> None:
    g = bump(2.0, 0.2, 10) + bump(3.5, 0.3, 3) + 0.2 * (R - 2.7) ** 2 * (R < 3.5) * (R > 2)
    assert first_minimum(R, g) == pytest.approx(2.72, abs=0.06)


def test_where_there_is_nothing_between_two_shells_the_middle_is_taken() -> None:
    g = bump(2.0, 0.05, 20) + bump(4.2, 0.05, 20)
    assert first_minimum(R, g) == pytest.approx(3.1, abs=0.03)


def test_noise_of_bins_makes_no_minimum() -> None:
    true = bump(2.0, 0.2, 10) + bump(3.5, 0.3, 3) + 0.2 * (R > 1)
    noise = 0.3 * np.random.default_rng(1).normal(size=len(R))
    assert first_minimum(R, true + noise, pair=0.04) == pytest.approx(first_minimum(R, true), abs=0.15)


@pytest.mark.parametrize("g", [bump(2.0, 0.2, 10), 1 - np.exp(-R), np.zeros_like(R)])
def test_without_a_second_peak_there_is_no_minimum(g: np.ndarray) -> None:
    with pytest.raises(NoMinimumError, match="give the cut-off"):
        first_minimum(R, g)


def test_a_cutoff_says_where_it_comes_from() -> None:
    near = [bonds(1, 4)]
    found = coordination_cutoff(near, "Zn", "N")
    assert found.source == "first minimum"
    assert 2.3 < found.value < 4.9
    assert coordination_cutoff(near, "Zn", "N", given=2.5).source == "given"


def test_the_fallback_is_taken_only_where_there_is_no_minimum_and_says_why() -> None:
    frames, cells = np.array([[[0.0, 0, 0], [0, 0, 2.0]]] * 40), np.array([np.eye(3) * 20] * 40)
    short = [pair_distribution(["Zn", "N"], frames, cells, maximum=8.0)]
    with pytest.raises(NoMinimumError, match="Zn–N"):
        coordination_cutoff(short, "Zn", "N")
    taken = coordination_cutoff(short, "Zn", "N", fallback=2.6)
    assert (taken.value, taken.source) == (2.6, "fall-back")
    assert "one peak" in taken.remark


def test_replicas_share_one_cutoff() -> None:
    replicas = [bonds(seed, 2) for seed in range(3)]
    assert coordination_cutoff(replicas, "Zn", "N") == coordination_cutoff(replicas[::-1], "Zn", "N")


def test_noise_of_bins_does_not_move_a_peak() -> None:
    random = np.random.default_rng(2)
    fine = np.linspace(1.7, 2.5, 4001)
    mode = fine[np.argmax(skewnorm.pdf(fine, 3, 1.95, 0.11) / fine**2)]
    fitted, highest = [], []
    for _ in range(60):
        counts = np.histogram(skewnorm.rvs(3, 1.95, 0.11, size=512, random_state=random), np.arange(1.5, 3.001, 0.02))[
            0
        ]
        middle = np.arange(1.51, 3.0, 0.02)
        fitted.append(peak_position(middle, counts / middle**2, (1.7, 2.5)))
        highest.append(middle[np.argmax(counts / middle**2)])
    assert np.mean(fitted) == pytest.approx(mode, abs=0.005)
    assert np.std(fitted) < 0.01 < np.std(highest)


def test_a_peak_outside_the_range_is_none() -> None:
    assert np.isnan(peak_position(R, bump(2.0, 0.1, 5), (3.0, 4.0)))


def test_a_peak_of_a_negative_curve_is_found() -> None:
    assert peak_position(R, -0.5 * R + bump(3.0, 0.1, 4), (2.5, 3.5)) == pytest.approx(3.0, abs=0.01)


def test_a_peak_has_an_error_over_replicas() -> None:
    found = peak_of_pair([bonds(seed) for seed in range(8)], "Zn", "N", (1.5, 2.5), seed=1)
    assert found.mean == pytest.approx(2.0, abs=0.01)
    assert 0.001 < found.error < 0.02
    assert (found.error_from, found.n, found.remark) == ("bootstrap", 8, "")


def test_a_peak_of_one_trajectory_has_an_error_over_its_blocks_and_says_so() -> None:
    found = peak_of_pair([bonds(1, 16)], "Zn", "N", (1.5, 2.5), seed=1)
    assert found.n == 8
    assert "8 blocks of 1 replica" in found.remark
