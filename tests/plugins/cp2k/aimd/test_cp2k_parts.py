"""An AIMD run cut into parts: stairs of a ramp, and continuations that take every step once."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from aiida_zif.plugins.cp2k.aimd.segments import Continuation, first_part, next_part, stairs
from aiida_zif.plugins.cp2k.task import AimdTask


def replace(task: AimdTask, **changes: Any) -> AimdTask:
    return task.model_copy(update=changes)


RUN = AimdTask(temperature=300.0, steps=20, seed=3, stride=4)
RAMP = AimdTask(temperature=(300.0, 500.0), steps=1000, seed=3, stride=10)
AUTO = AimdTask(temperature=300.0, steps=1000, seed=3, stride="auto")


def brought(labelled_up_to: int, restart_steps: list[int], **other: Any) -> dict[str, Any]:
    """What a job says."""
    last = labelled_up_to if labelled_up_to > 0 else None
    return {"labelled_up_to": labelled_up_to, "restart_steps": restart_steps, "last_label": last, "stride": 4, **other}


def test_a_run_at_constant_targets_is_one_part() -> None:
    assert first_part(RUN) == replace(RUN, run_steps=20)
    assert next_part(RUN, first_part(RUN), brought(20, [20]), 9).part is None


def test_a_part_that_was_cut_off_goes_on_at_the_step_of_its_restart_file() -> None:
    following = next_part(RUN, first_part(RUN), brought(8, [5, 10]), 9)
    assert following.source == "restart"
    assert following.part == replace(RUN, run_steps=20, first_step=10, label_after=8)
    assert following.part.labelled_steps == [12, 16, 20]


def test_a_restart_file_beyond_a_label_that_was_lost_is_of_no_use() -> None:
    following = next_part(RUN, first_part(RUN), brought(8, [10, 15]), 9)
    assert following.part is not None
    assert following.part.first_step == 10


def test_steps_that_are_done_again_are_not_labelled_again() -> None:
    following = next_part(RUN, first_part(RUN), brought(8, [5]), 9)
    assert following.part is not None
    assert (following.part.first_step, following.part.labelled_steps) == (5, [12, 16, 20])


def test_without_a_restart_file_it_goes_on_from_the_last_label_with_other_velocities() -> None:
    following = next_part(RUN, first_part(RUN), brought(8, []), 9)
    assert following.source == "label"
    assert following.part == replace(RUN, run_steps=20, first_step=8, label_after=8, seed=9)


def test_a_job_that_brought_nothing_is_repeated() -> None:
    part = first_part(RUN)
    assert next_part(RUN, part, brought(0, []), 9) == Continuation("again", part)


def test_a_run_with_less_than_a_stride_left_is_finished() -> None:
    run = replace(RUN, steps=22)
    assert next_part(run, first_part(run), brought(20, [21]), 9).part is None


def test_a_ramp_is_a_staircase_from_its_beginning_to_its_end() -> None:
    climbed = stairs(RAMP)
    assert [stair.temperature for stair in climbed] == [300, 350, 400, 450, 500]
    assert [stair.last_step for stair in climbed] == [200, 400, 600, 800, 1000]


@pytest.mark.parametrize("steps", [40, 60, 97, 1000])
def test_a_short_ramp_has_higher_stairs_and_reaches_its_end_all_the_same(steps: int) -> None:
    climbed = stairs(replace(RAMP, temperature=(800.0, 300.0), ensemble="npt", pressure=(0.0, 2.0), steps=steps))
    assert (climbed[0].temperature, climbed[-1].temperature) == (800.0, 300.0)
    assert (climbed[0].pressure, climbed[-1].pressure) == (0.0, 2.0)
    assert climbed[-1].last_step == steps
    lengths = [b.last_step - a.last_step for a, b in pairwise(climbed)]
    assert min(lengths) >= 20


def test_every_part_of_a_ramp_holds_the_target_of_its_stair() -> None:
    first = first_part(RAMP)
    second = next_part(RAMP, first, brought(200, [195, 200], stride=10), 9).part
    assert second is not None
    assert (first.temperature, first.steps, second.temperature, second.steps) == (300, 200, 350, 400)
    interrupted = next_part(RAMP, second, brought(250, [250, 255], stride=10), 9).part
    assert interrupted == replace(second, first_step=255, label_after=250)


def test_an_automatic_stride_is_measured_first_and_kept() -> None:
    first = first_part(AUTO)
    assert (first.stride, first.steps, first.run_steps) == ("auto", 800, 1000)
    following = next_part(AUTO, first, brought(792, [800], stride=12), 9).part
    assert following is not None
    assert (following.stride, following.first_step, following.steps) == (12, 800, 1000)
    assert following.labelled_steps[:2] == [804, 816]


def test_a_stride_that_could_not_be_measured_is_measured_again() -> None:
    assert next_part(AUTO, first_part(AUTO), brought(0, [10], stride=None), 9).source == "again"
