"""Jobs of this machine: what is told of them, and at what price."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import nullcontext
from typing import Any

import pytest
from aiida.plugins import SchedulerFactory
from aiida.schedulers.datastructures import JobState
from aiida.transports.plugins.local import LocalTransport

from aiida_zif.setup.vanished import NO_PROCESS


@pytest.fixture
def transport(aiida_profile: object) -> Iterator[LocalTransport]:
    with LocalTransport(use_login_shell=False) as opened:
        yield opened


@pytest.fixture
def scheduler(transport: LocalTransport) -> Any:
    made = SchedulerFactory("zif.local")()
    made.set_transport(transport)
    return made


@pytest.fixture
def process() -> Iterator[subprocess.Popen[bytes]]:
    sleeping = subprocess.Popen(["sleep", "60"])
    yield sleeping
    sleeping.kill()
    sleeping.wait()


def state(scheduler: Any, process: subprocess.Popen[bytes]) -> JobState:
    """What the scheduler says of a process."""
    found: JobState = scheduler.get_jobs(jobs=[str(process.pid)], as_dict=True)[str(process.pid)].job_state
    return found


def test_a_job_is_running_until_its_process_ends(scheduler: Any, process: subprocess.Popen[bytes]) -> None:
    assert state(scheduler, process) == JobState.RUNNING
    process.kill()
    wait_for(lambda: state(scheduler, process) == JobState.DONE)  # though nobody has waited for it: a zombie
    process.wait()
    assert state(scheduler, process) == JobState.DONE


def test_a_stopped_job_is_suspended(scheduler: Any, process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGSTOP)
    wait_for(lambda: state(scheduler, process) == JobState.SUSPENDED)
    process.send_signal(signal.SIGCONT)
    wait_for(lambda: state(scheduler, process) == JobState.RUNNING)


def test_a_number_that_no_process_can_have_is_a_job_that_ended(scheduler: Any) -> None:
    (job,) = scheduler.get_jobs(jobs=[NO_PROCESS])
    assert (job.job_id, job.job_state) == (NO_PROCESS, JobState.DONE)


def test_the_same_is_told_as_by_the_scheduler_of_aiida(
    scheduler: Any, transport: LocalTransport, process: subprocess.Popen[bytes]
) -> None:
    theirs = SchedulerFactory("core.direct")()
    theirs.set_transport(transport)
    ended = subprocess.Popen(["true"])
    ended.wait()
    asked = [str(process.pid), str(ended.pid)]
    ours, known = (one.get_jobs(jobs=asked, as_dict=True) for one in (scheduler, theirs))
    found, expected = ([(jobs[pid].job_state, jobs[pid].job_owner) for pid in asked] for jobs in (ours, known))
    assert found == expected


def test_a_look_starts_no_process(
    scheduler: Any, process: subprocess.Popen[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    def started(*_: object, **__: object) -> None:
        raise AssertionError("a process was started")

    monkeypatch.setattr(subprocess, "Popen", started)
    assert state(scheduler, process) == JobState.RUNNING


def test_engine_asks_for_the_jobs_that_it_waits_for_and_not_for_all_of_a_user(scheduler: Any) -> None:
    assert not scheduler.get_feature("can_query_by_user")


def test_jobs_of_another_machine_are_asked_for_there(scheduler: Any) -> None:
    class Elsewhere(nullcontext[None]):
        """Answers as `ps` of another machine."""

        def exec_command_wait(self, command: str, **_: object) -> tuple[int, str, str]:
            assert command.startswith("ps ")
            return 0, "7 S somebody 00:00:05\n", ""

    scheduler.set_transport(Elsewhere())
    (job,) = scheduler.get_jobs(jobs=["7"])
    assert (job.job_state, job.job_owner) == (JobState.RUNNING, "somebody")


def wait_for(condition: Any, seconds: float = 10.0) -> None:
    """Wait until something holds."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.01)
