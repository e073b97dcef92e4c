"""Lifetimes and exchange of bonds: exact for histories that were written down."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from aiida_zif.plugins.analysis.dynamics.bonds import (
    BondHistory,
    bond_history,
    continuous_correlation,
    exchanges,
    intermittent_correlation,
    lifetime,
)
from aiida_zif.plugins.analysis.network.linkers import find_linkers
from aiida_zif.plugins.systems.catalogue import load_system


def history(rows: list[str], metal: list[int] | None = None, nitrogen: list[int] | None = None) -> BondHistory:
    """One row for each pair: ``#`` where it is bonded."""
    bonded = np.array([[mark == "#" for mark in row] for row in rows]).T
    number = np.arange(len(rows))
    metals, nitrogens = (number if one is None else np.array(one) for one in (metal, nitrogen))
    return BondHistory(metals, nitrogens, bonded, np.where(bonded, 2.0, np.inf), 0.5, 2.5, 3.0)


def random_history(seed: int, n_frames: int, formed: float, broken: float) -> BondHistory:
    random = np.random.default_rng(seed)
    bonded = np.empty((n_frames, 300), dtype=bool)
    bonded[0] = random.random(300) < formed / (formed + broken)
    for before, now in pairwise(bonded):
        now[:] = np.where(before, random.random(300) >= broken, random.random(300) < formed)
    return BondHistory(np.arange(300) // 3, np.arange(300), bonded, np.where(bonded, 2.0, np.inf), 0.5, 2.5, 3.0)


def test_a_bond_that_always_is_correlates_for_ever() -> None:
    always = history(["######"] * 3)
    for found in (intermittent_correlation(always, 1.0), continuous_correlation(always, 1.0)):
        assert found.values == pytest.approx(np.ones(6))
    assert found.times == pytest.approx(0.5 * np.arange(6))
    last = lifetime(always)
    assert (last.value, last.n_ends, last.bond_time) == (np.inf, 0, 7.5)
    assert last.at_least == pytest.approx(2.5)


@pytest.mark.parametrize("row", ["##.###.#", "#..#..##", "########", ".#.#.#.#"])
def test_correlations_are_those_of_every_origin_one_by_one(row: str) -> None:
    one = history([row, "####...."])
    bonded = one.bonded
    again, lasting = intermittent_correlation(one, 1.0), continuous_correlation(one, 1.0)
    for lag in range(8):
        origins = bonded[: 8 - lag]
        survived = np.array([bonded[start : start + lag + 1].all(axis=0) for start in range(8 - lag)])
        with np.errstate(invalid="ignore"):
            assert again.values[lag] == pytest.approx((origins & bonded[lag:]).sum() / origins.sum())
            assert lasting.values[lag] == pytest.approx(survived.sum() / origins.sum())


def test_breaking_at_a_constant_rate_gives_exponentials_and_its_lifetime() -> None:
    broken = 0.02
    found = random_history(0, 600, 0.06, broken)
    lasting, again, time = continuous_correlation(found, 0.15), intermittent_correlation(found, 0.15), lifetime(found)
    frames = np.arange(len(lasting.times))
    assert lasting.values == pytest.approx((1 - broken) ** frames, abs=0.03)
    assert again.values == pytest.approx(0.75 + 0.25 * (1 - 0.08) ** frames, abs=0.03)
    assert np.all(again.values >= lasting.values - 1e-12)
    assert time.value == pytest.approx(0.5 / broken, abs=4 * time.error)
    assert 0 < lasting.errors[20] < 0.02


def test_errors_of_lifetimes_are_those_of_repeated_runs() -> None:
    times = [lifetime(random_history(seed, 60, 0.3, 0.05)) for seed in range(40)]
    assert np.std([one.value for one in times], ddof=1) == pytest.approx(np.mean([one.error for one in times]), rel=0.3)


def test_a_nitrogen_that_changes_its_metal_is_an_event() -> None:
    found = exchanges(history(["###.....", ".....###"], metal=[0, 1], nitrogen=[0, 0]), 4)
    assert len(found) == 1
    event = (found.frames[0], found.nitrogen[0], found.left[0], found.bound[0], found.free_frames[0])
    assert event == (5, 0, 0, 1, 2)
    assert found.rate == pytest.approx(1 / (4 * 7 * 0.5))
    assert found.rate_error == pytest.approx(found.rate)


def test_a_nitrogen_that_comes_back_or_is_shared_for_a_while_makes_no_event() -> None:
    assert len(exchanges(history(["##..####"]), 1)) == 0
    assert len(exchanges(history(["########", "..###..."], metal=[0, 1], nitrogen=[0, 0]), 1)) == 0


def test_a_nitrogen_that_binds_first_and_leaves_then_was_never_free() -> None:
    found = exchanges(history(["####....", "..######"], metal=[2, 5], nitrogen=[1, 1]), 2)
    assert (found.frames.tolist(), found.free_frames.tolist()) == ([4], [0])
    assert (found.left.tolist(), found.bound.tolist()) == ([2], [5])


def test_there_and_back_again_are_two_events() -> None:
    found = exchanges(history(["##....##", "..##....", "....##.."], metal=[0, 1, 0], nitrogen=[0, 0, 0]), 1)
    assert found.left.tolist() == [0, 1]
    assert found.bound.tolist() == [1, 0]


def crystal_with_a_linker_on_its_way(heights: list[float]) -> tuple[list[str], np.ndarray, np.ndarray, int]:
    atoms = load_system("zif-4")
    linkers = find_linkers(list(atoms.symbols), atoms.positions, atoms.cell.array)
    zinc = linkers.metals[0]
    apart = atoms.get_distances(zinc, linkers.nitrogens, mic=True, vector=True)
    nearest = int(np.argmin(np.linalg.norm(apart, axis=1)))
    direction = apart[nearest] / np.linalg.norm(apart[nearest])
    owner = linkers.owners[nearest]
    frames = np.stack([atoms.positions] * len(heights))
    for frame, height in zip(frames, heights, strict=True):
        frame[linkers.atoms[owner]] += direction * height
    return list(atoms.symbols), frames, np.stack([atoms.cell.array] * len(heights)), nearest


def test_a_bond_ends_beyond_one_distance_and_forms_below_another() -> None:
    symbols, frames, cells, nitrogen = crystal_with_a_linker_on_its_way([0.0, 0.7, 0.9, 1.3, 0.8, 0.3])
    linkers = find_linkers(symbols, frames[0], cells[0])
    found = bond_history(linkers, frames, cells, 0.5)
    pair = int(np.flatnonzero((found.nitrogen == nitrogen) & (found.metal == 0))[0])
    assert found.bonded[:, pair].tolist() == [True, True, True, False, False, True]
    assert found.bonded[0].sum() == 64
    single = bond_history(linkers, frames, cells, 0.5, form=2.5, release=2.5)
    pair = int(np.flatnonzero((single.nitrogen == nitrogen) & (single.metal == 0))[0])
    assert single.bonded[:, pair].tolist() == [True, False, False, False, False, True]


def test_distances_and_times_that_make_no_sense_are_refused() -> None:
    symbols, frames, cells, _ = crystal_with_a_linker_on_its_way([0.0])
    linkers = find_linkers(symbols, frames[0], cells[0])
    with pytest.raises(ValueError, match=r"release: found 2 Å"):
        bond_history(linkers, frames, cells, 0.5, release=2.0)
    with pytest.raises(ValueError, match=r"interval: found 0 ps"):
        bond_history(linkers, frames, cells, 0.0)


def test_a_trajectory_without_any_bond_is_said_to_have_none() -> None:
    symbols, frames, cells, _ = crystal_with_a_linker_on_its_way([0.0, 0.0])
    linkers = find_linkers(symbols, frames[0], cells[0])
    none = bond_history(linkers, frames, cells, 0.5, form=1.0, release=1.0)
    assert len(exchanges(none, 64)) == 0
    assert lifetime(none).bond_time == 0
    with pytest.raises(ValueError, match="bonds: none in any frame"):
        continuous_correlation(none)
