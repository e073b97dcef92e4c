"""Progress of a production run, from the files of a job that runs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from aiida_zif.plugins.lammps.production.progress import progress_of


def write_config(folder: Path, **settings: Any) -> None:
    config = {
        "settings": {"timestep": 0.5, "trust": 0.5, **settings},
        "atoms": {"mass": 3190.4},
        "stages": [{"name": "heating", "first": 0, "last": 1000}, {"name": "melt", "first": 1000, "last": 3000}],
        "parts": [{"first": first, "last": first + 500} for first in range(0, 3000, 500)],
    }
    (folder / "md.json").write_text(json.dumps(config))


def test_a_job_that_is_not_written_yet_says_nothing(tmp_path: Path) -> None:
    assert progress_of(tmp_path) is None


def test_a_job_that_has_not_begun_is_where_the_one_before_it_ended(tmp_path: Path) -> None:
    write_config(tmp_path)
    (tmp_path / "done").mkdir()
    for index in range(3):
        (tmp_path / "done" / f"{index:04d}.npz").touch()
    (tmp_path / "done" / "0003.writing").touch()
    found = progress_of(tmp_path)
    assert found is not None
    assert (found.n_steps, found.n_steps_requested, found.stage) == (1500, 3000, "melt")
    assert (found.temperature, found.deviation, found.share_untrusted) == (None, None, None)


def test_steps_stage_temperature_density_and_deviation_come_from_the_newest_lines(tmp_path: Path) -> None:
    write_config(tmp_path)
    head = "# step temp press pe vol ke\n"
    (tmp_path / "part_0000.thermo").write_text(head + "400 900 0 -1 4000 1\n500 950 0 -1 4000 1\n")
    (tmp_path / "part_0002.thermo").write_text(head + "1100 1490 0 -1 4100 1\n1200 1510 0 -1 4300 1\n13")
    (tmp_path / "part_0000.devi").write_text("# step v v v f f f\n500 0 0 0 0.6 0 0\n")
    (tmp_path / "part_0002.devi").write_text("# step v v v f f f\n1100 0 0 0 0.1 0 0\n1200 0 0 0 0.3 0 0\n")
    found = progress_of(tmp_path)
    assert found is not None
    assert (found.n_steps, found.stage, found.time_ps) == (1200, "melt", 0.6)
    assert found.temperature == pytest.approx(1500.0)
    assert found.density == pytest.approx(3190.4 * 1.66053906660 / 4200)
    assert (found.deviation, found.share_untrusted) == (0.3, pytest.approx(1 / 3))


def test_without_a_trust_level_there_is_no_share(tmp_path: Path) -> None:
    write_config(tmp_path, trust=None)
    (tmp_path / "part_0000.devi").write_text("500 0 0 0 0.6 0 0\n")
    found = progress_of(tmp_path)
    assert found is not None
    assert (found.deviation, found.share_untrusted) == (0.6, None)


def test_an_empty_table_is_passed_over(tmp_path: Path) -> None:
    write_config(tmp_path)
    (tmp_path / "part_0000.thermo").write_text("500 950 0 -1 4000 1\n")
    (tmp_path / "part_0001.thermo").write_text("")
    found = progress_of(tmp_path)
    assert found is not None
    assert found.n_steps == 500
