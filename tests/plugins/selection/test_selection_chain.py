"""Chains of strategies: one reason for every frame, the same seed the same choice, foreign strategies kept in check."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import EntryPoint
from typing import Any

import numpy as np
import pytest

from aiida_zif.plugins.selection import (
    Sieved,
    StrategyError,
    Traits,
    available_strategies,
    chain,
    full_chain,
    run_chain,
    with_traits,
)

Factory = Callable[..., Any]
SETTINGS = {"lower": 0.1, "upper": 1.0, "per_cycle": 10, "min_separation": 0}


def old_choice(
    deviation: np.ndarray, run: np.ndarray, step: np.ndarray, lower: float, upper: float, budget: int, separation: int
) -> list[int]:
    """Choose as the first version of the package did: runs in turn, the largest deviation of each first."""
    queues: dict[int, list[int]] = {}
    for index in np.argsort(-deviation, kind="stable"):
        if lower <= deviation[index] < upper:
            queues.setdefault(int(run[index]), []).append(int(index))
    chosen: list[int] = []
    order = sorted(queues, key=lambda key: -deviation[queues[key][0]])
    while any(queues.values()):
        for key in order:
            if queues[key]:
                index = queues[key].pop(0)
                near = [abs(int(step[index]) - int(step[other])) < separation for other in chosen if run[other] == key]
                if not any(near) and len(chosen) < budget:
                    chosen.append(index)
    return chosen


@pytest.mark.parametrize("seed", range(20))
def test_the_word_window_chooses_as_it_always_did(pool: Factory, seed: int) -> None:
    rng = np.random.default_rng(seed)
    deviation = np.round(rng.uniform(0, 1.2, 150), 2)  # with ties
    deviation[rng.integers(150, size=5)] = np.nan
    run, step = rng.integers(0, 5, 150), rng.integers(0, 400, 150)
    budget, separation = int(rng.integers(1, 40)), int(rng.integers(0, 60))
    expected = old_choice(deviation, run, step, 0.1, 1.0, budget, separation)
    settings = {**SETTINGS, "per_cycle": budget, "min_separation": separation}
    assert run_chain(["window"], pool(deviation, run, step), settings, seed=seed).kept == expected


@pytest.mark.parametrize("names", [["window"], ["random"], ["dpgen"], ["random", "separation", "window"]])
def test_every_frame_is_chosen_or_has_one_reason(pool: Factory, names: list[str]) -> None:
    rng = np.random.default_rng(3)
    frames = pool(rng.uniform(0, 1.2, 200), rng.integers(0, 4, 200), rng.integers(0, 900, 200))
    choice = run_chain(names, frames, {**SETTINGS, "min_separation": 20, "per_cycle": 12}, seed=1)
    assert 0 < len(choice.kept) <= 12
    assert sorted([*choice.kept, *choice.rejected]) == list(range(200))
    assert sum(choice.reasons.values()) == 200 - len(choice.kept)


@pytest.mark.parametrize(
    ("names", "offered"),
    [
        (["random"], "any"),
        (["random", "separation"], "any"),
        (["dpgen"], "window"),
        (["window", "random"], "window"),
        (["window"], "uncertain"),
        (["window", "separation", "diversity"], "uncertain"),
        (["window", "separation", "random"], "uncertain"),
    ],
)
def test_a_chain_that_begins_with_a_draw_is_offered_what_it_draws_from(names: list[str], offered: str) -> None:
    assert chain.offered_to(names) == offered


def test_the_same_seed_gives_the_same_frames_and_another_one_others(pool: Factory) -> None:
    frames = pool(np.linspace(0.2, 0.9, 100))
    first, again, other = (run_chain(["random"], frames, SETTINGS, seed).kept for seed in (4, 4, 5))
    assert first == again != other


def test_one_strategy_more_does_not_change_what_the_others_draw(pool: Factory) -> None:
    frames = pool(np.linspace(0.2, 0.9, 100))
    assert (
        run_chain(["random", "turns"], frames, SETTINGS, 4).kept
        == run_chain(["random", "separation"], frames, SETTINGS, 4).kept
    )


def test_an_empty_pool_is_an_empty_choice(pool: Factory) -> None:
    for name in available_strategies():
        assert run_chain([name], pool([]), SETTINGS, 1) == Sieved([])


def test_a_budget_ends_every_chain() -> None:
    assert full_chain(["window"]) == ["window", "turns", "separation", "budget"]
    assert full_chain(["window", "separation"]) == ["window", "separation", "budget"]
    assert full_chain(["budget", "random"]) == ["budget", "random"]


# -- strategies of others --------------------------------------------------------------------------------------


def every_other(pool: Any, open_frames: list[int], settings: Any, rng: Any, *, offset: int = 0) -> Sieved:
    """Keep every other frame."""
    kept = open_frames[offset::2]
    return Sieved(kept, dict.fromkeys(set(open_frames) - set(kept), "left_out"))


def greedy(pool: Any, open_frames: list[int], settings: Any, rng: Any) -> Sieved:
    """Lose the rejected frames."""
    return Sieved(open_frames[:1])


def broken(pool: Any, open_frames: list[int], settings: Any, rng: Any) -> Sieved:
    """Fail."""
    raise RuntimeError("no GPU here")


@with_traits(Traits(draws_from="window"))
def lottery(pool: Any, open_frames: list[int], settings: Any, rng: Any) -> Sieved:
    """Keep one frame, drawn by chance."""
    drawn = open_frames[rng.integers(len(open_frames))]
    return Sieved([drawn], dict.fromkeys(set(open_frames) - {drawn}, "no_luck"))


@pytest.fixture
def foreign(monkeypatch: pytest.MonkeyPatch) -> None:
    """A package with strategies of its own is installed."""
    own = available_strategies()
    names = ("every_other", "greedy", "broken", "lottery")
    points = {name: EntryPoint(name, f"{__name__}:{name}", chain.GROUP) for name in names}
    points["gone"] = EntryPoint("gone", "no_such_package.of_anybody:gone", chain.GROUP)
    monkeypatch.setattr(chain, "available_strategies", lambda: own | points)


@pytest.mark.usefixtures("foreign")
def test_a_strategy_of_another_package_takes_its_place_and_its_options(pool: Factory) -> None:
    settings = {**SETTINGS, "options": {"every_other": {"offset": 1}}}
    choice = run_chain(["window", "every_other"], pool([0.05, 0.9, 0.8, 0.7, 0.6]), settings, 1)
    assert choice.kept == [2, 4]
    assert choice.rejected == {0: "accurate", 1: "left_out", 3: "left_out"}


@pytest.mark.usefixtures("foreign")
@pytest.mark.parametrize(
    ("name", "complaint"),
    [("greedy", "lost"), ("broken", "no GPU here"), ("gone", "cannot be loaded"), ("absent", "there are budget")],
)
def test_a_strategy_that_fails_is_named(pool: Factory, name: str, complaint: str) -> None:
    with pytest.raises(StrategyError, match=f"{name}.*{complaint}"):
        run_chain([name], pool([0.5, 0.6]), SETTINGS, 1)


@pytest.mark.usefixtures("foreign")
@pytest.mark.parametrize(
    ("names", "offered"),
    [(["every_other"], "uncertain"), (["lottery"], "window"), (["window", "lottery"], "window")],
)
def test_a_strategy_of_another_package_says_itself_what_it_draws_from(names: list[str], offered: str) -> None:
    assert chain.offered_to(names) == offered


@pytest.mark.usefixtures("foreign")
def test_keyword_only_parameters_are_the_options_of_a_strategy() -> None:
    assert chain.options_of("every_other") == ["offset"]
    assert chain.options_of("window") == []


def test_frames_that_do_not_agree_in_number_make_no_pool(pool: Factory) -> None:
    with pytest.raises(ValueError, match="agree in length"):
        pool([0.1, 0.2], run=[0])
