"""What is refused before a job is made, and that the message names field, value and fix."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from typing import Any

import pytest

from aiida_zif.plugins.deepmd import checks
from aiida_zif.plugins.deepmd.inputs import suggest_sel
from aiida_zif.plugins.deepmd.models.frozen import read_frozen
from aiida_zif.plugins.physics.geometry import neighbour_counts

Factory = Callable[..., Any]


def test_good_inputs_are_accepted(small_blocks: dict[str, Any], small_parameters: dict[str, Any]) -> None:
    assert checks.training_problem(small_blocks, small_parameters) is None


def test_different_levels_of_theory_are_refused_together(
    small_blocks: dict[str, Any], small_parameters: dict[str, Any], generate_block: Factory
) -> None:
    small_blocks["c"] = generate_block(level={"hash": "1" * 16, "line": "another theory"})
    problem = checks.training_problem(small_blocks, small_parameters)
    assert problem is not None
    assert "another theory" in problem
    assert "Gaussians" in problem


def test_different_levels_of_theory_are_refused_in_a_test_too(
    small_blocks: dict[str, Any], generate_block: Factory
) -> None:
    small_blocks["c"] = generate_block(level={"hash": "1" * 16, "line": "another theory"})
    problem = checks.testing_problem({"model": None}, small_blocks)  # type: ignore[dict-item]
    assert problem is not None
    assert "another theory" in problem


def test_two_spin_states_are_learned_together_unless_they_are_of_one_composition(
    small_blocks: dict[str, Any], small_parameters: dict[str, Any], generate_block: Factory
) -> None:
    (own,) = {block.level_of_theory["hash"] for block in small_blocks.values()}
    triplet = {"hash": f"{own}-q0m3", "line": "Gaussians, multiplicity 3"}
    other = generate_block(symbols=["Zn", "N"] * 11, level=triplet)
    problem = checks.training_problem({**small_blocks, "c": other}, small_parameters)
    assert problem is None or "levels of theory" not in problem
    problem = checks.training_problem({**small_blocks, "c": generate_block(level=triplet)}, small_parameters)
    assert problem is not None
    assert "multiplicity 3" in problem


def test_element_outside_the_type_map_is_refused(generate_block: Factory, small_parameters: dict[str, Any]) -> None:
    problem = checks.training_problem({"x": generate_block(symbols=["Zn", "O"] * 12)}, small_parameters)
    assert problem is not None
    assert "dataset.x: contains O" in problem


def test_a_cell_thinner_than_twice_the_radius_is_learned(
    small_blocks: dict[str, Any], small_parameters: dict[str, Any]
) -> None:
    small_parameters["model"]["descriptor"] |= {"rcut": 8.0, "sel": "auto"}
    assert min(block.cells[0].diagonal().min() for block in small_blocks.values()) < 16.0
    assert checks.training_problem(small_blocks, small_parameters) is None


def test_too_few_neighbours_are_refused(small_blocks: dict[str, Any], small_parameters: dict[str, Any]) -> None:
    small_parameters["model"]["descriptor"]["sel"] = [3, 20]
    problem = checks.training_problem(small_blocks, small_parameters)
    assert problem is not None
    assert "sel: [3, 20] is smaller" in problem
    assert "'auto'" in problem


@pytest.mark.skipif(importlib.util.find_spec("deepmd") is None, reason="deepmd-kit is not installed")
def test_parameters_that_deepmd_kit_refuses_are_refused(
    small_blocks: dict[str, Any], small_parameters: dict[str, Any]
) -> None:
    small_parameters["learning_rate"]["strat_lr"] = 1.0
    problem = checks.training_problem(small_blocks, small_parameters)
    assert problem is not None
    assert "strat_lr" in problem


@pytest.mark.parametrize(
    ("section", "key", "value"),
    [
        (("model",), "type_map", None),
        (("model", "descriptor"), "rcut", "five"),
        (("model", "descriptor"), "sel", [1]),
        (("model", "descriptor"), "sel", "automatic"),
        (("training",), "numb_steps", 0),
    ],
)
def test_senseless_parameter_is_named(
    small_blocks: dict[str, Any], small_parameters: dict[str, Any], section: tuple[str, ...], key: str, value: object
) -> None:
    place = small_parameters
    for name in section:
        place = place[name]
    place[key] = value
    problem = checks.training_problem(small_blocks, small_parameters)
    assert problem is not None
    assert problem.startswith(f"parameters.{'.'.join(section)}.{key}: {value!r}")


def test_dataset_without_frames_is_refused(generate_block: Factory, small_parameters: dict[str, Any]) -> None:
    problem = checks.training_problem({"x": generate_block(0)}, small_parameters)
    assert problem is not None
    assert "no labelled frame" in problem


def test_auto_counts_the_neighbours_of_all_blocks(
    small_blocks: dict[str, Any], small_parameters: dict[str, Any]
) -> None:
    small_parameters["model"]["descriptor"]["sel"] = "auto"
    assert checks.training_problem(small_blocks, small_parameters) is None
    most = [
        neighbour_counts(block.symbols, block.positions, block.cells, 5.0, ["H", "Zn"]).max(axis=0)
        for block in small_blocks.values()
    ]
    assert checks.resolve_sel(small_blocks, small_parameters) == suggest_sel(most)


def test_auto_follows_the_model_to_start_from(
    small_blocks: dict[str, Any], small_parameters: dict[str, Any], generate_potential: Factory
) -> None:
    small_parameters["model"]["descriptor"]["sel"] = "auto"
    start = generate_potential()
    assert checks.training_problem(small_blocks, small_parameters, start) is None
    frozen = read_frozen(start.base.repository.get_object_content("model.pb", mode="rb"))
    assert checks.resolve_sel(small_blocks, small_parameters, frozen) == [20, 20]


def test_start_model_of_another_shape_is_refused(
    small_blocks: dict[str, Any], small_parameters: dict[str, Any], generate_potential: Factory
) -> None:
    small_parameters["model"]["descriptor"]["neuron"] = [4]
    problem = checks.training_problem(small_blocks, small_parameters, generate_potential())
    assert problem is not None
    assert "init_model: its descriptor.neuron [3]" in problem


def test_unreadable_start_model_is_refused(
    small_blocks: dict[str, Any], small_parameters: dict[str, Any], generate_potential: Factory
) -> None:
    problem = checks.training_problem(small_blocks, small_parameters, generate_potential(b"junk" * 50))
    assert problem is not None
    assert "init_model: the model file is unreadable" in problem


def test_type_map_that_is_not_the_files_is_refused(small_blocks: dict[str, Any], generate_potential: Factory) -> None:
    """The same elements in another order would silently take zinc for hydrogen."""
    problem = checks.testing_problem({"m0": generate_potential(type_map=["Zn", "H"])}, small_blocks)
    assert problem is not None
    assert "committee.m0: the node's type_map ['Zn', 'H'] is not the file's ['H', 'Zn']" in problem


def test_data_with_an_element_the_model_does_not_know_are_refused(
    generate_block: Factory, generate_potential: Factory
) -> None:
    problem = checks.testing_problem({"m0": generate_potential()}, {"x": generate_block(symbols=["Zn", "C"] * 12)})
    assert problem is not None
    assert "blocks.x: contains C" in problem


def test_empty_committee_is_refused(small_blocks: dict[str, Any]) -> None:
    assert "committee" in str(checks.testing_problem({}, small_blocks))
