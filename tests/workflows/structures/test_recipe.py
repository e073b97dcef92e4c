"""A structure becomes the frames that a recipe states, also one that an earlier version stored."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from aiida_zif.plugins.data.record import RecordError
from aiida_zif.workflows.structures.perturbation import perturbed_frames
from aiida_zif.workflows.structures.recipe import StartRecipe

POSITIONS, CELL = np.array([[0.0, 0.0, 0.0], [1.0, 1.2, 1.4]]), np.diag([4.0, 5.0, 6.0])
COPIES: dict[str, Any] = {
    "system": "zinc",
    "perturbed": {"frames": 3, "displacement": 0.05, "strain": 0.02},
    "seed": 4,
}


def test_copies_are_made_with_the_seed_of_the_recipe() -> None:
    recipe = StartRecipe.from_dict(COPIES)
    positions, cells = recipe.frames_of(POSITIONS, CELL)
    expected = perturbed_frames(POSITIONS, CELL, 3, 0.05, 0.02, 4)
    assert recipe.n_frames == len(positions) == 3
    assert np.array_equal(positions, expected[0])
    assert np.array_equal(cells, expected[1])


def test_without_copies_the_structure_itself_is_the_only_frame() -> None:
    recipe = StartRecipe.from_dict({"system": "zinc", "perturbed": None})
    positions, cells = recipe.frames_of(POSITIONS, CELL)
    assert recipe.n_frames == 1
    assert np.array_equal(positions[0], POSITIONS)
    assert np.array_equal(cells[0], CELL)


def test_a_frame_that_is_given_is_one_of_those_of_the_recipe() -> None:
    assert len(StartRecipe.from_dict({**COPIES, "index": 1}).frames_of(POSITIONS, CELL, n_given=1)[0]) == 2


def test_copies_without_a_seed_are_refused() -> None:
    with pytest.raises(RecordError, match="state the seed"):
        StartRecipe.from_dict({key: value for key, value in COPIES.items() if key != "seed"})


def test_a_recipe_keeps_its_content() -> None:
    assert StartRecipe.from_dict(COPIES).as_dict() == {"schema": 1, **COPIES, "index": None}
