"""Names of a campaign that stored graphs hold: they are made as ever, and read back."""

from __future__ import annotations

import pytest

from aiida_zif.workflows.active_learning.state.naming import (
    SEED_PERTURBED,
    Evidence,
    FirstTask,
    StepName,
    block_in_dataset,
    held_out_task,
    seed_aimd_task,
    use_of,
)


@pytest.mark.parametrize(
    ("label", "step"),
    [
        ("c00_label_zif4_seed_aimd_0", StepName(0, "label", "zif4_seed_aimd_0")),
        ("c01_train", StepName(1, "train")),
        ("c01_test_again", StepName(1, "test", "again")),
        ("c07_acquire_zif_8", StepName(7, "acquire", "zif_8")),
        ("c100_judge", StepName(100, "judge")),
    ],
)
def test_the_name_of_a_step_is_read_back(label: str, step: StepName) -> None:
    assert step.label() == label
    assert StepName.parse(label) == step


def test_what_is_no_step_is_told_from_one() -> None:
    assert [StepName.parse(label) for label in ("CALL", "attempt_0", "explore", "")] == [None] * 4


@pytest.mark.parametrize("system", ["zif4", "a_seed_b", "a_held_out_1"])
@pytest.mark.parametrize("task", [seed_aimd_task(12), held_out_task(0), SEED_PERTURBED])
def test_the_name_of_a_first_task_is_read_back_whatever_its_system_is_called(system: str, task: str) -> None:
    first = FirstTask(system, task)
    assert FirstTask.parse(first.label()) == FirstTask.within(system, first.label()) == first


def test_first_tasks_are_named_as_in_stored_graphs() -> None:
    tasks = [FirstTask("zif4", task).label() for task in (seed_aimd_task(0), SEED_PERTURBED, held_out_task(1))]
    assert tasks == ["zif4_seed_aimd_0", "zif4_seed_perturbed", "zif4_held_out_1"]
    assert FirstTask.parse("zif4") is None


def test_a_task_says_what_its_labels_are_for() -> None:
    assert [use_of(task) for task in (seed_aimd_task(0), SEED_PERTURBED)] == ["training", "training"]
    assert use_of(held_out_task(0)) == "held_out"


@pytest.mark.parametrize(
    ("label", "evidence"),
    [
        ("compare_c07_zif4", Evidence("compare", 7, "zif4")),
        ("compare_c100_zif_8", Evidence("compare", 100, "zif_8")),
        ("errors_c07_test", Evidence.of_test("c07_test")),
        ("errors_c07_test_again", Evidence.of_test("c07_test_again")),
    ],
)
def test_the_name_of_evidence_is_read_back(label: str, evidence: Evidence) -> None:
    assert evidence.label() == label
    assert Evidence.parse(label) == evidence


def test_a_held_out_block_is_no_evidence_by_itself() -> None:
    assert Evidence.parse("block_errors_c01_test") is None


def test_blocks_of_two_cycles_never_have_one_name_in_a_data_set() -> None:
    assert block_in_dataset(0, "zif4_seed_aimd_0", "attempt_0") == "c00_zif4_seed_aimd_0_attempt_0"
    assert block_in_dataset(12, "zif4", "attempt_0") == "c12_zif4_attempt_0"
