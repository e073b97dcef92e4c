"""A campaign file that asks for no labels and no exploration: what it needs, and where `imported` may stand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from aiida_zif.workflows.campaign.settings import Settings

Load = Callable[[str], Any]
HEAD = """name: x
protocol: fast
level_of_theory: imported
type_map: [H, C, N, Zn]
systems: {zif4: {structure: imported}}
"""
DATA = """seed_data: {imported: [learnt], aimd: [], perturbed: {frames: 0}}
held_out: {imported: [kept], aimd: []}
"""
NO_CYCLES = "limits: {cycles: 0}\n"


def test_it_needs_no_code_but_that_of_the_training(load: Load) -> None:
    campaign = load(HEAD + DATA + NO_CYCLES)
    assert campaign.code_labels() == {"dp": "dp@localhost"}
    assert campaign.settings().only_trains


def test_what_it_stores_says_so_too(load: Load) -> None:
    stored = Settings.from_dict(load(HEAD + DATA + NO_CYCLES).settings().as_dict())
    assert stored.only_trains
    assert stored.systems["zif4"].structure == "imported"


@pytest.mark.parametrize(
    ("old", "new", "codes"),
    [
        ("aimd: [], perturbed: {frames: 0}", "aimd: [], perturbed: {frames: 4}", ["cp2k", "dp"]),
        ("cycles: 0", "cycles: 1", ["cp2k", "dp", "lmp", "python"]),
    ],
    ids=["first labels", "cycles"],
)
def test_labels_require_cp2k_and_cycles_require_all_codes(load: Load, old: str, new: str, codes: list[str]) -> None:
    text = HEAD.replace("level_of_theory: imported", "level_of_theory: pbe-d3").replace("imported", "zif-4")
    assert sorted(load((text + DATA + NO_CYCLES).replace(old, new)).code_labels()) == codes


@pytest.mark.parametrize(
    ("old", "new", "computed"),
    [
        ("cycles: 0", "cycles: 3", "limits.cycles is 3"),
        ("perturbed: {frames: 0}", "perturbed: {frames: 4}", "frames of systems.zif4 are labelled first"),
    ],
    ids=["cycles", "first labels"],
)
def test_imported_stands_for_no_level_and_no_structure_of_what_is_computed(
    refused: Callable[..., list[Any]], old: str, new: str, computed: str
) -> None:
    problems = refused((HEAD + DATA + NO_CYCLES).replace(old, new))
    assert [problem.field for problem in problems] == ["level_of_theory", "systems.zif4.structure"]
    assert all(computed in problem.found for problem in problems)


def test_elements_are_written_where_no_structure_names_them(refused: Callable[..., list[Any]]) -> None:
    (problem,) = refused((HEAD + DATA + NO_CYCLES).replace("type_map: [H, C, N, Zn]\n", ""))
    assert (problem.field, problem.fix) == ("type_map", "write for example type_map: [H, C, N, Zn]")


def test_imported_frames_have_the_cell_that_they_have(refused: Callable[..., list[Any]]) -> None:
    text = HEAD.replace("structure: imported", "structure: imported, supercell: [2, 1, 1]")
    (problem,) = refused(text + DATA + NO_CYCLES)
    assert problem.field == "systems.zif4.supercell"
