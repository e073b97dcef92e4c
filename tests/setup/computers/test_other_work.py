"""What other programs use of the cores is counted without our own, and said in words if it matters."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from aiida_zif.setup.computers.localhost import folders_of_running_jobs
from aiida_zif.setup.computers.other_work import Look, OtherWork, busy_in_words, cores_used, is_at_home, look
from aiida_zif.setup.doctor import machine

Start = Callable[..., int]


@pytest.fixture
def start() -> Iterator[Start]:
    """Start a process that does nothing until the test has ended; returns its number."""
    started: list[subprocess.Popen[str]] = []

    def run(folder: Path, **environment: str) -> int:
        command = [sys.executable, "-c", "print('here', flush=True); input()"]
        pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        process = subprocess.Popen(command, cwd=folder, env={**os.environ, **environment}, **pipes)
        started.append(process)
        assert process.stdout is not None
        process.stdout.readline()
        return process.pid

    yield run
    for process in started:
        process.kill()
        process.communicate()


def test_what_others_used_is_their_cpu_time_over_the_time_between_two_looks() -> None:
    before = Look(100.0, {(1, 0.0): 50.0, (2, 0.0): 7.0, (3, 0.0): 1.0})
    now = Look(110.0, {(1, 0.0): 60.0, (2, 0.0): 14.0, (3, 0.0): 11.0})
    assert cores_used(before, now, ours=[3]) == pytest.approx(1.7)


def test_a_new_process_counts_whole_and_one_that_is_gone_not_at_all() -> None:
    before = Look(0.0, {(1, 0.0): 500.0, (2, 0.0): 8.0})
    now = Look(10.0, {(1, 4.0): 5.0})  # the number of the first was given away again
    assert cores_used(before, now, ours=[]) == pytest.approx(0.5)


def test_much_other_work_is_said_in_words_and_little_is_not() -> None:
    assert busy_in_words(1.7, 2) == "Other processes use 1.7 of 2 cores: jobs of this computer take longer."
    assert busy_in_words(2.04, 2).startswith("Other processes use 2.0 of 2 cores")
    assert busy_in_words(0.4, 2) == ""
    assert busy_in_words(1.7, 16) == ""


def test_what_runs_where_our_jobs_do_or_for_our_aiida_is_ours(start: Start, tmp_path: Path) -> None:
    job, elsewhere, home = tmp_path / "work" / "a1", tmp_path / "elsewhere", tmp_path / "home"
    for folder in (job, elsewhere, home):
        folder.mkdir(parents=True)
    ours = [tmp_path / "work", home]
    assert is_at_home(start(job), ours)
    assert is_at_home(start(elsewhere, AIIDA_PATH=str(home)), ours)
    assert not is_at_home(start(elsewhere, AIIDA_PATH=str(elsewhere)), ours)


def test_a_process_that_has_ended_is_nobodys() -> None:
    ended = subprocess.Popen(["true"])
    ended.wait()
    assert not is_at_home(ended.pid, [Path("/")])


def test_this_process_is_seen_and_is_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key = next(key for key in look().cpu_s if key[0] == os.getpid())
    looks = iter([Look(0.0, {key: 1.0}), Look(1.0, {key: 2.9}), Look(2.0, {key: 2.9, (0, 0.0): 1.9})])
    monkeypatch.setattr("aiida_zif.setup.computers.other_work.look", lambda: next(looks))
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {0, 1})
    others = OtherWork(tmp_path)
    assert others.in_words() == ""
    assert others.in_words().startswith("Other processes use 1.9 of 2 cores")


def test_jobs_that_run_here_without_a_queue_are_found_by_their_folder(localhost: Any) -> None:
    from aiida import orm
    from plumpy.process_states import ProcessState

    folder = Path(localhost.get_workdir())
    job = orm.CalcJobNode(computer=localhost)
    job.set_process_state(ProcessState.WAITING)
    job.store()
    assert folder in folders_of_running_jobs()
    job.set_process_state(ProcessState.FINISHED)
    assert folder not in folders_of_running_jobs()


@pytest.mark.parametrize("words", ["", "Other processes use 1.7 of 2 cores: jobs of this computer take longer."])
def test_doctor_says_that_the_cores_are_busy_and_finds_nothing_wrong_with_it(
    words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "LOOK_FOR", 0.0)
    monkeypatch.setattr(OtherWork, "in_words", lambda self: words)
    check = machine.check_other_work()
    assert check.ok
    assert check.found == (words or "none that matters")
    assert bool(check.fix) is bool(words)
