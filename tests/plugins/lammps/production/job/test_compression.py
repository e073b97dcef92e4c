"""Models are compressed where that pays, in lines that leave them as they are if it fails; the distance is readable."""

from __future__ import annotations

import struct
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from aiida_zif.plugins.deepmd.models.frozen import constant_content, fields_of
from aiida_zif.plugins.lammps.production.inputs import Trajectory
from aiida_zif.plugins.lammps.production.job.compression import NODE, NODE_FILE, distance_node, is_wanted, lines
from aiida_zif.plugins.lammps.production.parts import strides_of
from aiida_zif.plugins.lammps.production.settings import Settings, check_stages


def trajectory(steps: int, n_models: int, **asked: Any) -> Trajectory:
    settings = Settings.from_dict(asked)
    stages = check_stages([{"kind": "nvt", "temperature": 300, "steps": steps}], settings)
    strides = strides_of(stages, settings, n_models, 272)
    return Trajectory(stages, settings, strides, ["C", "H", "N", "Zn"], n_models, 272, np.eye(3))


def test_the_distance_is_a_constant_of_the_graph() -> None:
    node = distance_node(0.7)
    assert [number for number, _ in fields_of(node)] == [1]
    stored = constant_content(node, NODE.encode())
    assert stored is not None
    assert struct.unpack("<d", stored[1]) == (0.7,)


@pytest.mark.parametrize(
    ("steps", "n_models", "n_cores", "wanted"),
    # 272 atoms: 4.76 ms saved of a step; twice 25 s a model are 50 s and 100 s
    [(10_000, 1, 1, False), (10_600, 1, 1, True), (10_600, 1, 2, False), (10_600, 2, 1, False), (200_000, 4, 1, True)],
)
def test_it_is_wanted_where_it_saves_more_than_it_takes(steps: int, n_models: int, n_cores: int, wanted: bool) -> None:
    assert is_wanted(trajectory(steps, n_models), n_cores) is wanted


@pytest.mark.parametrize("asked", [True, False])
def test_what_was_asked_for_comes_before_what_pays(asked: bool) -> None:
    assert is_wanted(trajectory(100 if asked else 10**6, 1, compress=asked), 1) is asked


def test_a_job_that_goes_on_takes_the_models_of_the_one_before() -> None:
    written = "\n".join(lines(" ".join, 2, wanted=True, goes_on=True))
    assert "compress -i" not in written
    assert "cp earlier/model_1.pb model_1.pb" in written


def test_nothing_is_written_where_nothing_is_wanted() -> None:
    assert lines(" ".join, 2, wanted=False, goes_on=False) == []


def test_no_model_is_replaced_before_all_are_made() -> None:
    first, last = lines(" ".join, 2, wanted=True, goes_on=False)
    steps = first.split(" && ")
    assert steps[-3:] == ["mv small_model_0.pb model_0.pb", "mv small_model_1.pb model_1.pb", "touch compressed"]
    assert [step.split()[-1] for step in steps if "-o" in step] == ["small_model_0.pb", "small_model_1.pb"]
    assert "known_model_0.pb" in last


@pytest.mark.parametrize("fails", [False, True])
def test_the_shell_gives_each_model_the_distance_once_and_replaces_all_or_none(tmp_path: Path, fails: bool) -> None:
    (tmp_path / NODE_FILE).write_bytes(distance_node())
    (tmp_path / "model_0.pb").write_bytes(b"first ")
    (tmp_path / "model_1.pb").write_bytes(b"second " + distance_node(0.9))

    def dp(words: list[str]) -> str:
        stops = "false && " if fails and words[-1] == "small_model_1.pb" else ""
        return f"(\n{stops}cat {words[3]} > {words[5]}\n)"

    subprocess.run(["sh", "-c", "\n".join(lines(dp, 2, wanted=True, goes_on=False))], cwd=tmp_path, check=True)
    found = [(tmp_path / f"model_{index}.pb").read_bytes() for index in range(2)]
    assert found[0] == b"first " + (b"" if fails else distance_node())
    assert found[1] == b"second " + distance_node(0.9)
    assert (tmp_path / "compressed").exists() is not fails
    assert not list(tmp_path.glob("*_model_*"))
