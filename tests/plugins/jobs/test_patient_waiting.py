"""Waiting for a job of this machine costs nothing and ends with the job."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from aiida import orm
from aiida.calculations.arithmetic.add import ArithmeticAddCalculation
from aiida.engine import run_get_node
from aiida.engine.utils import interruptable_task
from aiida.schedulers.plugins.direct import DirectScheduler
from plumpy.process_states import KillInterruption

from aiida_zif.plugins.jobs.base import TolerantJob
from aiida_zif.plugins.jobs.local_waiting import end_of_process, update_in_time

LONG = 300
"""s, which no machine needs for what takes none; whoever waits in vain waits longer."""


class PatientJob(TolerantJob, ArithmeticAddCalculation):
    """Adds two numbers."""


def sleeping(seconds: float) -> int:
    """Start a process that is nobody's child here; return its number."""
    started = subprocess.run(
        ["sh", "-c", f"sleep {seconds} > /dev/null 2>&1 & echo $!"], capture_output=True, check=True
    )
    return int(started.stdout)


@pytest.fixture
def endless() -> Iterator[int]:
    pid = sleeping(3600)
    yield pid
    os.kill(pid, signal.SIGKILL)


async def seconds_to(awaitable: Any) -> float:
    began = time.monotonic()
    await awaitable
    return time.monotonic() - began


def test_the_end_of_a_process_is_waited_for() -> None:
    pid = sleeping(600)

    async def end_it() -> None:
        wait = asyncio.ensure_future(end_of_process(pid, timeout=600))
        await asyncio.sleep(0.1)
        assert not wait.done()
        os.kill(pid, signal.SIGKILL)
        await wait

    assert asyncio.run(seconds_to(end_it())) < LONG


def test_a_process_that_has_ended_is_not_waited_for() -> None:
    ended = subprocess.Popen(["true"])
    ended.wait()
    assert asyncio.run(seconds_to(end_of_process(ended.pid, timeout=600))) < LONG


def test_a_look_is_taken_after_a_while_whatever_the_kernel_says(endless: int) -> None:
    assert 0.1 < asyncio.run(seconds_to(end_of_process(endless, timeout=0.2))) < LONG


def test_nothing_is_left_open_by_a_wait_that_was_given_up(endless: int) -> None:
    async def give_up() -> None:
        wait = asyncio.ensure_future(end_of_process(endless))
        await asyncio.sleep(0.1)
        wait.cancel()
        with pytest.raises(asyncio.CancelledError):
            await wait

    def n_open() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    before = n_open()
    asyncio.run(give_up())
    assert n_open() == before


def test_where_the_kernel_cannot_tell_aiida_looks_as_always(endless: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "pidfd_open")
    assert asyncio.run(seconds_to(end_of_process(endless, timeout=600))) < LONG


def test_a_wait_is_interrupted_at_once(localhost: orm.Computer, endless: int) -> None:
    """By which AiiDA pauses and kills."""
    job: Any = SimpleNamespace(computer=localhost, get_job_id=lambda: str(endless))

    async def interrupt() -> None:
        wait = interruptable_task(partial(update_in_time, job, None))
        await asyncio.sleep(0.1)
        assert not wait.done()
        wait.interrupt(KillInterruption("enough"))
        with pytest.raises(KillInterruption, match="enough"):
            await wait

    asyncio.run(interrupt())


ENOUGH = 5


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[None]:
    """One entry each time that AiiDA asked for the jobs of this machine; after enough of them, there is a file."""
    taken: list[None] = []
    ask = DirectScheduler.get_jobs

    def counted(self: Any, *args: Any, **kwargs: Any) -> Any:
        taken.append(None)
        if len(taken) == ENOUGH:
            (tmp_path / "enough").touch()
        return ask(self, *args, **kwargs)

    monkeypatch.setattr(DirectScheduler, "get_jobs", counted)
    return taken


def run_job(localhost: orm.Computer, process: Any, wait_for: str) -> orm.CalcJobNode:
    """Run a job that first waits for something, on a computer that may be asked ten times a second."""
    localhost.set_minimum_job_poll_interval(0.1)
    code = orm.InstalledCode(computer=localhost, filepath_executable="/bin/bash", label="bash").store()
    options = {"prepend_text": wait_for, "resources": {"num_machines": 1, "num_mpiprocs_per_machine": 1}}
    _, node = run_get_node(process, code=code, x=orm.Int(1), y=orm.Int(2), metadata={"options": options})
    return node


def test_a_running_job_is_not_asked_for(localhost: orm.Computer, looks: list[None]) -> None:
    node = run_job(localhost, PatientJob, "sleep 1")
    assert node.is_finished_ok, node.exit_message
    assert node.outputs.sum.value == 3
    assert len(looks) <= 2


def test_without_patience_it_is_asked_for_all_the_time(
    localhost: orm.Computer, looks: list[None], tmp_path: Path
) -> None:
    wait_for = f"for second in $(seq {LONG}); do [ -e {tmp_path / 'enough'} ] && break; sleep 1; done"
    assert run_job(localhost, ArithmeticAddCalculation, wait_for).is_finished_ok
    assert len(looks) >= ENOUGH  # a patient job asks twice, and would wait until the loop has ended
