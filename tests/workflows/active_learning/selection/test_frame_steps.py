"""Frames from structures and from other frames: nothing is lost, doubled or mixed up."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from aiida import orm

from aiida_zif.plugins.data.frame_sets import concatenate, subset
from aiida_zif.plugins.data.frames import FramesData, LabelledFramesData
from aiida_zif.workflows.active_learning.exploration.draw_starts import draw_starts
from aiida_zif.workflows.active_learning.selection import select_frames as frame_steps
from aiida_zif.workflows.active_learning.selection.select_frames import CHOSEN, CONTROL

Factory = Callable[..., Any]

pytestmark = pytest.mark.usefixtures("aiida_profile")


def body(name: str) -> Callable[..., Any]:
    """Return the function inside a calcfunction; what AiiDA adds to it is not what is tested here."""
    function: Callable[..., Any] = getattr(frame_steps, name).__wrapped__
    return function


# -- starting points -------------------------------------------------------------------------------------------


def draw(count: int, seed: int = 1, **blocks: LabelledFramesData) -> FramesData:
    """Return drawn starting points."""
    drawn: FramesData = draw_starts.__wrapped__(orm.Dict({"count": count, "seed": seed}), **blocks)  # type: ignore[attr-defined]
    return drawn


def test_starting_points_all_differ_if_there_are_enough_frames(block: Factory) -> None:
    drawn = draw(6, a=block(3, 1), b=block(3, 2))
    assert len(set(drawn.frame_ids())) == drawn.n_frames == 6


def test_every_run_gets_a_starting_point_even_from_few_frames(block: Factory) -> None:
    drawn = draw(7, a=block(2))
    assert drawn.n_frames == 7
    assert set(drawn.frame_ids()) <= set(block(2).frame_ids())


def test_starting_points_come_from_all_blocks(block: Factory) -> None:
    blocks = {"a": block(3, 1), "b": block(3, 2)}
    drawn = set(draw(5, **blocks).frame_ids())
    assert all(drawn & set(node.frame_ids()) for node in blocks.values())


def test_starting_points_follow_from_the_seed_and_not_from_the_order_of_blocks(block: Factory) -> None:
    first, second = block(5, 1), block(5, 2)
    assert draw(4, 3, a=first, b=second).frame_ids() == draw(4, 3, b=second, a=first).frame_ids()
    assert draw(4, 3, a=first, b=second).frame_ids() != draw(4, 4, a=first, b=second).frame_ids()


def test_starting_points_bring_their_own_cell(block: Factory) -> None:
    wide, narrow = (block(2, seed, of=_Strained(seed, scale)) for seed, scale in ((1, 1.0), (2, 0.9)))
    drawn = draw(4, a=wide, b=narrow)
    cells = dict(zip(wide.frame_ids() + narrow.frame_ids(), [*wide.cells, *narrow.cells], strict=True))
    for key, cell in zip(drawn.frame_ids(), drawn.cells, strict=True):
        np.testing.assert_array_equal(cell, cells[key])


class _Strained:
    def __init__(self, seed: int, scale: float) -> None:
        self.positions = np.random.default_rng(seed).uniform(0, 9, size=(2, 6, 3))
        self.cells = np.tile(np.eye(3) * 11.0 * scale, (2, 1, 1))


# -- the choice ------------------------------------------------------------------------------------------------

COUNTS = {
    "n_explored": 50,
    "n_accurate": 30,
    "n_candidate": 12,
    "n_failed": 8,
    "deviation": {"q50": 0.2},
    "histogram": {"edges": [0, 1], "counts": [50]},
}
WINDOW = {
    "strategy": ["window"],
    "lower": 0.1,
    "upper": 5.0,
    "per_cycle": 2,
    "min_separation": 20,
    "options": {},
    "seed": 1,
    "labels_left": 100,
}


def choose(candidates: FramesData, control: FramesData, selection: Any = None, **others: Any) -> dict[str, Any]:
    """Return the chosen frames and the report; ``others`` are counts of the exploration, or nodes."""
    counts = {name: value for name, value in others.items() if name in COUNTS}
    nodes = {name: value for name, value in others.items() if name not in COUNTS}
    settings = orm.Dict({**WINDOW, **(selection or {})})
    chosen = body("select_frames")(candidates, control, orm.Dict({**COUNTS, **counts}), settings, **nodes)
    return {"frames": chosen["frames"], "report": chosen["report"].get_dict()}


def test_every_explored_frame_is_chosen_or_counted_with_a_reason(explored: Factory) -> None:
    report = choose(explored([0.2, 0.9, 0.4, 6.0, 0.3]), explored([], seed=1))["report"]
    assert report["n_selected"] == 2
    assert report["not_chosen"] == {
        "above_upper": 1,
        "accurate": 30,
        "failed": 8,
        "not_kept_by_harvest": 7,
        "over_budget": 2,
    }
    assert report["n_explored"] == report["n_selected"] + sum(report["not_chosen"].values())


def test_every_explored_frame_is_accurate_candidate_or_failed(explored: Factory) -> None:
    report = choose(explored([0.2]), explored([]))["report"]
    assert report["n_explored"] == report["n_accurate"] + report["n_candidate"] + report["n_failed"]


def test_the_same_seed_chooses_the_same_frames(explored: Factory) -> None:
    candidates, control = explored([0.2 + 0.01 * index for index in range(30)]), explored([])
    first, again, other = (
        choose(candidates, control, {"strategy": ["random"], "per_cycle": 5, "seed": seed})["frames"].frame_ids()
        for seed in (1, 1, 2)
    )
    assert first == again
    assert set(first) != set(other)


def test_a_system_chooses_its_part_of_the_labels_that_are_left(explored: Factory) -> None:
    candidates, control = explored([0.2 + 0.01 * index for index in range(30)]), explored([])
    settings, waiting = {"per_cycle": 20, "labels_left": 10}, orm.Dict(COUNTS)
    assert choose(candidates, control, settings, waiting_hot=waiting)["report"]["n_selected"] == 5
    earlier = orm.Dict({"n_selected": 1})
    assert choose(candidates, control, settings, earlier_hot=earlier)["report"]["n_selected"] == 9


def test_strategies_see_what_is_labelled_already(
    explored: Factory, block: Factory, monkeypatch: pytest.MonkeyPatch
) -> None:
    pools: list[Any] = []
    chain = frame_steps.run_chain
    monkeypatch.setattr(
        frame_steps, "run_chain", lambda names, pool, *rest: pools.append(pool) or chain(names, pool, *rest)
    )
    blocks = {"known_c00_a": block(3, seed=4), "known_c01_a": block(2, seed=5)}
    choose(explored([0.2, 0.3]), explored([]), **blocks)
    choose(explored([0.2, 0.3]), explored([]))
    np.testing.assert_array_equal(
        pools[0].known_positions, np.concatenate([node.positions for node in blocks.values()])
    )
    assert pools[0].known_cells.shape == (5, 3, 3)
    assert pools[1].known_positions.shape == (0, 6, 3)


def test_a_choice_that_fails_ends_with_an_exit_code_that_names_the_strategy(explored: Factory) -> None:
    nodes = [explored([0.2]), explored([], seed=1), orm.Dict(COUNTS), orm.Dict({**WINDOW, "strategy": ["absent"]})]
    _, call = frame_steps.select_frames.run_get_node(*nodes)
    assert not call.is_finished_ok
    assert "'absent'" in call.exit_message


def test_chosen_frames_are_those_of_largest_deviation_and_say_so(explored: Factory) -> None:
    candidates = explored([0.2, 0.9, 0.4])
    frames = choose(candidates, explored([0.05, 0.06], seed=1))["frames"]
    assert frames.get_array("max_force_deviation").tolist() == [0.9, 0.4, 0.05, 0.06]
    assert frames.get_array("role").tolist() == [CHOSEN, CHOSEN, CONTROL, CONTROL]
    assert frames.frame_ids()[:2] == [candidates.frame_ids()[1], candidates.frame_ids()[2]]


def test_a_random_frame_that_was_chosen_is_not_taken_twice(explored: Factory) -> None:
    candidates = explored([0.2, 0.9])
    chosen = choose(candidates, concatenate(explored([0.05], seed=1), subset(candidates, [1])))
    assert chosen["frames"].n_frames == 3
    assert len(set(chosen["frames"].frame_ids())) == 3
    assert chosen["report"]["n_control"] == 1


def test_random_frames_are_not_taken_where_there_is_nothing_to_compare_them_with(explored: Factory) -> None:
    chosen = choose(explored([]), explored([0.05], seed=1), n_candidate=0)
    assert (chosen["report"]["n_selected"], chosen["report"]["n_control"]) == (0, 0)
    assert chosen["frames"].n_frames == 0
    assert chosen["report"]["not_chosen"] == {"accurate": 30, "failed": 8}


def test_neither_candidates_nor_random_frames_make_an_empty_node(explored: Factory) -> None:
    frames = choose(explored([]), explored([]), n_candidate=0)["frames"]
    assert frames.store().n_frames == 0


# -- the worth of the choice -----------------------------------------------------------------------------------


@pytest.fixture
def judged(explored: Factory) -> FramesData:
    """Two chosen frames and two random ones, for which no forces were predicted at all."""
    frames: FramesData = explored([0.9, 0.5, 0.2, 0.1])
    frames.set_array("role", np.array([CHOSEN, CHOSEN, CONTROL, CONTROL]))
    return frames


def labels(block: Factory, frames: FramesData, errors: dict[int, float]) -> LabelledFramesData:
    """Return a block of some frames whose every true force component is so large, eV/Å."""
    forces = np.array([np.full((6, 3), error) for error in errors.values()])
    labelled: LabelledFramesData = block(of=frames, only=list(errors), forces=forces)
    return labelled


def compare(frames: FramesData, **blocks: LabelledFramesData) -> dict[str, Any]:
    """Return the comparison as plain values."""
    result: dict[str, Any] = body("compare_choice")(frames, **blocks).get_dict()
    return result


def test_the_error_of_a_role_is_the_root_mean_square_over_its_frames(block: Factory, judged: FramesData) -> None:
    result = compare(judged, attempt_0=labels(block, judged, {0: 3.0, 1: 4.0, 2: 1.0, 3: 1.0}))
    assert result["chosen"] == pytest.approx(np.sqrt((9 + 16) / 2))
    assert result["control"] == pytest.approx(1.0)
    assert (result["n_chosen"], result["n_control"]) == (2, 2)


def test_the_error_is_that_of_the_model_that_drove_the_exploration(block: Factory, judged: FramesData) -> None:
    judged.set_array("forces_predicted", np.full((4, 6, 3), 2.5))
    assert compare(judged, attempt_0=labels(block, judged, {0: 3.0}))["chosen"] == pytest.approx(0.5)


def test_frames_are_compared_by_content_whatever_their_order_and_block(block: Factory, judged: FramesData) -> None:
    blocks = {
        "attempt_0": labels(block, judged, {3: 0.3, 0: 0.6}),
        "attempt_1": labels(block, judged, {2: 0.4}),
    }
    found = {
        (entry["max_force_deviation"], round(entry["force_rmse"], 9)) for entry in compare(judged, **blocks)["frames"]
    }
    assert found == {(0.1, 0.3), (0.9, 0.6), (0.2, 0.4)}


def test_frames_without_a_label_do_not_count(block: Factory, judged: FramesData) -> None:
    result = compare(judged, attempt_0=labels(block, judged, {1: 2.0}))
    assert (result["chosen"], result["control"]) == (pytest.approx(2.0), None)
    assert (result["n_chosen"], result["n_control"]) == (1, 0)


def test_no_label_at_all_is_no_comparison(judged: FramesData) -> None:
    nothing = {"chosen": None, "control": None, "n_chosen": 0, "n_control": 0, "frames": []}
    assert compare(judged) == {"system": "zinc", **nothing}


# -- subsets ---------------------------------------------------------------------------------------------------


def test_a_subset_keeps_order_cells_and_per_frame_arrays(explored: Factory) -> None:
    whole = explored([0.1, 0.2, 0.3])
    part = subset(whole, [2, 0])
    assert part.frame_ids() == [whole.frame_ids()[2], whole.frame_ids()[0]]
    assert part.get_array("max_force_deviation").tolist() == [0.3, 0.1]
    assert (part.system, part.symbols) == (whole.system, whole.symbols)


def test_a_subset_of_a_block_leaves_the_labels_behind(block: Factory) -> None:
    part = subset(block(3, virials=np.zeros((3, 3, 3)), per_frame={"step": np.arange(3)}), [1])
    assert set(part.get_arraynames()) == {"positions", "cells", "step"}


def test_an_empty_subset_is_a_node_like_any_other(explored: Factory) -> None:
    part = subset(explored([0.1, 0.2]), [])
    assert part.store().n_frames == 0
    assert part.get_array("max_force_deviation").shape == (0,)


def test_concatenated_frames_keep_what_both_know(frames: Factory) -> None:
    first = frames(2, 1, per_frame={"step": np.array([1, 2]), "temperature": np.ones(2)})
    second = frames(1, 2, per_frame={"step": np.array([3])})
    both = concatenate(first, second)
    assert both.frame_ids() == first.frame_ids() + second.frame_ids()
    assert both.get_array("step").tolist() == [1, 2, 3]
    assert "temperature" not in both.get_arraynames()
