"""Names that stored graphs hold: they are made as ever, and read back."""

from __future__ import annotations

import pytest

from aiida_zif.workflows.engine.naming import Split, Try, as_kind, job_of_members, key_of, number_in, of_kind


def test_a_run_of_a_job_is_named_by_how_often_it_was_run_before() -> None:
    assert [Try("zif4", n).label() for n in range(4)] == ["zif4", "zif4_again", "zif4_again_2", "zif4_again_3"]


def test_a_job_is_named_by_its_first_and_last_member() -> None:
    assert job_of_members(["model_2"]) == "model_2"
    assert job_of_members(["model_0", "model_1", "model_3"]) == "model_0_to_model_3"


def test_nodes_of_a_kind_are_told_from_others_and_get_their_names_back() -> None:
    nodes = {"a": 1, "earlier_b": 2}
    assert of_kind("earlier", {**as_kind("earlier", nodes), "waiting_a": 3, "earliera": 4}) == nodes


def test_numbers_of_any_length_are_read_from_the_end_of_a_name() -> None:
    assert sorted((key_of("attempt", n) for n in (10, 9, 100)), key=number_in) == [
        "attempt_9",
        "attempt_10",
        "attempt_100",
    ]


def test_the_name_of_a_layout_is_read_back() -> None:
    assert Split(12, 2).label() == "ranks_12_threads_2"
    assert Split.parse("ranks_12_threads_2") == Split(12, 2)
    with pytest.raises(ValueError, match="dynamics found, a layout such as"):
        Split.parse("dynamics")
