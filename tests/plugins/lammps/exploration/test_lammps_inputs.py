"""Input of a lane, against what was run for the stored outputs."""

from __future__ import annotations

from typing import Any

import pytest
from lammps_toy import PACKED, PARAMETERS, RUNS, TYPE_MAP

from aiida_zif.plugins.lammps.exploration.inputs import Lane, lane_input, pack, preflights_of
from aiida_zif.plugins.lammps.exploration.settings import Settings, check_runs


def written(members: list[int], n_models: int = 2, seconds: int | None = None, **changes: Any) -> str:
    settings = Settings.from_dict(PARAMETERS | changes)
    runs = check_runs(RUNS, settings, 1)
    return lane_input(Lane([(index, runs[index]) for index in members], settings, TYPE_MAP, n_models, 24, seconds))


@pytest.mark.parametrize(("lane", "members"), [(0, [1]), (1, [0, 2])])
def test_lane_is_what_was_run(lane: int, members: list[int]) -> None:
    assert written(members) == (PACKED / f"lane_{lane}.in").read_text()


def test_units_are_those_of_lammps() -> None:
    text = written([0], timestep=0.25, thermostat_time=40, barostat_time=400)
    assert "timestep 0.00025" in text
    assert "fix move all npt temp 300 300 0.04 tri 5000 5000 0.4 flip no" in text


def test_single_model_asks_for_no_deviation() -> None:
    text = written([0, 1, 2], n_models=1)
    assert "out_file" not in text
    assert "variable line" not in text.replace("variable line delete", "")


def test_lane_stops_by_itself_before_the_wall_time() -> None:
    text = written([0], seconds=3725)
    assert "variable late equal v_now-v_began>3725\n" in text
    assert text.count("variable now timer\nif ") == text.count("$(v_late) > 0.5") > 0
    assert "variable late equal 0\n" in written([0])


def test_deviation_does_not_halt_where_no_level_is_given() -> None:
    assert "deviation_hopeless" not in written([0], halt={"temperature": 6000})


def test_the_state_is_looked_at_after_the_last_step_of_every_chunk() -> None:
    lines = written([0, 1, 2]).splitlines()
    lines = [line for line in lines if line != "variable now timer"]
    after = [lines[index + 1] for index, line in enumerate(lines) if line.startswith("run ")]
    assert len(after) == 4 + 5  # the beginning of every stage, every loop over chunks, and what is left of a stage
    assert all("$(v_sane) < 0.5" in line and '"variable status string halted" "jump SELF' in line for line in after)
    assert sum("$(step) < $(v_mark+" in line and "$(v_late) > 0.5" in line for line in after) == 5


def test_a_deviation_is_known_to_be_a_number_before_it_is_compared() -> None:
    text = written([2])
    known, compared = text.index("$(next(mean)<1e+30) < 0.5"), text.index('"${words} > 1"')
    assert known < compared


def test_an_equilibration_takes_energy_out_with_friction_and_leaves_no_trace_in_what_follows() -> None:
    before = {"kind": "equilibrate", "temperature": 300, "pressure": 0.5, "coupling": "iso", "steps": 24}
    sampled = {"kind": "npt", "temperature": 300, "pressure": 0.5, "coupling": "iso", "steps": 30}
    settings = Settings.from_dict(PARAMETERS)
    (run,) = check_runs([{"label": "r", "start": 0, "seed": 5, "stages": [before, sampled]}], settings, 1)
    lines = lane_input(Lane([(0, run)], settings, TYPE_MAP, 2, 24)).splitlines()
    first = lines.index("fix move all nph iso 5000 5000 0.5 flip no")
    assert lines[first + 1] == "fix bath all langevin 300 300 0.01 5 zero yes"
    second = lines.index("fix move all npt temp 300 300 0.005 iso 5000 5000 0.5 flip no")
    assert lines[second - 2 : second] == ["unfix move", "unfix bath"]
    assert any(line.endswith("start 24 stop 54") for line in lines[second:])
    constant = [{"kind": "equilibrate", "temperature": 300, "steps": 24}, {**RUNS[1]["stages"][0]}]
    (run,) = check_runs([{"label": "r", "start": 0, "seed": 5, "stages": constant}], settings, 1)
    assert "fix move all nve" in lane_input(Lane([(0, run)], settings, TYPE_MAP, 2, 24)).splitlines()


