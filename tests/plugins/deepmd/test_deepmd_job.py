"""Threads, lanes and shell lines of the jobs."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from deepmd_toy import FIXTURES

from aiida_zif.plugins.deepmd import job
from aiida_zif.plugins.deepmd.progress import steps_so_far


def test_threads_come_from_the_cores_of_a_process() -> None:
    assert job.threads({"resources": {"num_machines": 1, "num_cores_per_mpiproc": 4}}) == 4
    assert job.threads({"resources": {"num_machines": 1}}) == 1


@pytest.mark.parametrize(
    ("resources", "expected"),
    [
        ({"num_machines": 1, "num_mpiprocs_per_machine": 2}, 2),
        ({"num_machines": 2, "tot_num_mpiprocs": 6}, 6),
        ({"num_machines": 1}, 1),
    ],
)
def test_lanes_are_the_processes_of_the_job(resources: dict[str, int], expected: int) -> None:
    assert job.lanes({"resources": resources}) == expected


def test_models_are_dealt_to_no_more_lanes_than_there_are_models() -> None:
    assert job.deal(["a", "b", "c", "d", "e"], 2) == [["a", "c", "e"], ["b", "d"]]
    assert job.deal(["a"], 4) == [["a"]]


def test_environment_names_every_thread_variable_of_deepmd_kit() -> None:
    lines = job.environment(3).splitlines()
    assert "export OMP_NUM_THREADS=3" in lines
    assert "export DP_INTRA_OP_PARALLELISM_THREADS=3" in lines
    assert "export DP_INTER_OP_PARALLELISM_THREADS=1" in lines


def test_background_lane_runs_its_commands_in_order(tmp_path: Path) -> None:
    """A word with a space must arrive whole, and a command that fails must not stop the next."""
    lane = job.background_lane([(["ls", "no such file"], "one.log"), (["echo", "a  b"], "two.log")], "cd .")
    subprocess.run(["bash", "-c", f"{lane}\nwait"], cwd=tmp_path, check=True)
    assert "no such file" in (tmp_path / "one.log").read_text()
    assert (tmp_path / "two.log").read_text() == "a  b\n"


def test_progress_of_a_training_counts_displayed_steps(tmp_path: Path) -> None:
    assert steps_so_far(tmp_path) == (0, None)
    (tmp_path / "input.json").write_text(json.dumps({"training": {"numb_steps": 400}}))
    assert steps_so_far(tmp_path) == (0, 400)
    (tmp_path / "lcurve.out").write_text((FIXTURES / "train_ok" / "lcurve.out").read_text())
    assert steps_so_far(tmp_path) == (40, 400)


def test_progress_of_members_that_take_turns_is_their_mean(tmp_path: Path) -> None:
    for name, rows in (("model_0", "400 0.1 0.1"), ("model_1", "100 0.1 0.1"), ("model_2", "")):
        folder = tmp_path / "members" / name
        folder.mkdir(parents=True)
        (folder / "input.json").write_text('{"training": {"numb_steps": 400}}')
        if rows:
            (folder / "lcurve.out").write_text(f"#  step  rmse_trn  lr\n{rows}\n")
    assert steps_so_far(tmp_path) == (166, 400)
