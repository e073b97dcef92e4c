"""Tasks as they are stored, by this version and by earlier ones."""

from __future__ import annotations

from typing import Any

import pytest

from aiida_zif.plugins.cp2k.reading.gates import Gates
from aiida_zif.plugins.cp2k.task import AimdTask, BatchTask, read_task

PART = {
    "mode": "aimd", "temperature": 300.0, "steps": 12, "seed": 4711, "ensemble": "nvt", "timestep": 0.5, "stride": 4,
    "run_steps": 20, "first_step": 0, "label_after": 0, "deuterium": False, "thermostat": "csvr",
    "thermostat_time": 50.0, "pressure": 0.0, "barostat_time": 300.0,
    "gates": {"contact": 0.5, "max_force": 50.0, "net_force": 0.1, "energy_band": 0.5, "energy_deviations": 8.0,
              "energy_frames": 8, "stress": True, "smearing": False},
}  # fmt: skip
"""A part of a run as an earlier version stored it: no number of its definition, no gates of stresses."""


def test_a_task_of_an_earlier_version_is_read() -> None:
    part = read_task(PART)
    assert isinstance(part, AimdTask)
    assert (part.steps, part.all_steps, part.labelled_steps) == (12, 20, [4, 8, 12])
    assert part.gates == Gates()


@pytest.mark.parametrize(
    "content",
    [
        {"mode": "batch", "gates": None},
        {"mode": "batch", "batch_time": 1800},
        PART | {"run_steps": None},
        PART | {"temperature": [300, 800], "steps": 200, "run_steps": 200},
    ],
)
def test_what_was_written_long_ago_is_still_a_task(content: dict[str, Any]) -> None:
    assert read_task(content).as_dict()["schema"] == 1


@pytest.mark.parametrize("task", [BatchTask(batch_time=60.0), AimdTask(temperature=(300.0, 500.0), steps=80, seed=2)])
def test_a_task_comes_back_as_it_was_written(task: AimdTask | BatchTask) -> None:
    content = task.as_dict()
    assert (content["schema"], content["mode"]) == (1, task.mode)
    assert read_task(content) == task
