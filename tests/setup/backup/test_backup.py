"""A backup holds everything, or there is none."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow

DRIVER = Path(__file__).parents[1] / "backup_driver.py"


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("site")
    (folder / "backups").mkdir()
    done = subprocess.run(
        [sys.executable, str(DRIVER), str(folder / "backups" / "first")],
        env={**os.environ, "AIIDA_PATH": str(folder)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout.splitlines()[-1]))


def test_a_backup_of_a_profile_in_use_holds_its_newest_nodes(story: dict[str, Any]) -> None:
    assert story["card"]["n_nodes"] == 21
    assert story["card"]["n_objects"] == 20
    assert "21 nodes" in story["lines"][0]
    assert "20" in story["lines"][1]


def test_a_restored_profile_holds_what_the_backup_does(story: dict[str, Any]) -> None:
    assert story["restored"] == {"n_nodes": 21, "n_objects": 20}


def test_nothing_is_overwritten(story: dict[str, Any]) -> None:
    assert "exists already" in story["overwrite"]
    assert "there is a profile 'again' already" in story["name_taken"]


def test_a_backup_that_fails_leaves_nothing_behind(story: dict[str, Any]) -> None:
    assert "cannot be created" in story["no_room"]
    assert "1 of 20 files are missing" in story["damaged_profile"]
    assert story["files"] == ["first"]
