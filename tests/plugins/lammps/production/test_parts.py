"""Where a trajectory is cut, how often it is looked at, and which frames come back."""

from __future__ import annotations

from typing import Any

import pytest

from aiida_zif.plugins.lammps.production.parts import cut, noise_of, snapshot_steps, strides_of
from aiida_zif.plugins.lammps.production.settings import Settings, check_stages

STAGES: list[dict[str, Any]] = [
    {"kind": "minimise", "steps": 50},
    {"kind": "equilibrate", "temperature": 300, "steps": 90},
    {"kind": "ramp", "temperature": [300, 600], "pressure": 0, "steps": 200, "snapshots": 3},
    {"kind": "hold", "temperature": 600, "steps": 60, "snapshots": 1},
]


def parts_of(stages: list[dict[str, Any]], n_models: int = 2, **settings: Any) -> Any:
    checked = Settings.from_dict(settings)
    trajectory = check_stages(stages, checked)
    return cut(trajectory, checked, strides_of(trajectory, checked, n_models, 272))


def test_parts_meet_at_fixed_steps_and_hold_every_step_of_every_stage_once() -> None:
    parts = parts_of(STAGES, checkpoint_every=100, sample_every=10)
    assert [(part.first, part.last) for part in parts] == [(0, 100), (100, 200), (200, 300), (300, 350)]
    pieces = [
        (number, one.first, one.last) for part in parts for number, one in zip(part.stages, part.segments, strict=True)
    ]
    assert pieces == [(1, 0, 90), (2, 90, 100), (2, 100, 200), (2, 200, 290), (3, 290, 300), (3, 300, 350)]
    ramps = [one for part in parts for number, one in zip(part.stages, part.segments, strict=True) if number == 2]
    assert {(one.start, one.stop, one.mark) for one in ramps} == {(90, 290, "_2")}


def test_every_part_has_noise_of_its_own_that_follows_from_the_seed() -> None:
    noise = {noise_of(7, part, 1) for part in range(100)}
    assert len(noise) == 100
    assert noise_of(7, 3, 1) == noise_of(7, 3, 1) != noise_of(8, 3, 1)
    assert all(1 <= one <= 900_000_000 for one in noise)


@pytest.mark.parametrize(("n_models", "every"), [(2, 5), (4, 15), (6, 25)])
def test_the_committee_costs_no_more_than_a_fifth(n_models: int, every: int) -> None:
    settings = Settings.from_dict({"sample_every": 1})
    strides = strides_of(check_stages(STAGES, settings), settings, n_models, 272)
    assert strides.deviation == every
    assert (n_models - 1) / strides.deviation <= 0.2
    assert strides.checkpoint % strides.deviation == 0


def test_a_long_run_is_not_looked_at_more_often_than_its_disk_can_hold() -> None:
    settings = Settings.from_dict({})
    stages = check_stages([{"kind": "nvt", "temperature": 300, "steps": 10_000_000}], settings)
    strides = strides_of(stages, settings, 2, 272)
    assert 10_000_000 / strides.sample <= 20_000
    assert 10_000_000 / strides.checkpoint <= 20


def test_snapshots_are_evenly_spaced_to_the_end_of_their_stage() -> None:
    stages = check_stages(STAGES, Settings.from_dict({}))
    assert snapshot_steps(stages, 10) == [160, 230, 290, 350]
    assert snapshot_steps(stages, 1) == [90 + 67, 90 + 134, 290, 350]