def test_every_member_drives_where_it_is_told_to() -> None:
    settings = Settings.from_dict(PARAMETERS)
    runs = check_runs([{**run, "driver": driver} for run, driver in zip(RUNS, (0, 1, 5), strict=True)], settings, 1)
    text = lane_input(Lane(list(enumerate(runs)), settings, TYPE_MAP, 3, 24))
    first = [line.split()[2:5] for line in text.splitlines() if "out_file" in line]
    assert first == [
        ["model_0.pb", "model_1.pb", "model_2.pb"],
        ["model_1.pb", "model_2.pb", "model_0.pb"],
        ["model_2.pb", "model_0.pb", "model_1.pb"],
    ]


def test_preflight_of_a_driver_comes_before_its_runs_is_cold_and_passes_them_over_if_it_fails() -> None:
    settings = Settings.from_dict(PARAMETERS | {"preflight": 20})
    runs = [run.model_copy(update={"driver": index % 2}) for index, run in enumerate(check_runs(RUNS, settings, 1))]
    trials = preflights_of(1, [0, 1, 2], runs, settings, 2)
    assert [(name, trial.driver) for name, trial in trials] == [("preflight_1_0", 0), ("preflight_1_1", 1)]
    assert {stage.temperature for _, trial in trials for stage in trial.dynamics} == {(300.0, 300.0)}
    text = lane_input(Lane(list(enumerate(runs)), settings, TYPE_MAP, 2, 24, preflights=trials))
    logs = ["log preflight_1_0", "log run_000", "log run_002", "log preflight_1_1", "log run_001"]
    assert sorted(logs, key=text.index) == logs
    blocks = text.split("\nlog none\nclear\n")
    assert "read_data crystal.data" in blocks[0]
    assert "temp<1200" in blocks[0]
    assert "temp<5001" in blocks[1]
    assert "pair_style deepmd model_1.pb model_0.pb" in blocks[3]
    parts = ['"jump SELF after_preflight_1_0"', "log run_000", "label after_preflight_1_0", "log preflight_1_1"]
    assert sorted(parts, key=text.index) == parts


def test_no_preflight_is_run_by_a_model_that_drives_nothing() -> None:
    settings = Settings.from_dict(PARAMETERS | {"preflight": 20})
    checked = zip((0, 3, 4), check_runs(RUNS, settings, 1), strict=True)
    runs = [run.model_copy(update={"driver": driver}) for driver, run in checked]
    assert [trial.driver for _, trial in preflights_of(0, [0, 2], runs, settings, 4)] == [0]
    assert preflights_of(0, [0, 2], runs, settings.model_copy(update={"preflight": 0}), 4) == []


def test_bias_of_plumed_is_kept_out_of_the_forces_that_are_sampled() -> None:
    text = written([0], plumed="d: DISTANCE ATOMS=1,2\nRESTRAINT ARG=d AT=3 KAPPA=1\n")
    store, bias, dump = (
        text.index(part) for part in ("fix model all store/force", "fix bias all plumed", "f_model[1]")
    )
    assert store < bias < dump
    assert "fx fy fz" not in text


@pytest.mark.parametrize(
    ("costs", "lanes", "expected"),
    [
        ([5, 5, 5, 5], 2, [[0, 2], [1, 3]]),
        ([1, 9, 4, 4], 2, [[0, 2, 3], [1]]),
        ([3, 2], 4, [[0], [1]]),
        ([7], 1, [[0]]),
    ],
)
def test_runs_are_shared_among_lanes_by_their_length(costs: list[int], lanes: int, expected: list[list[int]]) -> None:
    assert sorted(pack(costs, lanes)) == expected


@pytest.mark.parametrize("seed", [1, 899_999_999, 900_000_000, 900_000_001, 2**31 - 2])
def test_the_noise_of_a_thermostat_has_a_seed_that_lammps_takes(seed: int) -> None:
    from aiida_zif.plugins.lammps.writing.motion import noise_seed

    assert 1 <= noise_seed(seed) <= 900_000_000
    assert noise_seed(seed) == seed or seed > 900_000_000
