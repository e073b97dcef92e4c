"""Who goes together into one job of the training, and who goes on where it was cut off."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from aiida import orm

from aiida_zif.workflows.training.committee_jobs import checkpoint_of, packs, waits_for_its_turn


@pytest.mark.parametrize(
    ("n_models", "most", "sizes"), [(4, 1, [1, 1, 1, 1]), (4, 4, [4]), (4, 8, [4]), (4, 3, [2, 2]), (5, 4, [3, 2])]
)
def test_members_are_shared_evenly_among_as_few_jobs_as_they_take(n_models: int, most: int, sizes: list[int]) -> None:
    names = [f"model_{index}" for index in range(n_models)]
    found = packs(names, most)
    assert [len(names) for names in found] == sizes
    assert [name for pack in found for name in pack] == names


@pytest.mark.parametrize(
    ("status", "checkpoint", "step"),
    [(120, 50, 50), (400, 50, 50), (432, None, 0), (410, 50, 0), (120, 100, 0)],
)
def test_only_a_training_that_was_cut_off_before_its_end_goes_on(
    aiida_profile: object, status: int, checkpoint: int | None, step: int
) -> None:
    numbers = orm.Dict({"checkpoint": checkpoint, "steps_requested": 100})
    outputs = {"output_parameters": numbers, "remote_folder": "somewhere"}
    job: Any = SimpleNamespace(outputs=outputs, is_killed=False, exit_status=status)
    assert checkpoint_of(job, "model_0", status) == step


@pytest.mark.parametrize(
    ("trained", "status", "expected"),
    [(["model_0"], 120, True), (["model_0"], 300, False), (["model_0", "model_1"], 120, False), ([], 120, False)],
)
def test_a_member_waits_for_its_turn_if_its_job_was_ended_while_others_were_trained(
    trained: list[str], status: int, expected: bool
) -> None:
    outputs = {"output_parameters": dict.fromkeys(trained, "numbers")}
    job: Any = SimpleNamespace(outputs=outputs, is_killed=False, exit_status=status)
    assert waits_for_its_turn(job, "model_1", status) is expected


def test_a_member_that_has_its_job_to_itself_waits_for_nobody(aiida_profile: object) -> None:
    job: Any = SimpleNamespace(outputs={"output_parameters": orm.Dict({"steps": 3})}, is_killed=False, exit_status=120)
    assert not waits_for_its_turn(job, "model_1", 120)
