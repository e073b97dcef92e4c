"""What counts as a broken daemon, and which processes belong to it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil  # type: ignore[import-untyped]
import pytest

from aiida_zif.setup.daemon.daemon import remove_sockets
from aiida_zif.setup.daemon.processes import (
    DaemonProcess,
    daemon_processes,
    end_processes,
    foreground_since,
    only_watches,
    role_of,
)
from aiida_zif.setup.daemon.state import find_problems

SUPERVISOR = DaemonProcess(10, "supervisor", 100.0, 1)
BROKER = DaemonProcess(11, "broker", 100.1, 10)
WORKER = DaemonProcess(12, "worker", 100.2, 10)
LISTENING = {"task_subscribers": 1}


def problems(*processes: DaemonProcess, waited: float | None = None, **status: int) -> list[str]:
    return list(find_problems(processes, status or LISTENING, waited, now=1000.0))


def test_a_complete_daemon_has_no_problem() -> None:
    assert problems(SUPERVISOR, BROKER, WORKER) == []


def test_a_daemon_that_is_off_has_no_problem() -> None:
    assert problems() == []


@pytest.mark.parametrize(
    ("left", "word"),
    [
        ([BROKER, WORKER], "supervisor has ended"),
        ([SUPERVISOR, WORKER], "broker has ended"),
        ([SUPERVISOR, BROKER], "no worker"),
        ([SUPERVISOR, SUPERVISOR, BROKER, WORKER], "two supervisors"),
    ],
)
def test_a_missing_part_is_named(left: list[DaemonProcess], word: str) -> None:
    (problem,) = problems(*left)
    assert word in problem


def test_workers_older_than_the_broker_are_deaf() -> None:
    (problem,) = problems(SUPERVISOR, DaemonProcess(20, "broker", 150.0, 10), WORKER)
    assert "are not connected to the new one" in problem


def test_a_broker_without_subscribers_is_a_problem_once_it_is_old_enough() -> None:
    assert problems(SUPERVISOR, BROKER, WORKER, task_subscribers=0) == ["no worker is connected to the broker"]
    young = list(find_problems([SUPERVISOR, BROKER, WORKER], {"task_subscribers": 0}, None, now=110.0))
    assert young == []


def test_a_dead_worker_that_the_broker_counts_is_a_problem_once_it_had_time_to_forget_it() -> None:
    (problem,) = problems(SUPERVISOR, BROKER, WORKER, task_subscribers=2)
    assert "a worker that has ended" in problem
    young = DaemonProcess(13, "worker", 990.0, 10)
    assert problems(SUPERVISOR, BROKER, WORKER, young, task_subscribers=3) == []
    assert problems(SUPERVISOR, BROKER, WORKER, DaemonProcess(13, "worker", 100.3, 10), task_subscribers=2) == []


def test_tasks_that_nobody_takes_are_a_problem() -> None:
    assert problems(SUPERVISOR, BROKER, WORKER, waited=5.0) == []
    (problem,) = problems(SUPERVISOR, BROKER, WORKER, waited=45.0)
    assert "waited for 45 s" in problem


@pytest.mark.parametrize(
    ("command", "role"),
    [
        ("/v/bin/python /v/bin/verdi -p zif daemon worker", "worker"),
        ("/v/bin/python /v/bin/verdi -p zif daemon broker --service-dir x", "broker"),
        ("/v/bin/python /v/bin/verdi -p zif daemon start-circus 2", "supervisor"),
        ("/v/bin/python -m aiida_zif.setup.daemon.supervisor -p zif daemon start-circus 2", "supervisor"),
        ("/v/bin/python /v/bin/verdi -p other daemon worker", None),
        ("/v/bin/python /v/bin/verdi -p zif daemon status", None),
        ("vim -p zif daemon", None),
    ],
)
def test_a_command_line_tells_role_and_profile(command: str, role: str | None) -> None:
    assert role_of(command.split(), "zif") == role


@pytest.mark.parametrize(
    ("command", "watches"),
    [
        ("python /v/bin/aiida-zif watch 12", True),
        ("python /v/bin/aiida-zif run c.yaml", True),
        ("python /v/bin/aiida-zif run c.yaml --foreground", False),
        ("python /v/bin/verdi process list", True),
        ("python -m aiida_zif.setup.daemon.supervisor -p zif daemon start-circus 2", True),
        ("python /v/bin/verdi -p zif run script.py", False),
        ("python /v/bin/verdi shell", False),
        ("python script.py", False),
    ],
)
def test_only_some_programs_run_processes_themselves(command: str, watches: bool) -> None:
    assert only_watches(command.split()) is watches


@contextmanager
def stand_in(folder: Path, *words: str) -> Iterator[psutil.Process]:
    """A process that does nothing, with a command line and an AiiDA folder to be recognised by."""
    command = [sys.executable, "-c", "import time; time.sleep(60)", *words]
    with subprocess.Popen(command, env={**os.environ, "AIIDA_PATH": str(folder)}) as process:
        try:
            yield psutil.Process(process.pid)
        finally:
            process.kill()


def test_only_processes_of_this_profile_in_this_folder_are_found_and_ended(tmp_path: Path) -> None:
    mine, other = tmp_path / "mine", tmp_path / "other"
    worker = ("-p", "zif", "daemon", "worker")
    with (
        stand_in(mine, *worker) as ours,
        stand_in(other, *worker) as elsewhere,
        stand_in(mine, "-p", "abc", "daemon", "worker") as another,
    ):
        found = daemon_processes("zif", mine)
        assert [(process.pid, process.role) for process in found] == [(ours.pid, "worker")]
        assert end_processes(found) == [ours.pid]
        assert elsewhere.is_running()
        assert another.is_running()
        assert daemon_processes("zif", mine) == []


def test_a_process_with_a_recycled_id_is_not_ended(tmp_path: Path) -> None:
    with stand_in(tmp_path) as stranger:
        assert end_processes([DaemonProcess(stranger.pid, "worker", stranger.create_time() - 500, 1)]) == []
        assert stranger.is_running()


def test_a_live_program_that_opened_the_profile_counts_as_foreground(tmp_path: Path) -> None:
    records = tmp_path / "access" / "zif"
    records.mkdir(parents=True)
    with stand_in(tmp_path) as program:
        (records / f"{program.pid}.pid").write_text(str(program.cmdline()))
        assert foreground_since("zif", tmp_path) == pytest.approx(program.create_time())
        (records / f"{program.pid}.pid").write_text("['of', 'an', 'earlier', 'process']")
        assert foreground_since("zif", tmp_path) is None


def test_the_address_of_a_dead_broker_is_removed_with_its_sockets(tmp_path: Path) -> None:
    folder = Path(tempfile.mkdtemp())  # a socket's path must be short
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(folder / "router.sock"))
    pointer = tmp_path / "broker.sockets"
    pointer.write_text(f"{folder}\n")
    remove_sockets(pointer)
    assert not pointer.exists()
    assert not folder.exists()
    remove_sockets(pointer)  # nothing there: nothing to do


def test_a_folder_that_holds_more_than_sockets_is_kept(tmp_path: Path) -> None:
    folder = tmp_path / "precious"
    folder.mkdir()
    (folder / "thesis.tex").touch()
    pointer = tmp_path / "broker.sockets"
    pointer.write_text(str(folder))
    remove_sockets(pointer)
    assert not pointer.exists()
    assert (folder / "thesis.tex").exists()
