"""input.json: what is filled in, from what, and that DeePMD-kit itself accepts it."""

from __future__ import annotations

import copy
import importlib.util

import numpy as np
import pytest
from deepmd_toy import TYPE_MAP

from aiida_zif.plugins.deepmd import inputs
from aiida_zif.plugins.deepmd.training import early_stop

needs_deepmd = pytest.mark.skipif(importlib.util.find_spec("deepmd") is None, reason="deepmd-kit is not installed")


@needs_deepmd
@pytest.mark.parametrize("steps", [600, 1_000_000])
def test_default_parameters_pass_deepmd_kits_own_check(steps: int) -> None:
    parameters = inputs.training_input(TYPE_MAP, 6.0, steps)
    assert inputs.refused_by_deepmd(inputs.complete_input(parameters, ["data/a"], 1, [9, 9, 9, 9])) is None


def test_short_runs_stay_at_high_rates_and_long_ones_may_be_cut_when_their_error_is_flat() -> None:
    rates = [inputs.training_input(TYPE_MAP, steps=steps)["learning_rate"] for steps in (600, 1_000_000)]
    assert [rate["type"] for rate in rates] == ["cosine", "exp"]
    assert [early_stop.applies(inputs.training_input(TYPE_MAP, steps=steps)) for steps in (600, 1_000_000)] == [
        False,
        True,
    ]


def test_own_learning_rate_goes_before_the_default() -> None:
    parameters = inputs.training_input(TYPE_MAP, learning_rate={"start_lr": 0.003})
    assert parameters["learning_rate"]["start_lr"] == 0.003
    assert parameters["learning_rate"]["type"] == "cosine"


@needs_deepmd
@pytest.mark.parametrize(("steps", "kind"), [(600, "exp"), (1_000_000, "cosine")])
def test_another_kind_of_learning_rate_may_be_asked_for_by_its_name_alone(steps: int, kind: str) -> None:
    parameters = inputs.training_input(TYPE_MAP, steps=steps, learning_rate={"type": kind})
    assert inputs.refused_by_deepmd(inputs.complete_input(parameters, ["a"], 1, [1, 1, 1, 1])) is None


@needs_deepmd
def test_misspelt_key_is_named() -> None:
    parameters = inputs.training_input(TYPE_MAP)
    parameters["model"]["descriptor"]["neurons"] = [1]
    complaint = inputs.refused_by_deepmd(inputs.complete_input(parameters, ["a"], 1, [1, 1, 1, 1]))
    assert complaint is not None
    assert "`neurons`" in complaint


def test_completing_leaves_the_parameters_as_they_were() -> None:
    parameters = inputs.training_input(TYPE_MAP)
    before = copy.deepcopy(parameters)
    inputs.complete_input(parameters, ["data/a"], 1, [1, 2, 3, 4])
    assert parameters == before


def test_completing_adds_data_seeds_and_neighbours() -> None:
    parameters = inputs.training_input(TYPE_MAP, steps=400, batch_size=2)
    complete = inputs.complete_input(parameters, ["data/a", "data/b"], 1, [1, 2, 3, 4])
    assert complete["training"]["training_data"] == {"systems": ["data/a", "data/b"], "batch_size": 2}
    assert complete["model"]["descriptor"]["sel"] == [1, 2, 3, 4]
    assert complete["training"]["disp_freq"] == 10
    assert "batch_size" not in complete["training"]


def test_own_frequencies_are_kept() -> None:
    parameters = inputs.training_input(TYPE_MAP)
    parameters["training"]["disp_freq"] = 7
    assert inputs.complete_input(parameters, ["a"], 1, [1] * 4)["training"]["disp_freq"] == 7


def test_seeds_differ_between_parts_and_models_and_fit_31_bits() -> None:
    seeds = [number for seed in range(20) for number in inputs.derive_seeds(seed).values()]
    assert len(set(seeds)) == 60
    assert min(seeds) >= 0
    assert max(seeds) < 2**31
    assert inputs.derive_seeds(4) == inputs.derive_seeds(4)


def test_neighbours_get_room_to_spare() -> None:
    assert inputs.suggest_sel(np.array([[8, 3, 0], [4, 16, 0]])) == [10, 20, 2]
