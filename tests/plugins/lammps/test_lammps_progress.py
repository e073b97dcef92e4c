"""Progress of a running exploration."""

from __future__ import annotations

from pathlib import Path

from lammps_toy import PACKED

from aiida_zif.plugins.lammps.progress import frames_so_far


def test_sampled_frames_are_counted() -> None:
    assert frames_so_far(PACKED) == (20, 22)


def test_nothing_is_known_of_an_empty_folder(tmp_path: Path) -> None:
    assert frames_so_far(tmp_path) == (0, None)
