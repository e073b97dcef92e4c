"""A job takes over what is done, also while the job before it still runs, and never writes in its folder."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from aiida_zif.plugins.lammps.driver import done as module
from aiida_zif.plugins.lammps.driver.done import OtherTrajectory, adopt

CONFIG: dict[str, Any] = {"trajectory": "abc", "goes_on": True, "parts": [{}] * 5}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of a job that goes on from one with three finished parts and a fourth under way."""
    earlier = tmp_path / "earlier" / "done"
    earlier.mkdir(parents=True)
    (tmp_path / "done").mkdir()
    (earlier / "plan.json").write_text(json.dumps({"trajectory": "abc", "compressed": False}))
    for index in range(3):
        (earlier / f"{index:04d}.npz").write_text(f"part {index}")
    for index in (1, 2, 3):
        for ending in ("restart", "final"):
            (earlier / f"{index:04d}.{ending}").write_text(f"{ending} {index}")
    (earlier / "0003.writing").write_text("half a pa")
    return tmp_path


def test_what_is_done_is_taken_over_and_what_is_under_way_is_not(folder: Path) -> None:
    before = contents(folder / "earlier" / "done")
    adopt(folder, CONFIG)
    names = {"0000.npz", "0001.npz", "0002.npz", "0002.restart", "0002.final", "plan.json"}
    assert set(contents(folder / "done")) == names
    assert contents(folder / "earlier" / "done") == before
    assert not any(path.is_symlink() for path in (folder / "done").iterdir())


def test_a_job_that_still_runs_may_forget_a_file_while_it_is_copied(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    earlier, copy = folder / "earlier" / "done", shutil.copyfile

    def finishes_two_parts(source: Path, target: Path) -> None:
        if source.name == "0002.restart" and not (earlier / "0004.npz").exists():
            for index in (3, 4):
                (earlier / f"{index:04d}.npz").write_text(f"part {index}")
            for ending in ("restart", "final"):
                (earlier / f"0002.{ending}").unlink()
                (earlier / f"0004.{ending}").write_text(f"{ending} 4")
        copy(source, target)

    monkeypatch.setattr(module.shutil, "copyfile", finishes_two_parts)
    adopt(folder, CONFIG)
    assert (folder / "done" / "0004.npz").read_text() == "part 4"
    assert (folder / "done" / "0004.restart").read_text() == "restart 4"


def test_a_folder_without_what_the_next_part_begins_from_is_refused(folder: Path) -> None:
    (folder / "earlier" / "done" / "0002.restart").unlink()
    with pytest.raises(OtherTrajectory, match="lost the file"):
        adopt(folder, CONFIG)


def test_a_job_of_compressed_models_is_not_gone_on_with_without(folder: Path) -> None:
    (folder / "earlier" / "done" / "plan.json").write_text(json.dumps({"trajectory": "abc", "compressed": True}))
    with pytest.raises(OtherTrajectory, match="compressed"):
        adopt(folder, CONFIG)


def contents(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.iterdir()}
