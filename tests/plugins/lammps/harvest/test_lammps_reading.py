"""Files of a LAMMPS run."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from lammps_toy import FIXTURES, PACKED, config, start_frame, write_run

from aiida_zif.plugins.lammps.harvest.reading import Following, how_it_ended, read_frames

RUN = {"stem": "run_000", "lane": "lane_0"}


def test_first_frame_is_the_start_in_a_sheared_cell() -> None:
    positions, cell = start_frame()
    with (PACKED / "run_000.dump").open("rb") as handle:
        step, offset, read, read_cell, forces = next(read_frames(handle, 24))
    assert (step, offset) == (0, 0)
    assert np.allclose(read_cell, cell, atol=1e-9)
    assert abs(cell[1, 0]) > 0.1
    assert np.allclose(read, positions, atol=1e-8)
    assert forces is not None
    assert np.abs(forces.sum(axis=0)).max() < 1e-5


def test_frames_come_back_by_the_vectors_of_the_frame_that_they_started_from() -> None:
    vectors = np.array([[1, 2, 0], [0, 1, 0], [1, -1, 1]])
    with (PACKED / "run_000.dump").open("rb") as handle:
        _, _, plain, cell, pulled = next(read_frames(handle, 24))
        handle.seek(0)
        _, _, positions, back, forces = next(read_frames(handle, 24, vectors.tolist()))
    assert np.allclose(back, np.tril(back))
    assert np.allclose(back @ back.T, vectors @ cell @ cell.T @ vectors.T)
    # one rotation for all: atoms in the lattice, and forces between atoms
    assert np.allclose(positions @ np.linalg.inv(back) @ vectors, plain @ np.linalg.inv(cell))
    assert np.allclose(forces @ positions.T, pulled @ plain.T)


def test_offset_finds_a_frame_again() -> None:
    with (PACKED / "run_000.dump").open("rb") as handle:
        frames = list(read_frames(handle, 24))
        handle.seek(frames[3][1])
        again = next(read_frames(handle, 24))
    assert again[0] == frames[3][0] == 30
    assert np.array_equal(again[2], frames[3][2])  # type: ignore[arg-type]


def test_volume_of_the_cell_is_that_of_lammps() -> None:
    thermo = Following(PACKED / "run_000.thermo", (4,))
    with (PACKED / "run_000.dump").open("rb") as handle:
        for step, _, _, cell, _ in read_frames(handle, 24):
            assert np.linalg.det(cell) == pytest.approx(thermo.at(step)[0], rel=1e-6)


@pytest.mark.parametrize("lost", [1, 30, 400, 1000])
def test_incomplete_last_frame_is_left_out(lost: int) -> None:
    whole = (PACKED / "run_000.dump").read_bytes()
    steps = [frame[0] for frame in read_frames(io.BytesIO(whole[:-lost]), 24)]
    assert steps == [0, 10, 20, 30, 40, 50]


def test_frame_with_lost_atoms_has_no_positions(tmp_path: Path) -> None:
    write_run(tmp_path, "run_000", [0.1])
    with (tmp_path / "run_000.dump").open("rb") as handle:
        assert [frame[2] for frame in read_frames(handle, 3)] == [None, None]


def test_last_line_of_a_step_counts_and_broken_lines_do_not(tmp_path: Path) -> None:
    path = tmp_path / "table"
    path.write_text("# step value\n0 1.0\n10 2.0\n10 3.0\n20 nan\n30\n40 5.0")
    table = Following(path, (1,))
    assert [table.at(step) for step in (0, 10)] == [(1.0,), (3.0,)]
    assert np.isnan([table.at(step)[0] for step in (15, 20, 30, 40)]).all()


def test_missing_table_is_empty(tmp_path: Path) -> None:
    assert np.isnan(Following(tmp_path / "none", (1, 2)).at(0)).all()


def test_ends_of_the_stored_runs_are_read() -> None:
    ends = [how_it_ended(PACKED, run)[:2] for run in config()["runs"]]
    assert ends == [("completed", 63), ("temperature_runaway", 85), ("completed", 60)]


def test_unreadable_model_is_a_crash_with_its_message() -> None:
    ended, step, detail = how_it_ended(FIXTURES / "bogus", RUN)
    assert (ended, step) == ("crashed", None)
    assert detail is not None
    assert "incompatible model" in detail


@pytest.mark.parametrize(
    ("end", "log", "expected"),
    [
        (None, None, ("not_run", 0)),
        ("walltime 20\n", "all is well\n", ("walltime", 20)),
        ("box_runaway 20\n", "Fix halt condition for fix-id halt met on step 20 with value 0\n", ("box_runaway", 20)),
        ("deviation_hopeless 20\n", "", ("deviation_hopeless", 20)),
        (None, "ERROR: Lost atoms: original 3 current 2 (src/thermo.cpp:494)\n", ("lost_atoms", None)),
        ("", "cut", ("crashed", None)),
    ],
)
def test_end_is_told_by_what_is_left(
    tmp_path: Path, end: str | None, log: str | None, expected: tuple[str, int | None]
) -> None:
    for suffix, text in (("end", end), ("log", log)):
        if text is not None:
            (tmp_path / f"run_000.{suffix}").write_text(text)
    assert how_it_ended(tmp_path, RUN)[:2] == expected


@pytest.mark.parametrize(
    ("end", "log", "expected"),
    [
        ("deviation_hopeless 8\n", "", ("grounded", 0, "its pre-flight ended with deviation hopeless")),
        ("deviation_undefined 8\n", "", ("grounded", 0, "its pre-flight ended with deviation undefined")),
        ("walltime 8\n", "all is well\n", ("not_run", 0, None)),
        ("completed 20\n", "", ("not_run", 0, None)),
        (None, "ERROR on proc 0: out of memory\n", ("not_run", 0, None)),
    ],
)
def test_run_whose_driver_failed_its_preflight_is_told_from_one_that_was_not_come_to(
    tmp_path: Path, end: str | None, log: str, expected: tuple[str, int, str | None]
) -> None:
    (tmp_path / "preflight_0_1.log").write_text(log)
    if end is not None:
        (tmp_path / "preflight_0_1.end").write_text(end)
    assert how_it_ended(tmp_path, RUN | {"preflight": "preflight_0_1"}) == expected


def test_silent_crash_is_explained_by_the_error_stream(tmp_path: Path) -> None:
    (tmp_path / "run_000.log").write_text("LAMMPS\n")
    (tmp_path / "lane_0.err").write_text("terminate called\nSegmentation fault\n")
    assert how_it_ended(tmp_path, RUN) == ("crashed", None, "terminate called Segmentation fault")
