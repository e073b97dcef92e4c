"""Progress of a running exploration."""

from __future__ import annotations

import json
from pathlib import Path

from lammps_toy import PACKED

from aiida_zif.plugins.lammps.exploration.progress import frames_so_far


def test_sampled_frames_are_counted() -> None:
    assert frames_so_far(PACKED) == (20, 22)


def test_nothing_is_known_of_an_empty_folder(tmp_path: Path) -> None:
    assert frames_so_far(tmp_path) == (0, None)


def test_frames_of_the_equilibration_are_not_counted(tmp_path: Path) -> None:
    runs = [{"stem": "run_000", "steps": 100, "equilibration": 40}, {"stem": "run_001", "steps": 60}]
    (tmp_path / "harvest.json").write_text(json.dumps({"settings": {"sample_every": 10}, "runs": runs}))
    (tmp_path / "run_000.thermo").write_text("# step\n0 300\n30 300\n")
    assert frames_so_far(tmp_path) == (0, 6 + 6)
    (tmp_path / "run_000.thermo").write_text("# step\n0 300\n70 300\n")
    (tmp_path / "run_001.thermo").write_text("# step\n0 300\n20 300\n")
    assert frames_so_far(tmp_path) == (3 + 2, 12)
