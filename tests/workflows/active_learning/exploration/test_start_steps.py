"""Where explorations start: some where the committee erred most, none from a frame that fell apart."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from aiida import orm

from aiida_zif.workflows.active_learning.exploration.draw_starts import draw_starts
from aiida_zif.workflows.active_learning.exploration.starts import choose_starts

Factory = Callable[..., Any]
ERRORS = np.array([np.nan, 0.1, 0.9, np.nan, 0.5, np.nan])
ALL = np.ones(6, dtype=bool)


def test_frames_of_largest_error_are_among_the_starts() -> None:
    for seed in range(20):
        starts = choose_starts(ERRORS, ALL, 4, 2, seed)
        assert {2, 4} <= set(starts)
        assert len(set(starts)) == 4


def test_uncertain_starts_are_not_always_those_of_the_first_runs() -> None:
    places = {choose_starts(ERRORS, ALL, 4, 1, seed).index(2) for seed in range(40)}
    assert places == {0, 1, 2, 3}


def test_before_anything_is_known_all_starts_are_drawn_at_random() -> None:
    unknown = np.full(6, np.nan)
    assert choose_starts(unknown, ALL, 3, 3, 5) == choose_starts(unknown, ALL, 3, 0, 5)


def test_frame_that_is_not_fit_is_no_start_unless_none_is() -> None:
    fit = np.array([True, True, False, True, True, True])
    assert all(2 not in choose_starts(ERRORS, fit, 5, 2, seed) for seed in range(20))
    assert sorted(choose_starts(ERRORS, ~ALL, 6, 0, 1)) == [0, 1, 2, 3, 4, 5]


def test_few_frames_are_drawn_more_than_once() -> None:
    assert len(choose_starts(np.array([np.nan, 0.3]), np.ones(2, dtype=bool), 5, 1, 3)) == 5
    assert choose_starts(np.array([0.3]), np.ones(1, dtype=bool), 3, 1, 3) == [0, 0, 0]


@pytest.fixture
def crystal(atoms: Any, aiida_profile: object) -> orm.StructureData:
    return orm.StructureData(ase=atoms)


def test_error_is_that_of_the_forces_predicted_in_the_last_cycle(
    block: Factory, frames: Factory, crystal: orm.StructureData
) -> None:
    labelled, older = block(3, 1), block(4, 2)
    predicted = labelled.forces.copy()
    predicted[1] += 0.7
    arrays = {"forces_predicted": predicted}
    explored = frames(3, 1, per_frame=arrays)
    recipe = orm.Dict({"count": 1, "uncertain": 1, "seed": 3, "chemistry": {}})
    drawn: Any = draw_starts(recipe, crystal=crystal, explored=explored.store(), a=labelled.store(), b=older.store())
    assert drawn.frame_ids() == [labelled.frame_ids()[1]]
    assert drawn.creator.process_label == "draw_starts"


def test_exploded_frame_is_no_start(block: Factory, frames: Factory, crystal: orm.StructureData) -> None:
    good = block(2, 1)
    wide = frames(2, 1)
    wide = type(wide)(wide.symbols, 1.5 * wide.positions, 1.5 * wide.cells, system="zinc")
    recipe = orm.Dict({"count": 4, "seed": 3, "chemistry": {}})
    drawn: Any = draw_starts(recipe, crystal=crystal, a=good.store(), b=block(of=wide).store())
    assert set(drawn.frame_ids()) == set(good.frame_ids())


def test_starts_do_not_depend_on_the_jobs_that_labelled_the_frames(block: Factory, frames: Factory) -> None:
    labelled = frames(6, 4)
    recipe = orm.Dict({"count": 3, "seed": 3, "chemistry": {}}).store()
    whole: Any = draw_starts(recipe, a=block(of=labelled).store())
    cut: Any = draw_starts(
        recipe, a=block(of=labelled, only=[4, 0]).store(), b=block(of=labelled, only=[5, 3, 1, 2]).store()
    )
    assert cut.frame_ids() == whole.frame_ids()
