"""Times that a labelling job tells of itself."""

from __future__ import annotations

import pytest

from aiida_zif.plugins.cp2k.batches.report import times
from aiida_zif.plugins.cp2k.reading.outputs import Evaluation, MainOutput


def run(seconds: list[float | None], wall: float | None, temperature: float | None) -> MainOutput:
    evaluations = {
        step: Evaluation(step, -1.0, None, True, 10, temperature=temperature, seconds=value)
        for step, value in enumerate(seconds)
    }
    return MainOutput(evaluations=evaluations, wall_s=wall)


def test_the_first_step_of_dynamics_holds_the_start_and_does_not_count_as_a_step() -> None:
    told = times(run([None, 6.0, 1.5, 1.5], wall=9.5, temperature=300.0))
    assert told["seconds_per_frame"] == pytest.approx(1.5)
    assert told["first_frame_s"] == pytest.approx(5.0)


def test_every_frame_of_a_batch_but_the_first_has_a_time_of_its_own() -> None:
    told = times(run([None, 3.0, 5.0], wall=12.0, temperature=None))
    assert told["seconds_per_frame"] == pytest.approx(4.0)
    assert told["first_frame_s"] == pytest.approx(4.0)


def test_a_job_of_one_frame_costs_what_it_took() -> None:
    assert times(run([None], wall=3.5, temperature=None)) == {
        "wall_s": 3.5,
        "seconds_per_frame": 3.5,
        "first_frame_s": 3.5,
    }


def test_a_killed_job_tells_the_time_of_its_finished_frames() -> None:
    told = times(run([None, 2.0, 4.0], wall=None, temperature=None))
    assert told == {"wall_s": 6.0, "seconds_per_frame": pytest.approx(3.0), "first_frame_s": None}
