"""A campaign survives whatever is killed. Everything here runs real daemons of a throw-away profile."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

pytestmark = pytest.mark.slow

HERE = Path(__file__).parent


class Machine:
    """A throw-away AiiDA folder and the commands that are typed on it, each in a process of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.env = {**os.environ, "AIIDA_PATH": str(folder), "PYTHONPATH": str(HERE)}
        self.env.pop("AIIDA_PROFILE", None)

    def command(self, *words: str) -> list[str]:
        return [sys.executable, str(HERE / "campaign_driver.py"), *words]

    def __call__(self, *words: str) -> dict[str, Any]:
        done = subprocess.run(
            self.command(*words), env=self.env, capture_output=True, text=True, timeout=180, check=False
        )
        assert done.returncode == 0, done.stderr
        answer = dict(json.loads(done.stdout.splitlines()[-1]))
        if "message" in answer:
            print(answer["message"])  # shown by pytest -rP: how long it took
        return answer

    def await_look(self, wanted: str, **limits: int) -> dict[str, Any]:
        """Look until the work chain is in the wanted state or so many jobs exist."""
        deadline = time.monotonic() + 150
        while time.monotonic() < deadline:
            seen = self("look")
            if seen["chain"] == wanted and len(seen["jobs"]) >= limits.get("jobs", 0):
                return seen
            time.sleep(1)
        raise AssertionError(f"no {wanted} with {limits} within 150 s; last seen: {seen}")

    def processes(self) -> list[psutil.Process]:
        """Every live process that carries this AiiDA folder in its environment, jobs excluded."""
        found = []
        for process in psutil.process_iter():
            try:
                mine = process.environ().get("AIIDA_PATH", "").startswith(str(self.folder))
                if mine and process.status() != psutil.STATUS_ZOMBIE and "daemon" in " ".join(process.cmdline()):
                    found.append(process)
            except (psutil.NoSuchProcess, psutil.AccessDenied):
                continue
        return found


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    machine = Machine(tmp_path / "a b")  # a blank in the path on purpose
    machine.folder.mkdir()
    machine("setup")
    yield machine
    machine("stop")
    assert machine.processes() == []


def kill(pids: list[int]) -> None:
    for pid in pids:
        os.kill(pid, signal.SIGKILL)


def assert_finished_once(machine: Machine) -> None:
    """The work chain ended well, and no job ran twice."""
    seen = machine.await_look("finished")
    assert seen["total"] == 6
    assert seen["jobs"] == ["finished"] * 4
    assert (seen["pending"], seen["processing"]) == (0, 0)


def test_campaign_continues_after_power_loss(machine: Machine) -> None:
    state = machine("start")
    machine("submit", "4")
    machine.await_look("waiting", jobs=2)
    kill([process.pid for process in machine.processes()])
    broken = machine("look")
    assert (broken["running"], broken["supervisor"], broken["workers"]) == (False, None, [])
    again = machine("start")
    assert again["healthy"]
    assert again["broker"] != state["broker"]
    assert_finished_once(machine)


def test_campaign_continues_after_the_broker_alone_died(machine: Machine) -> None:
    state = machine("start")
    machine("submit", "4")
    machine.await_look("waiting", jobs=2)
    kill([state["broker"]])
    deadline = time.monotonic() + 30
    while machine("look")["broker"] is None and time.monotonic() < deadline:
        time.sleep(0.5)  # circus puts a new one in its place, which the workers never hear
    assert not machine("look")["healthy"]
    assert "started" in machine("start")["message"]
    assert_finished_once(machine)


def test_left_overs_of_a_killed_supervisor_are_ended(machine: Machine) -> None:
    state = machine("start")
    old = {process.pid for process in machine.processes()}
    kill([state["supervisor"]])
    assert machine("look")["problems"] == ["the supervisor is gone, its children are left over"]
    assert machine("start")["healthy"]
    assert not old & {process.pid for process in machine.processes()}


def test_campaign_of_a_killed_terminal_is_taken_over_by_the_daemon(machine: Machine) -> None:
    with subprocess.Popen(machine.command("abandon", "8"), env=machine.env) as terminal:
        machine.await_look("waiting", jobs=2)
        terminal.send_signal(signal.SIGSTOP)  # slow, but alive: the work chain is its own, not the daemon's
        assert machine("start")["pending"] == 0
        assert machine("look")["processing"] == 0
        terminal.kill()
    machine("stop")
    assert "revived" in machine("start")["message"]
    assert_finished_once(machine)


def test_starting_twice_changes_nothing(machine: Machine) -> None:
    first, second = machine("start"), machine("start")
    assert second["message"].startswith("daemon is running")
    assert {**first, "message": "", "subscribers": None} == {**second, "message": "", "subscribers": None}
