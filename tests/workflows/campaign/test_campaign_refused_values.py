"""A wrong key or value is refused with line, field, what was found, what is allowed, and how to fix it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from aiida_zif.workflows.campaign.loading import Problem

HEAD = "name: test\nprotocol: demo\n"
SYSTEMS = "systems:\n  zif4: {structure: zif-4}\n"
BASE = HEAD + SYSTEMS
Refuse = Callable[..., list[Problem]]


def test_an_unknown_key_is_refused_with_a_proposal(refused: Refuse) -> None:
    (problem,) = refused(BASE + "training:\n  setps: 500\n")
    assert (problem.line, problem.field, problem.fix) == (6, "training.setps", "did you mean 'steps'?")
    assert "models, steps, rcut" in problem.allowed


def test_an_unknown_key_at_the_top_is_refused(refused: Refuse) -> None:
    assert refused(BASE + "trainig: {}\n")[0].fix == "did you mean 'training'?"


def test_an_unknown_key_in_a_list_is_refused(refused: Refuse) -> None:
    runs = "[{temperature: 300 K, steps: 10, stride: 2, temprature: 3 K}]"
    assert refused(BASE + f"seed_data: {{aimd: {runs}}}\n")[0].field == "seed_data.aimd[0].temprature"


def test_an_unknown_protocol_is_refused(refused: Refuse) -> None:
    (problem,) = refused(BASE.replace("demo", "dmeo"))
    assert (problem.line, problem.fix) == (2, "did you mean 'demo'?")


def test_a_missing_key_is_refused(refused: Refuse) -> None:
    (problem,) = refused("protocol: demo\n" + SYSTEMS)
    assert (problem.field, problem.found) == ("name", "nothing")


@pytest.mark.parametrize("value", ["''", "../x", "'a\\nb'", "3", "{a: b}"])
def test_a_name_that_is_no_name_is_refused(refused: Refuse, value: str) -> None:
    assert refused(BASE.replace("name: test", f"name: {value}"))[0].field == "name"


@pytest.mark.parametrize("value", ["1.5", "'4'", "yes", "-1", "1e3", "[1]"])
def test_a_seed_that_is_no_whole_number_is_refused(refused: Refuse, value: str) -> None:
    (problem,) = refused(BASE + f"seed: {value}\n")
    assert (problem.line, problem.field) == (5, "seed")
    assert "whole number" in problem.allowed


def test_a_bare_number_is_refused_with_the_unit_that_is_wanted(refused: Refuse) -> None:
    (problem,) = refused(BASE + "training: {rcut: 5}\n")
    assert (problem.field, problem.found) == ("training.rcut", "5")
    assert "'5 Å'" in problem.fix


def test_a_wrong_unit_is_refused(refused: Refuse) -> None:
    (problem,) = refused(BASE + "exploration: {pressures: [1 K]}\n")
    assert problem.field == "exploration.pressures[0]"
    assert "GPa" in problem.allowed


@pytest.mark.parametrize("value", ["0 K", "-5 K", "5001 K"])
def test_an_impossible_temperature_is_refused(refused: Refuse, value: str) -> None:
    (problem,) = refused(BASE + f"exploration:\n  temperatures:\n    - 300 K\n    - {value}\n")
    assert (problem.line, problem.field) == (8, "exploration.temperatures[1]")
    assert "above 0 K up to 5000 K" in problem.allowed


def test_a_temperature_given_twice_is_refused(refused: Refuse) -> None:
    assert refused(BASE + "exploration: {temperatures: [300 K, 300 K]}\n")[0].field == "exploration.temperatures"


def test_no_temperature_is_refused(refused: Refuse) -> None:
    assert refused(BASE + "exploration: {temperatures: []}\n")[0].field == "exploration.temperatures"


def test_several_pressures_at_constant_volume_are_refused(refused: Refuse) -> None:
    problem = refused(BASE + "exploration: {ensemble: nvt}\n")[0]
    assert problem.field == "exploration.pressures"


def test_a_misspelt_choice_is_refused_with_a_proposal(refused: Refuse) -> None:
    assert refused(BASE + "exploration: {ensemble: nptt}\n")[0].fix == "did you mean 'npt'?"


def test_an_unknown_strategy_is_refused(refused: Refuse) -> None:
    (problem,) = refused(BASE + "selection: {strategy: [widow, budget]}\n")
    assert (problem.field, problem.found) == ("selection.strategy", "'widow'")
    assert problem.fix == "did you mean 'window'?"
    assert "random" in problem.allowed


def test_an_unknown_strategy_of_one_system_is_refused(refused: Refuse) -> None:
    (problem,) = refused(HEAD + "systems:\n  zif4: {structure: zif-4, selection: {strategy: windw}}\n")
    assert (problem.line, problem.field) == (4, "systems.zif4.selection.strategy")


@pytest.mark.parametrize(
    ("settings", "field", "fix"),
    [
        ("strategy: 5", "strategy", "write a list"),
        ("strategy: []", "strategy", "add at least one"),
        ("strategy: [window, window]", "strategy", "remove the second"),
        ("strategy: window, options: {diversity: {weight: 2}}", "options.diversity", "add it to selection.strategy"),
        ("strategy: [window, diversity], options: {diversity: {wait: 2}}", "options.diversity.wait", "'weight'"),
        ("options: {budget: 3}", "options.budget", "key: value"),
        ("options: {window: {lower: 0.1}}", "options.window.lower", "remove it"),
        ("window: {target_error: 0.1}", "window.target_error", "0.1 eV/Å"),
        ("window: {quantiles: [0.9, 0.5]}", "window.quantiles", "0.99"),
        ("window: {adaptive: 0}", "window.adaptive", "take a number"),
        ("window: {adaptive: 2.0, target_error: 0.1 eV/Å}", "window.target_error", "adaptive: null"),
        ("per_condition: 0", "per_condition", "take a number"),
    ],
)
def test_a_choice_that_cannot_be_made_is_refused(refused: Refuse, settings: str, field: str, fix: str) -> None:
    problem = refused(BASE + f"selection: {{{settings}}}\n")[0]
    assert problem.field == f"selection.{field}"
    assert fix in problem.fix


def test_a_halt_temperature_below_the_hottest_run_is_refused(refused: Refuse) -> None:
    (problem,) = refused(BASE + "exploration: {halt: {temperature: 500 K}}\n")
    assert problem.field == "exploration.halt.temperature"


def test_sampling_more_rarely_than_the_run_is_long_is_refused(refused: Refuse) -> None:
    assert refused(BASE + "exploration: {steps: 10, sample_every: 20}\n")[0].field == "exploration.sample_every"


def test_a_stride_longer_than_the_run_is_refused(refused: Refuse) -> None:
    runs = "[{temperature: 300 K, steps: 10, stride: 20}]"
    assert refused(BASE + f"held_out: {{aimd: {runs}}}\n")[0].field == "held_out.aimd[0].stride"


def test_a_campaign_without_held_out_frames_is_refused(refused: Refuse) -> None:
    assert refused(BASE + "held_out: {aimd: []}\n")[0].field == "held_out.aimd"


def test_a_campaign_without_first_frames_is_refused(refused: Refuse) -> None:
    assert refused(BASE + "seed_data: {aimd: [], perturbed: null}\n")[0].field == "seed_data.aimd"


@pytest.mark.parametrize(("lower", "upper"), [("5 eV/Å", "0.1 eV/Å"), ("100 meV/Å", "0.1 eV/Å")])
def test_a_window_that_is_not_open_is_refused(refused: Refuse, lower: str, upper: str) -> None:
    assert refused(BASE + f"selection: {{lower: {lower}, upper: {upper}}}\n")[0].field == "selection.lower"


def test_a_single_model_is_refused_because_it_has_no_deviation(refused: Refuse) -> None:
    assert refused(BASE + "training: {models: 1}\n")[0].field == "training.models"


@pytest.mark.parametrize(("field", "value"), [("cycles", -1), ("labels", 0)])
def test_limits_that_are_no_numbers_of_cycles_and_labels_are_refused(refused: Refuse, field: str, value: int) -> None:
    assert refused(BASE + f"limits: {{{field}: {value}}}\n")[0].field == f"limits.{field}"


@pytest.mark.parametrize("value", ["1.5", "-0.1", ".nan", "'0.3'"])
def test_a_failure_budget_that_is_no_share_is_refused(refused: Refuse, value: str) -> None:
    assert refused(BASE + f"failure_budget: {{label: {value}}}\n")[0].field == "failure_budget.label"


def test_a_code_without_its_computer_is_refused(refused: Refuse) -> None:
    (problem,) = refused(BASE + "codes: {cp2k: cp2k}\n")
    assert "cp2k@localhost" in problem.allowed


def test_an_unknown_stage_is_refused(refused: Refuse) -> None:
    assert refused(BASE + "resources: {lable: {}}\n")[0].fix == "did you mean 'label'?"


def test_no_ranks_are_refused(refused: Refuse) -> None:
    assert refused(BASE + "resources: {label: {ranks: 0}}\n")[0].field == "resources.label.ranks"


@pytest.mark.parametrize("text", ["{modle: {}}", "{model: {type_map: [H]}}", "{training: {numb_steps: 5}}"])
def test_entries_of_deepmd_that_are_ours_or_unknown_are_refused(refused: Refuse, text: str) -> None:
    assert refused(BASE + f"training: {{deepmd: {text}}}\n")[0].field.startswith("training.deepmd.")


@pytest.mark.parametrize("value", ["2020-01-01", ".nan", "!!binary aGk=", "!!set {a}"])
def test_what_json_cannot_hold_is_refused_in_a_free_mapping(refused: Refuse, value: str) -> None:
    assert refused(BASE + f"training: {{deepmd: {{model: {{a: {value}}}}}}}\n")[0].field == "training.deepmd.model.a"


def test_a_type_map_without_one_of_the_elements_is_refused(refused: Refuse) -> None:
    (problem,) = refused(BASE + "type_map: [H, C, Zn]\n")
    assert (problem.line, problem.field) == (5, "type_map")
    assert "without N of systems.zif4" in problem.found


def test_a_type_map_with_an_element_twice_is_refused(refused: Refuse) -> None:
    (problem,) = refused(BASE + "type_map: [H, C, N, Zn, N]\n")
    assert problem.field == "type_map[4]"


def test_a_type_map_entry_that_is_no_element_is_refused(refused: Refuse) -> None:
    assert refused(BASE + "type_map: [H, C, N, Zn, zn]\n")[0].fix == "did you mean 'Zn'?"


def test_an_empty_type_map_is_refused(refused: Refuse) -> None:
    assert refused(BASE + "type_map: []\n")[0].field == "type_map"


def test_an_unknown_level_of_theory_is_refused_with_a_proposal(refused: Refuse) -> None:
    (problem,) = refused(BASE + "level_of_theory: pbe-d4\n")
    assert (problem.line, problem.fix) == (5, "did you mean 'pbe-d3'?")


def test_an_unknown_override_of_the_level_is_refused(refused: Refuse) -> None:
    (problem,) = refused(BASE + "level_of_theory: {name: pbe-d3, overrides: {nonsense: 1}}\n")
    assert problem.field == "level_of_theory.overrides.nonsense"


@pytest.mark.parametrize(
    ("section", "field", "allowed"),
    [
        ("exploration: {thermostat_time: 0.1 fs}", "exploration.thermostat_time", "at least two time steps (1 fs)"),
        ("exploration: {thermostat_time: 1 ns}", "exploration.thermostat_time", "at most 10000 fs"),
        ("exploration: {barostat_time: 1 fs}", "exploration.barostat_time", "at least 20 time steps (10 fs)"),
        ("exploration: {barostat_time: 900 ps}", "exploration.barostat_time", "at most 100000 fs"),
        (
            "seed_data: {aimd: [{temperature: 300 K, steps: 24, stride: 4, thermostat_time: 0.1 fs}]}",
            "seed_data.aimd[0].thermostat_time",
            "at least two time steps (1 fs)",
        ),
        (
            "held_out: {aimd: [{temperature: 300 K, steps: 24, stride: 4, barostat_time: 2 fs}]}",
            "held_out.aimd[0].barostat_time",
            "at least 20 time steps (10 fs)",
        ),
        ("exploration: {steps: 8000000000}", "exploration.steps", "at most 1000000000"),
        ("exploration: {ensemble: nvt, pressures: [1 GPa]}", "exploration.pressures", "with ensemble npt only"),
        ("exploration: {chemistry: {density: [0, 2]}}", "exploration.chemistry.density[0]", "above 0, below 1"),
        ("exploration: {chemistry: {density: [0.5, 1]}}", "exploration.chemistry.density[1]", "above 1, at most 10"),
        (
            "exploration: {chemistry: {density: 2}}",
            "exploration.chemistry.density",
            "a list of 2: a number, above 0, below 1; a number, above 1, at most 10",
        ),
        ("convergence: {observable: {name: volume}}", "convergence.observable.name", "one of density, metal_nitrogen"),
    ],
)  # fmt: skip
def test_dynamics_that_make_no_sense_are_refused(refused: Refuse, section: str, field: str, allowed: str) -> None:
    (problem,) = refused(BASE + section + "\n")
    assert problem.field == field
    assert allowed in problem.allowed


def test_a_limit_below_the_first_labels_is_refused_with_the_numbers(refused: Refuse) -> None:
    (problem,) = refused(BASE + "limits: {labels: 23}\n")
    assert (problem.field, problem.found) == ("limits.labels", "23")
    assert problem.allowed == "at least 24: 18 to start with (seed_data), 6 held out (held_out)"


def test_first_labels_of_a_system_of_its_own_and_of_a_measured_stride_count(refused: Refuse) -> None:
    own = "systems:\n  a: {structure: zif-4}\n  b: {structure: zif-4, seed_data: {perturbed: null}}\n"
    auto = "held_out: {aimd: [{temperature: 600 K, steps: 100, stride: auto}]}\n"  # of which 10 labels are certain
    (problem,) = refused(HEAD + own + auto + "limits: {labels: 43}\n")
    assert problem.allowed == "at least 44: 24 to start with (seed_data), 20 held out (held_out)"


def test_steps_with_an_exponent_are_answered_with_the_whole_number(refused: Refuse) -> None:
    (problem,) = refused(BASE + "training: {steps: 1e5}\n")
    assert problem.fix == "write 100000: a whole number, without point or exponent"
