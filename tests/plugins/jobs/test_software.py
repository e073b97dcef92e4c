"""The node of a process says which software it began with."""

from __future__ import annotations

import json
import platform
import subprocess
from importlib.metadata import Distribution, version
from pathlib import Path
from typing import Any

import pytest
from aiida import orm
from aiida.engine import run_get_node

from aiida_zif.plugins.jobs.software import RecordsSoftware, commit_of, commit_of_checkout, running_software
from aiida_zif.workflows.engine.resumable import ResumableWorkChain


class Idle(ResumableWorkChain):
    """A work chain of ours that does nothing."""

    @classmethod
    def define(cls, spec: Any) -> None:
        super().define(spec)
        spec.outline(cls.rest)

    def rest(self) -> None:
        """Do nothing."""


def test_every_process_of_ours_keeps_versions_and_commit(aiida_profile: object) -> None:
    _, node = run_get_node(Idle)
    found = node.base.attributes.get("version")
    assert found["core"] == version("aiida-core")
    assert found["plugin"] == version("aiida-zif")
    assert found["numpy"] == version("numpy")
    assert found["python"] == platform.python_version()
    assert found.get("commit") == running_software().get("commit")


def test_all_work_chains_and_jobs_keep_them() -> None:
    from importlib.metadata import entry_points

    for group in ("aiida.calculations", "aiida.workflows"):
        for entry in entry_points(group=group):
            if entry.name.startswith("zif."):
                assert issubclass(entry.load(), RecordsSoftware), entry.name


def test_versions_do_not_count_for_the_cache() -> None:
    assert "version" in orm.CalcJobNode._hash_ignored_attributes


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout with one commit."""
    (tmp_path / "file").write_text("one\n")
    who = ["-c", "user.name=a", "-c", "user.email=a@b"]
    for words in (["init", "-q"], ["add", "file"], [*who, "commit", "-qm", "one"], ["tag", "v9"]):
        subprocess.run(["git", "-C", str(tmp_path), *words], check=True)
    return tmp_path


def test_a_commit_is_named_by_its_hash_and_marked_if_files_were_changed(checkout: Path) -> None:
    command = ["git", "-C", str(checkout), "rev-parse", "--short=12", "HEAD"]
    head = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    assert commit_of_checkout(checkout) == head
    (checkout / "new").write_text("not tracked\n")
    assert commit_of_checkout(checkout) == head
    (checkout / "file").write_text("two\n")
    assert commit_of_checkout(checkout) == f"{head}-dirty"


def test_a_folder_inside_a_foreign_checkout_has_no_commit(checkout: Path) -> None:
    (checkout / "inner").mkdir()
    assert commit_of_checkout(checkout / "inner") is None


@pytest.mark.parametrize(
    ("origin", "commit"),
    [
        ({"url": "https://host/x.git", "vcs_info": {"vcs": "git", "commit_id": "ab12"}}, "ab12"),
        ({"url": "file:///x", "dir_info": {}}, None),
        (None, None),
        ("no json", None),
    ],
)
def test_what_pip_noted_down_names_the_commit(tmp_path: Path, origin: object, commit: str | None) -> None:
    (tmp_path / "METADATA").write_text("Name: x\nVersion: 1\n")
    if origin is not None:
        (tmp_path / "direct_url.json").write_text(origin if isinstance(origin, str) else json.dumps(origin))
    assert commit_of(Distribution.at(tmp_path)) == commit
