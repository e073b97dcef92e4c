"""What a labelling job writes, refuses and fetches; no code is run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cp2k_cases import AIMD, BATCH

from aiida_zif.plugins.cp2k.levels import load_level


@pytest.fixture
def builder_inputs(aiida_profile: object, generate_frames: Callable, tmp_path: Path) -> dict[str, Any]:
    """Inputs of a job on three frames of water."""
    from aiida import orm

    computer = orm.Computer(f"c{tmp_path.name}", "localhost", "", "core.local", "core.direct", str(tmp_path)).store()
    return {
        "code": orm.InstalledCode(computer, "/usr/bin/cp2k.psmp", label="cp2k"),
        "frames": generate_frames(3),
        "level": orm.Dict(load_level("gfn1-xtb").as_dict()),
        "task": orm.Dict(BATCH),
        "metadata": {"options": {"resources": {"num_machines": 1, "tot_num_mpiprocs": 2}}},
    }


def prepare(inputs: dict[str, Any], folder: Path) -> tuple[dict[str, str], Any]:
    """Files of the job by name, and AiiDA's instructions."""
    from aiida.common.folders import Folder
    from aiida.engine.utils import instantiate_process
    from aiida.manage import get_manager
    from aiida.plugins import CalculationFactory

    folder.mkdir()
    process = instantiate_process(get_manager().get_runner(), CalculationFactory("zif.cp2k"), **inputs)
    info = process.prepare_for_submission(Folder(folder))
    return {path.name: path.read_text() for path in folder.iterdir()}, info


def test_a_batch_writes_input_start_frames_and_cells(builder_inputs: dict, tmp_path: Path) -> None:
    files, info = prepare(builder_inputs, tmp_path / "job")
    assert sorted(files) == ["aiida.inp", "frames.cell", "frames.xyz", "start.xyz"]
    assert "LAST_SNAPSHOT 3" in files["aiida.inp"]
    assert info.codes_info[0].cmdline_params == ["-i", "aiida.inp"]


def test_only_what_the_parser_reads_is_fetched(builder_inputs: dict, tmp_path: Path) -> None:
    _, info = prepare(builder_inputs, tmp_path / "job")
    assert info.retrieve_list == ["aiida.out", "clock", "aiida-pos-1.xyz", "aiida-frc-1.xyz", "aiida-1.cell"]


def test_dynamics_write_only_their_start(builder_inputs: dict, tmp_path: Path) -> None:
    from aiida import orm

    files, _ = prepare(builder_inputs | {"task": orm.Dict(AIMD)}, tmp_path / "job")
    assert sorted(files) == ["aiida.inp", "start.xyz"]
    assert "SEED 5" in files["aiida.inp"]


def test_the_wall_time_of_the_job_reaches_cp2k(builder_inputs: dict, tmp_path: Path) -> None:
    builder_inputs["metadata"]["options"]["max_wallclock_seconds"] = 3600
    files, _ = prepare(builder_inputs, tmp_path / "job")
    assert "WALLTIME 3420" in files["aiida.inp"]


def test_overlapping_frames_are_written_last(builder_inputs: dict, tmp_path: Path) -> None:
    from aiida_zif.plugins.data.frames import FramesData

    frames = builder_inputs["frames"]
    positions = frames.positions
    positions[0, 1] = positions[0, 0] + 0.1
    builder_inputs["frames"] = FramesData(frames.symbols, positions, frames.cells)
    files, _ = prepare(builder_inputs, tmp_path / "job")
    written = np.array([line.split()[1:] for line in files["frames.xyz"].splitlines() if line[:2].strip() in "OH"])
    snapshots = written[[len(line) > 0 for line in written]].astype(float).reshape(3, 3, 3)
    assert np.allclose(snapshots, positions[[1, 2, 0]])


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("task", {"mode": "relax"}, "task.mode: found 'relax'"),
        ("level", {"name": "pbe"}, "load_level"),
        ("frames", 0, "0 frames found"),
        ("frames", ["U", "H", "H"], "no parameters for U"),
    ],
)
def test_wrong_inputs_are_refused_before_submission(
    builder_inputs: dict, tmp_path: Path, name: str, value: Any, words: str
) -> None:
    from aiida import orm

    from aiida_zif.plugins.data.frames import FramesData

    frames = builder_inputs["frames"]
    if name != "frames":
        builder_inputs[name] = orm.Dict(value)
    elif value == 0:
        builder_inputs[name] = FramesData(frames.symbols, np.empty((0, 3, 3)), np.empty((0, 3, 3)))
    else:
        builder_inputs[name] = FramesData(value, frames.positions, frames.cells)
    with pytest.raises(ValueError, match=words):
        prepare(builder_inputs, tmp_path / "job")


@pytest.mark.parametrize(
    ("of_code", "of_job", "expected"),
    [(None, None, True), (True, None, True), (False, None, False), (None, False, None)],
)
def test_a_code_without_mpi_is_started_without(
    builder_inputs: dict, tmp_path: Path, of_code: bool | None, of_job: bool | None, expected: bool | None
) -> None:
    builder_inputs["code"].with_mpi = of_code
    if of_job is not None:
        builder_inputs["metadata"]["options"]["withmpi"] = of_job
    _, info = prepare(builder_inputs, tmp_path / "job")
    assert info.codes_info[0].withmpi is expected
