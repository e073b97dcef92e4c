"""Restart files of CP2K: whole or cut off, and of which step."""

from __future__ import annotations

import pytest
from cp2k_cases import FIXTURES

from aiida_zif.plugins.cp2k.reading.labels import Rejection
from aiida_zif.plugins.cp2k.reading.run_outcome import run_outcome
from aiida_zif.plugins.cp2k.task import AimdTask
from aiida_zif.plugins.cp2k.writing.restart import WRITTEN_FILES, restart_files, restart_step

NEWEST, BEFORE = ((FIXTURES / "restart" / name).read_text() for name in WRITTEN_FILES)


def test_a_whole_file_tells_its_step() -> None:
    assert (restart_step(BEFORE), restart_step(NEWEST)) == (8, 20)


@pytest.mark.parametrize("share", [0.0, 0.1, 0.3, 0.5, 0.7, 0.8, 0.9, 0.99])
def test_a_file_that_was_cut_off_is_not_whole(share: float) -> None:
    assert restart_step(NEWEST[: int(share * len(NEWEST.rstrip()))]) is None
    assert restart_step(BEFORE[: int(share * len(BEFORE.rstrip()))]) is None


def test_the_file_before_is_there_when_the_newest_is_torn() -> None:
    texts = dict(zip(WRITTEN_FILES, (NEWEST[:4000], BEFORE), strict=True))
    assert restart_files(texts) == {8: WRITTEN_FILES[1]}


def test_of_two_files_of_one_step_the_newest_counts() -> None:
    assert restart_files(dict.fromkeys(WRITTEN_FILES, BEFORE)) == {8: WRITTEN_FILES[0]}


def test_the_file_of_a_step_whose_forces_were_not_finished_is_not_offered() -> None:
    task = AimdTask(temperature=300.0, steps=20, seed=1, stride=4)
    lost = [Rejection(index, step, "not_reached", "") for index, step in enumerate((8, 12, 16, 20), start=1)]
    outcome = run_outcome(task, [], lost, evaluated=range(6), restart_steps=[6, 5], stride=None)
    assert outcome.restart_steps == [5]
    assert (outcome.last_step, outcome.labelled_up_to, outcome.last_label) == (5, 4, None)
