"""Who goes together into one job of the training."""

from __future__ import annotations

import pytest

from aiida_zif.workflows.members import name_of, packs


@pytest.mark.parametrize(
    ("n_models", "lanes", "sizes"), [(4, 1, [1, 1, 1, 1]), (4, 4, [4]), (4, 8, [4]), (4, 3, [2, 2]), (5, 4, [3, 2])]
)
def test_members_are_shared_evenly_among_as_few_jobs_as_they_take(n_models: int, lanes: int, sizes: list[int]) -> None:
    names = [f"model_{index}" for index in range(n_models)]
    found = packs(names, lanes)
    assert [len(names) for names in found] == sizes
    assert [name for pack in found for name in pack] == names


def test_a_job_is_named_by_its_members() -> None:
    assert name_of(["model_2"]) == "model_2"
    assert name_of(["model_0", "model_1", "model_3"]) == "model_0_to_model_3"
