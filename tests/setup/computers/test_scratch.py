"""Which folders `aiida-zif clean` removes, and which it never touches."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from aiida_zif.setup.computers import scratch

Job = Callable[..., Any]
UUID = "abcdef12-3456-7890-abcd-ef1234567890"
OWN = "/scratch/ab/cd/ef12-3456-7890-abcd-ef1234567890"


def test_a_job_s_folder_is_where_its_uuid_says() -> None:
    assert scratch.own_folder("/scratch/", UUID) == OWN


@pytest.mark.parametrize(
    ("path", "resolved", "why"),
    [
        (OWN, OWN, ""),
        (OWN, None, ""),
        ("/scratch", "/scratch", "not the job's own"),
        ("/home/me/thesis", "/home/me/thesis", "not the job's own"),
        (f"{OWN}/../../../..", "/", "not the job's own"),
        (OWN, "/home/me/thesis", "a link leads out"),
        (OWN, "/scratch/ab/cd/another", "a link leads out"),
    ],
)
def test_only_a_job_s_own_folder_may_go(path: str, resolved: str | None, why: str) -> None:
    assert why in scratch.why_not(path, resolved, OWN, "/scratch", UUID)
    assert bool(scratch.why_not(path, resolved, OWN, "/scratch", UUID)) == bool(why)


def test_a_work_directory_may_itself_be_a_link() -> None:
    assert scratch.why_not(OWN, OWN.replace("/scratch", "/disk/scratch"), OWN, "/disk/scratch", UUID) == ""


@pytest.fixture
def job(localhost: Any, aiida_profile: object) -> Iterator[Job]:
    """Factory of jobs that have ended and left a folder of 100 kB, with awkward names in it."""
    from aiida import orm
    from aiida.common.links import LinkType
    from plumpy import ProcessState

    made = []

    def make(
        exit_status: int = 0, path: str | None = None, process_type: str = "zif.cp2k", computer: Any = localhost
    ) -> Any:
        node = orm.CalcJobNode(computer=computer, process_type=f"aiida.calculations:{process_type}")
        node.set_process_label("Cp2kLabelCalculation")
        node.set_process_state(ProcessState.FINISHED)
        node.set_exit_status(exit_status)
        folder = Path(path or scratch.own_folder(computer.get_workdir(), node.uuid))
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "a $(touch boom) 'b").write_bytes(bytes(100_000))
        node.set_option("resources", {"num_machines": 1, "num_mpiprocs_per_machine": 1})
        remote = orm.RemoteData(computer=computer, remote_path=str(folder))
        remote.base.links.add_incoming(node, LinkType.CREATE, "remote_folder")
        node.store()
        remote.store()
        made.append(node)
        return node

    yield make
    for node in made:  # the profile is that of all tests
        node.outputs.remote_folder.base.extras.set("cleaned", True)


def clean(*words: str) -> dict[str, Any]:
    from aiida_zif.cli.profile import clean as module

    result = CliRunner().invoke(module.clean, ["--days", "0", "--json", *words])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.output
    return dict(json.loads(result.stdout[result.stdout.index("{") :]))


def test_a_computer_that_came_with_an_archive_is_left_alone_and_others_are_cleaned(
    job: Job, tmp_path: Path, localhost: Any
) -> None:
    from aiida import orm

    foreign = orm.Computer(
        f"theirs-{tmp_path.name}", "localhost", "", "core.local", "core.direct", str(tmp_path)
    ).store()
    here, there = job(), job(computer=foreign)
    told = clean("--yes")
    assert (told["n_folders"], folder_of(here).exists(), folder_of(there).is_dir()) == (1, False, True)
    (left,) = told["spared"]
    assert left["pk"] == there.pk
    assert f"verdi computer configure core.local {foreign.label}" in left["why_not"]


def folder_of(node: Any) -> Path:
    return Path(node.outputs.remote_folder.get_remote_path())


@pytest.fixture(autouse=True)
def loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aiida_zif.cli.common.profile.load", lambda profile: None)


def test_without_yes_nothing_is_touched(job: Job) -> None:
    node = job()
    told = clean()
    assert (told["removed"], told["n_folders"]) == (False, 1)
    assert told["n_bytes"] >= 100_000
    assert folder_of(node).is_dir()
    assert not node.outputs.remote_folder.is_cleaned


def test_with_yes_the_folder_goes_and_the_database_knows(job: Job) -> None:
    node = job()
    assert clean("--yes")["n_folders"] == 1
    assert not folder_of(node).exists()
    assert node.outputs.remote_folder.is_empty
    assert clean("--yes") == {"removed": True, "n_folders": 0, "n_bytes": 0, "spared": []}


def test_failed_jobs_keep_their_folder_unless_asked_for(job: Job) -> None:
    node = job(exit_status=303)
    assert clean("--yes")["n_folders"] == 0
    assert folder_of(node).is_dir()
    assert clean("--yes", "--failed")["n_folders"] == 1
    assert not folder_of(node).exists()


def test_jobs_of_other_plugins_are_none_of_our_business(job: Job) -> None:
    node = job(process_type="core.arithmetic.add")
    assert clean("--yes")["n_folders"] == 0
    assert folder_of(node).is_dir()


def test_a_folder_elsewhere_is_left_alone_and_named(job: Job, tmp_path: Path) -> None:
    node = job(path=str(tmp_path / "thesis"))
    (spared,) = clean("--yes")["spared"]
    assert spared["pk"] == node.pk
    assert "not the job's own folder" in spared["why_not"]
    assert (tmp_path / "thesis").is_dir()


def test_a_link_is_not_followed_out_of_the_work_directory(job: Job, tmp_path: Path) -> None:
    node = job()
    folder, thesis = folder_of(node), tmp_path / "thesis"
    folder.rename(thesis)
    folder.symlink_to(thesis)
    (spared,) = clean("--yes")["spared"]
    assert "a link leads out" in spared["why_not"]
    assert thesis.is_dir()


def test_a_folder_that_is_gone_already_is_noted(job: Job) -> None:
    import shutil

    node = job()
    shutil.rmtree(folder_of(node))
    assert clean("--yes")["n_folders"] == 0
    assert node.outputs.remote_folder.is_cleaned
