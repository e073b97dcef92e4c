"""The writer of CP2K inputs against expected text, and the checks of tasks."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from aiida_cp2k.utils import Cp2kInput

from aiida_zif.plugins.cp2k.levels import load_level
from aiida_zif.plugins.cp2k.task import read_task
from aiida_zif.plugins.cp2k.writing.inputs import cells_file, coordinates_file, cp2k_input, frames_file, walltime_limit

EXPECTED = Path(__file__).parents[2] / "fixtures" / "cp2k" / "inputs"
CELL = np.array([[8.0, 0, 0], [0.5, 8, 0], [0, 0, 9]])
SYMBOLS = ["Zn", "N", "H", "H", "H"]

TASKS = {
    "batch": {"mode": "batch"},
    "nvt": {"mode": "aimd", "temperature": 300, "steps": 30, "stride": 5, "seed": 7},
    "npt": {
        "mode": "aimd",
        "ensemble": "npt",
        "temperature": 500.0,
        "pressure": 0.5,
        "steps": 40,
        "seed": 7,
        "deuterium": True,
        "thermostat_time": 20,
    },
}


def render(level: str, task: dict, **overrides: object) -> str:
    content = cp2k_input(load_level(level, overrides), read_task(task), SYMBOLS, CELL, 3, 570)
    return Cp2kInput(content).render() + "\n"


@pytest.mark.parametrize(("level", "task"), [("gfn1-xtb", "batch"), ("gfn1-xtb", "npt"), ("pbe-d3", "nvt")])
def test_input_is_as_expected(level: str, task: str) -> None:
    assert render(level, TASKS[task]) == (EXPECTED / f"{level}-{task}.inp").read_text()


def test_outer_and_inner_loop_share_one_threshold() -> None:
    text = render("gfn1-xtb", TASKS["batch"], **{"SCF/EPS_SCF": 3e-7})
    assert text.count("EPS_SCF 3e-07") == 2


def test_writing_an_input_leaves_the_level_alone() -> None:
    level = load_level("gfn1-xtb")
    before = level.as_dict()
    cp2k_input(level, read_task(TASKS["npt"]), SYMBOLS, CELL)
    assert level.as_dict() == before


def ot_of(metal: str, multiplicity: int, **overrides: object) -> dict:
    level = load_level("pbe-d3", overrides).in_state(-2, multiplicity)
    content = cp2k_input(level, read_task(TASKS["batch"]), [metal, "Cl", "Cl", "Cl", "Cl"], CELL)
    return content["FORCE_EVAL"]["DFT"]["SCF"]["OT"]


def test_unpaired_electrons_get_the_preconditioner_that_they_converge_with() -> None:
    assert ot_of("Zn", 1)["PRECONDITIONER"] == "FULL_SINGLE_INVERSE"
    cobalt = ot_of("Co", 4)
    assert (cobalt["PRECONDITIONER"], cobalt["MINIMIZER"]) == ("FULL_ALL", "DIIS")


def test_what_the_user_sets_wins_over_the_settings_for_unpaired_electrons() -> None:
    assert ot_of("Co", 4, **{"SCF/OT/PRECONDITIONER": "FULL_KINETIC"})["PRECONDITIONER"] == "FULL_KINETIC"


def test_seeds_of_any_size_fit_into_the_input() -> None:
    task = read_task(TASKS["nvt"] | {"seed": 2**40 + 3})
    assert cp2k_input(load_level("gfn1-xtb"), task, SYMBOLS, CELL)["GLOBAL"]["SEED"] == 3


def test_frames_are_numbered_from_one_and_keep_their_digits() -> None:
    positions = np.array([[[0.1234567890123, 0, 0]], [[1, 2, 3]]])
    lines = frames_file(["Zn"], positions).splitlines()
    assert lines[1].split()[:3] == ["i", "=", "1,"]
    assert lines[2].split() == ["Zn", "0.123456789012", "0.000000000000", "0.000000000000"]
    assert lines[4].split()[:3] == ["i", "=", "2,"]


def test_cells_have_one_line_a_frame_after_the_heading() -> None:
    lines = cells_file([CELL, 2 * CELL]).splitlines()
    assert lines[0].startswith("#")
    assert [float(word) for word in lines[2].split()[2:]] == pytest.approx([*(2 * CELL).ravel(), 8 * 576])


def test_coordinates_are_one_xyz_frame() -> None:
    assert coordinates_file(["H"], [[1, 2, 3]]) == "1\n\nH  1.000000000000 2.000000000000 3.000000000000\n"


@pytest.mark.parametrize(("given", "limit"), [(None, None), (40, 20), (300, 270), (3600, 3420), (86400, 85800)])
def test_cp2k_ends_by_itself_before_the_job_is_killed(given: int | None, limit: int | None) -> None:
    assert walltime_limit(given) == limit


def test_labels_start_after_the_first_step_and_honour_the_stride() -> None:
    assert read_task(TASKS["nvt"]).labelled_steps == [5, 10, 15, 20, 25, 30]
    assert read_task(TASKS["nvt"] | {"label_after": -1}).labelled_steps[0] == 0


@pytest.mark.parametrize(
    ("task", "words"),
    [
        ({}, "task.mode: found None, allowed is batch or aimd"),
        ({"mode": "aimd", "steps": 3, "seed": 1}, "task.temperature: found nothing, allowed is a number in K, above 0"),
        ({"mode": "batch", "steps": 3}, "task.steps: found the key 'steps', allowed is gates, batch_time, mode"),
        (TASKS["nvt"] | {"temperature": -3}, "task.temperature: found -3, allowed is a number in K, above 0"),
        (TASKS["nvt"] | {"temperature": "300 K"}, "fix: write a number without its unit, K"),
        (TASKS["nvt"] | {"stride": 2.5}, "task.stride: found 2.5, allowed is a whole number"),
        (TASKS["nvt"] | {"stride": 31}, "task.stride: found 31 of 30 steps, allowed is at most the steps of the run"),
        (TASKS["nvt"] | {"ensemble": "nve"}, "task.ensemble: found 'nve', allowed is one of nvt, npt"),
        (TASKS["nvt"] | {"deuterium": "yes"}, "task.deuterium: found 'yes', allowed is true or false"),
        (
            TASKS["nvt"] | {"thermostat": "andersen"},
            "task.thermostat: found 'andersen', allowed is one of csvr, nose, ",
        ),
        (TASKS["npt"] | {"thermostat": "langevin"}, "task.thermostat: found langevin with ensemble npt"),
        (TASKS["nvt"] | {"temperature": [300, 400, 500]}, "task.temperature: found [300, 400, 500], allowed is"),
        (
            TASKS["nvt"] | {"temperature": [300, "hot"]},
            "task.temperature: found [300, 'hot'], allowed is a number in K",
        ),
        (TASKS["nvt"] | {"stride": "auto"}, "task.stride: found auto of 30 steps, allowed is auto of 50 steps or more"),
        (TASKS["nvt"] | {"first_step": 30}, "task.first_step: found 30 of a part that ends with step 30"),
        (
            TASKS["nvt"] | {"gates": {"max_force": True}},
            "task.gates.max_force: found True, allowed is a number in eV/Å",
        ),
    ],
)
def test_a_wrong_task_is_answered_with_what_is_allowed(task: dict, words: str) -> None:
    with pytest.raises(ValueError, match=re.escape(words)):
        read_task(task)
