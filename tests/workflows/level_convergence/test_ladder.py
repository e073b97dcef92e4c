"""A ladder says which levels of theory a study compares, each of them with a hash and a name of its own."""

from __future__ import annotations

import re

import pytest

from aiida_zif.plugins.cp2k.levels import Level, available_levels, load_level
from aiida_zif.workflows.level_convergence.ladder import (
    AS_IT_IS,
    TIGHTEST,
    changed,
    changes,
    own_value,
    read_ladder,
    rungs,
)
from aiida_zif.workflows.level_convergence.ladder_check import ladder_problems

CUTOFFS = {"MGRID/CUTOFF": [300, 500, 800], "SCF/EPS_SCF": [1.0e-4, 1.0e-7]}
LARGE = {"basis": "TZV2P-MOLOPT-PBE-GTH", "BASIS_SET_FILE_NAME": "BASIS_MOLOPT_UZH"}
SMALL = {"basis": "SZV-MOLOPT-SR-GTH", "BASIS_SET_FILE_NAME": "BASIS_MOLOPT"}


@pytest.fixture
def level() -> Level:
    """400 Ry, 1e-5, DZVP."""
    return load_level("pbe-d3-fast", {"MGRID/CUTOFF": 400})


def test_every_shipped_ladder_has_the_value_of_its_level_below_the_tightest() -> None:
    for level in map(load_level, available_levels()):
        for setting, values in read_ladder(level.settings["ladder"], level).items():
            assert own_value(level, setting, values[0]) in values[:-1], (level.name, setting)


def test_the_levels_own_value_is_a_rung_where_numbers_have_an_order(level: Level) -> None:
    ladder = read_ladder(CUTOFFS, level)
    assert ladder == {"MGRID/CUTOFF": [300, 400, 500, 800], "SCF/EPS_SCF": [1.0e-4, 1.0e-5, 1.0e-7]}


def test_a_level_tighter_than_the_ladder_becomes_its_end(level: Level) -> None:
    assert read_ladder({"MGRID/CUTOFF": [100, 200]}, level) == {"MGRID/CUTOFF": [100, 200, 400]}


@pytest.mark.parametrize("values", [[], [400], [400, 400]])
def test_one_value_is_no_ladder(level: Level, values: list[int]) -> None:
    with pytest.raises(ValueError, match=r"MGRID/CUTOFF.*two values or more"):
        read_ladder({"MGRID/CUTOFF": values}, level)


def test_a_level_without_a_ladder_says_how_to_give_one(level: Level) -> None:
    with pytest.raises(ValueError, match="--ladder SETTING="):
        read_ladder({}, level)


def test_each_setting_is_relaxed_with_all_others_at_their_tightest(level: Level) -> None:
    choices = rungs(read_ladder(CUTOFFS, level), level)
    assert choices[TIGHTEST] == {"MGRID/CUTOFF": 800, "SCF/EPS_SCF": 1.0e-7}
    assert choices[AS_IT_IS] == {"MGRID/CUTOFF": 400, "SCF/EPS_SCF": 1.0e-5}
    assert choices["MGRID_CUTOFF_0"] == {"MGRID/CUTOFF": 300, "SCF/EPS_SCF": 1.0e-7}
    assert len(choices) == 2 + 3 + 2


def test_names_are_fit_for_labels_of_links(level: Level) -> None:
    names = rungs({"XC/XC_FUNCTIONAL/_": ["PBE", "BLYP"], **CUTOFFS}, level)
    assert all(re.fullmatch(r"[A-Za-z0-9]+(_[A-Za-z0-9]+)*", name) for name in names)


def test_the_level_as_it_is_keeps_its_hash_and_every_other_choice_has_one_of_its_own(level: Level) -> None:
    choices = rungs(read_ladder(CUTOFFS | {"basis": [SMALL, LARGE]}, level), level)
    hashes = {name: changed(level, choice).hash for name, choice in choices.items()}
    assert hashes[AS_IT_IS] == level.hash
    assert len(set(hashes.values())) == len(hashes)


def test_a_rung_does_not_depend_on_the_rest_of_the_ladder(level: Level) -> None:
    assert "ladder" not in changed(level, {"MGRID/CUTOFF": 300}).settings


def test_a_level_stays_as_it_was(level: Level) -> None:
    changed(level, {"MGRID/CUTOFF": 300, "basis": LARGE})
    assert level.hash == load_level("pbe-d3-fast", {"MGRID/CUTOFF": 400}).hash


def test_the_changes_are_overrides_that_give_the_same_level(level: Level) -> None:
    choice = {"MGRID/CUTOFF": 700, "SCF/EPS_SCF": 1.0e-5, "basis": LARGE}
    overrides = changes(choice, level)
    assert overrides == {"MGRID/CUTOFF": 700, **LARGE}
    loaded, ours = load_level(level.name, overrides), changed(level, choice)
    assert loaded.hash == ours.hash
    assert set(loaded.line.split("; ")) == set(ours.line.split("; "))


def test_what_cp2k_does_not_know_is_refused_with_what_it_is(level: Level) -> None:
    ladder = {
        "MGRID/CUTOF": [1, 2],
        "MGRID/CUTOFF": ["low", 300],
        "SCF/MAX_SCF": [5, 9],
        "QS/EPS_DEFAULT": [1e-8, 1e-9],
    }
    text = "\n".join(ladder_problems(ladder, level))
    assert "ladder.MGRID/CUTOF: " in text
    assert "CUTOFF" in text
    assert "'low'" in text
    assert "SCF/MAX_SCF: found a setting that changes the cost" in text
    assert "EPS_DEFAULT" not in text


def test_a_level_without_basis_sets_cannot_vary_them() -> None:
    (problem,) = ladder_problems({"basis": ["A", "B"]}, load_level("gfn1-xtb"))
    assert "no basis" in problem


def test_a_rung_that_does_not_fit_the_functional_is_refused() -> None:
    problems = ladder_problems({"potential": ["GTH-PBE", "GTH-BLYP"]}, load_level("pbe-d3"))
    assert len(problems) == 1
    assert "GTH-BLYP, which was made for BLYP" in problems[0]
