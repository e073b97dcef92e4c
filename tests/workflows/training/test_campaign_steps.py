"""The length of training: one number, or a schedule from the first cycle to the last."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic_core import PydanticCustomError

from aiida_zif.workflows.campaign.schema.training_steps import read_steps
from aiida_zif.workflows.training.schedule import training_steps


def test_one_number_holds_for_every_cycle() -> None:
    assert [training_steps(read_steps(500), cycle, 3) for cycle in range(4)] == [500] * 4


def test_a_schedule_grows_by_the_same_factor_and_ends_at_its_last_number() -> None:
    schedule = read_steps({"first": 1000, "last": 16000})
    assert [training_steps(schedule, cycle, 4) for cycle in range(5)] == [1000, 2000, 4000, 8000, 16000]


def test_the_final_committee_gets_the_last_number_in_any_cycle() -> None:
    schedule = read_steps({"first": 1000, "last": 16000})
    assert training_steps(schedule, 1, 4, final=True) == 16000
    assert training_steps(schedule, 9, 4) == 16000


@pytest.mark.parametrize(
    "value",
    [0, -5, True, "100", 1.5, None, {}, {"first": 5}, {"first": 9, "last": 3}, {"first": 1, "last": 2, "middle": 3}],
)
def test_what_is_no_length_is_refused_with_a_way_out(value: Any) -> None:
    with pytest.raises(PydanticCustomError) as refused:
        read_steps(value)
    assert refused.value.context is not None
    assert "first" in refused.value.context["allowed"]
    assert refused.value.context["fix"]
