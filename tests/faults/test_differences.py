"""The comparison by which campaigns that were hurt are judged finds what it is there to find."""

from __future__ import annotations

from typing import Any

import pytest
from standin_campaign import differences


def facts(**parts: Any) -> dict[str, Any]:
    whole = {"labelled": {"a": ["1", "2"], "b": ["3"]}, "dataset": {"x": ["1", "2"]}, "held_out": {"y": ["3"]}}
    whole["energies"] = {"x": [-1.0, -2.0]}
    return {**whole, "orphans": [], "unfinished": [], **parts}


def test_the_same_frames_in_other_blocks_are_no_difference() -> None:
    assert differences(facts(labelled={"c": ["3", "2", "1"]}), facts()) == []


@pytest.mark.parametrize(
    ("part", "told"),
    [
        ({"labelled": {"a": ["1", "2"], "b": ["3", "2"]}}, "labelled twice: 2"),
        ({"labelled": {"a": ["1", "2"]}}, "labelled: 1 missing, 0 of its own"),
        ({"dataset": {"x": ["1", "4"]}}, "dataset: 1 missing, 1 of its own"),
        ({"energies": {"x": [-1.0, -2.1]}}, "energies: 1 differ"),
        ({"held_out": {}}, "held_out: 1 missing, 0 of its own"),
        ({"orphans": ["Dict<5>"]}, "orphans: ['Dict<5>']"),
        ({"unfinished": ["Chain<6>"]}, "unfinished: ['Chain<6>']"),
    ],
)
def test_whatever_differs_is_told(part: dict[str, Any], told: str) -> None:
    assert differences(facts(**part), facts()) == [told]
