"""A campaign survives whatever is killed. Everything here runs real daemons of a throw-away profile."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Iterator

import pytest
from daemon_machine import PATIENCE, Machine, kill

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """One profile for all; every test begins with the daemon as the one before left it."""
    machine = Machine(tmp_path_factory.mktemp("daemon") / "a b")  # a blank in the path on purpose
    machine.folder.mkdir()
    machine("setup")
    yield machine
    machine("stop")
    assert machine.processes() == []


def test_campaign_continues_after_power_loss(machine: Machine) -> None:
    state, gate = machine("start"), machine.gate()
    machine("submit", gate)
    kill([process.pid for process in machine.processes()])
    gate.touch()  # nobody is there when the jobs end
    broken = machine("look")
    assert (broken["running"], broken["supervisor"], broken["workers"]) == (False, None, [])
    again = machine("start")
    assert again["healthy"]
    assert again["broker"] != state["broker"]
    machine.assert_finished_once()


def test_nobody_gathers_statistics_that_nobody_reads(machine: Machine) -> None:
    assert machine("start")["healthy"]
    commands = [process.cmdline() for process in machine.processes()]
    assert any("start-circus" in command for command in commands)
    assert not any("stats" in " ".join(command) for command in commands)


def test_campaign_continues_after_the_broker_alone_died(machine: Machine) -> None:
    state, gate = machine("start_unwatched"), machine.gate()
    machine("submit", gate)
    kill([state["broker"]])
    assert not machine("wait_broken")["healthy"]
    assert "started" in machine("start")["message"]
    gate.touch()
    machine.assert_finished_once()


@pytest.mark.parametrize("parts", [("broker",), ("supervisor", "broker", "workers")], ids=["broker", "whole daemon"])
def test_the_watchdog_mends_without_being_asked(machine: Machine, parts: tuple[str, ...]) -> None:
    state, before, gate = machine("start"), machine.fixed(), machine.gate()
    machine("submit", gate)
    kill(pid for part in parts for pid in ([state[part]] if part != "workers" else state[part]))
    deadline = time.monotonic() + PATIENCE
    while machine.fixed() == before and time.monotonic() < deadline:
        time.sleep(0.1)
    assert machine.fixed() == before + 1
    gate.touch()
    machine.assert_finished_once()


def test_a_daemon_that_was_stopped_stays_stopped_and_has_no_watchdog(machine: Machine) -> None:
    machine("start")
    machine.verdi("daemon", "stop")
    deadline = time.monotonic() + PATIENCE
    while machine.processes() and time.monotonic() < deadline:
        time.sleep(0.1)  # it looks twice, as a restart too stops the daemon for a moment
    assert machine.processes() == []


def test_left_overs_of_a_killed_supervisor_are_ended(machine: Machine) -> None:
    state = machine("start_unwatched")
    old = {process.pid for process in machine.processes()}
    kill([state["supervisor"]])
    assert machine("look")["problems"] == ["the supervisor has ended, its child processes still run"]
    assert machine("start")["healthy"]
    assert not old & {process.pid for process in machine.processes()}


def test_campaign_of_a_killed_terminal_is_taken_over_by_the_daemon(machine: Machine) -> None:
    machine("stop")
    gate = machine.gate()
    with subprocess.Popen(machine.command("abandon", gate), env=machine.env) as terminal:
        machine("wait", "waiting", "2")
        terminal.send_signal(signal.SIGSTOP)  # slow, but alive: the work chain is its own, not the daemon's
        assert machine("start")["pending"] == 0
        assert machine("look")["processing"] == 0
        terminal.kill()
    machine("stop")
    assert "revived" in machine("start")["message"]
    gate.touch()
    machine.assert_finished_once()


def test_starting_twice_changes_nothing(machine: Machine) -> None:
    first, second = machine("start"), machine("start")
    assert second["message"].startswith("daemon is running")
    assert {**first, "message": "", "subscribers": None} == {**second, "message": "", "subscribers": None}


def test_resume_plays_what_a_computer_that_did_not_answer_had_paused(machine: Machine) -> None:
    scratch = machine.folder / ".aiida" / "scratch"
    machine("start")
    if scratch.is_dir():
        scratch.rename(scratch.with_name("kept"))
    scratch.write_text("not a folder")
    try:
        machine("submit", machine.gate(is_open=True))
        assert len(machine("wait_paused", "2")["paused"]) == 2
    finally:
        scratch.unlink()
    kill([process.pid for process in machine.processes()])
    told = machine.zif("resume")
    assert told.count("ArithmeticAddCalculation") == told.count("continues; pausing after failed transport task") == 2
    machine.assert_finished_once()


def test_resume_leaves_alone_what_a_person_paused(machine: Machine) -> None:
    machine("start")
    gate = machine.gate()
    pk = machine("submit", gate)["pk"]
    machine.verdi("process", "pause", str(pk))
    told = machine.zif("resume")
    assert f"<{pk}> stays paused: Paused through `verdi process pause`" in told
    machine.verdi("process", "play", str(pk))
    gate.touch()
    machine.assert_finished_once()


def test_a_program_in_the_foreground_needs_neither_daemon_nor_broker(machine: Machine) -> None:
    machine("stop")
    machine("foreground", machine.gate(is_open=True))
    machine.assert_finished_once()


def test_a_job_whose_process_number_another_process_has_is_found_ended(machine: Machine) -> None:
    machine("start")
    gate = machine.gate()
    machine("submit", gate)
    (first, _) = machine("wait_jobs", "2")["jobs"]
    with subprocess.Popen(["sleep", "600"], cwd="/") as stranger:  # a service that began after the reboot
        try:
            kill([process.pid for process in machine.processes()])
            machine("renumber", str(first), str(stranger.pid))
            assert "found 1 jobs that ended" in machine("start")["message"]
            machine("wait_ended", str(first))
            assert stranger.poll() is None
        finally:
            stranger.kill()
    machine.verdi("process", "kill", str(machine("look")["pk"]))
    gate.touch()
