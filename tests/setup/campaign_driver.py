"""One command a process, as a person would type them: ``python campaign_driver.py COMMAND``; prints JSON."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

PATIENCE = 600.0  # s, on whatever machine


def setup() -> dict[str, Any]:
    from aiida.manage.configuration import get_config
    from aiida.orm import InstalledCode

    from aiida_zif.setup.computers.localhost import ensure_localhost
    from aiida_zif.setup.profile.embedded import ensure_profile

    profile = ensure_profile()
    for option, value in (("transport.task_maximum_attempts", 2), ("transport.task_retry_initial_interval", 1)):
        get_config().set_option(option, value, scope=profile.name)
    get_config().store()
    computer = ensure_localhost(Path(get_config().dirpath) / "scratch")
    InstalledCode(label="bash", computer=computer, filepath_executable="/bin/bash").store()
    return {}


def start() -> dict[str, Any]:
    from aiida_zif.setup.daemon import watchdog
    from aiida_zif.setup.daemon.daemon import daemon_state, ensure_daemon

    watchdog.LOOK_EVERY = 2.0
    return {"message": ensure_daemon(2), **daemon_state().as_dict()}


def start_unwatched() -> dict[str, Any]:
    """Start a daemon that nobody fixes, to see what is broken."""
    from aiida.manage import get_manager

    from aiida_zif.setup.daemon.state import DaemonFiles
    from aiida_zif.setup.daemon.watchdog import stop_watchdog

    answer = start()
    stop_watchdog(DaemonFiles.of(get_manager().get_profile()))
    return answer


def stop() -> dict[str, Any]:
    from aiida_zif.setup.daemon.daemon import stop_daemon

    return {"message": stop_daemon()}


def submit(gate: str) -> dict[str, Any]:
    """Hand the work chain over to the daemon, and look until its first two jobs are there."""
    from aiida.engine import submit as submit_process
    from aiida.orm import load_code
    from sleepy import SleepyWorkChain

    submit_process(SleepyWorkChain, code=load_code("bash@localhost"), gate=gate)
    return wait("waiting", "2")


def abandon(gate: str) -> dict[str, Any]:
    """Run the work chain in this very process; the test kills it in the middle."""
    from aiida.engine import run
    from aiida.orm import load_code
    from sleepy import SleepyWorkChain

    run(SleepyWorkChain, code=load_code("bash@localhost"), gate=gate)
    return {}


def foreground(gate: str) -> dict[str, Any]:
    """Run the work chain in this process as ``aiida-zif run --foreground`` does."""
    from aiida.orm import load_code
    from sleepy import SleepyWorkChain

    from aiida_zif.workflows.engine.in_process import run_to_its_end

    return {"pk": run_to_its_end(SleepyWorkChain, "", code=load_code("bash@localhost"), gate=gate).pk}


def look() -> dict[str, Any]:
    """Tell how the newest work chain and the daemon stand."""
    from aiida.orm import CalcJobNode, QueryBuilder, WorkChainNode

    from aiida_zif.setup.daemon.daemon import daemon_state

    chain = QueryBuilder().append(WorkChainNode).order_by({WorkChainNode: {"id": "desc"}}).first(flat=True)
    jobs = [] if chain is None else [node for node in chain.called if isinstance(node, CalcJobNode)]
    return {
        "pk": None if chain is None else chain.pk,
        "chain": None if chain is None else state_of(chain),
        "total": chain.outputs.total.value if chain is not None and chain.is_finished_ok else None,
        "jobs": [state_of(job) for job in jobs],
        **daemon_state().as_dict(),
    }


def state_of(process: Any) -> str:
    """Return the state of a process; one that is just being made has none yet."""
    return str(process.process_state.value) if process.process_state else "made"


def wait_until(answer: Callable[[], dict[str, Any] | None]) -> dict[str, Any]:
    """Ask again and again until there is an answer."""
    from aiida.manage import get_manager

    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        get_manager().get_profile_storage().get_session().commit()  # else SQLite shows what it showed before
        if found := answer():
            return found
        time.sleep(0.1)
    raise TimeoutError(f"not within {PATIENCE:g} s; last seen: {look()}")


def wait_finished() -> dict[str, Any]:
    """Look until the newest work chain has finished and no task is left."""

    def answer() -> dict[str, Any] | None:
        seen = look()
        return seen if seen["chain"] == "finished" and seen["pending"] + seen["processing"] == 0 else None

    return wait_until(answer)


def wait(state: str, jobs: str) -> dict[str, Any]:
    """Look until the newest work chain is in a state and has so many jobs."""

    def answer() -> dict[str, Any] | None:
        seen = look()
        return seen if seen["chain"] == state and len(seen["jobs"]) >= int(jobs) else None

    return wait_until(answer)


def wait_broken() -> dict[str, Any]:
    """Look until a new broker is there, which the workers of the old one do not hear."""
    from aiida_zif.setup.daemon.daemon import daemon_state

    return wait_until(lambda: daemon_state().as_dict() if daemon_state().broker else None)


def wait_paused(number: str) -> dict[str, Any]:
    """Look until so many processes are paused."""
    from aiida_zif.setup.daemon.paused import paused_processes

    def answer() -> dict[str, Any] | None:
        paused = [process.pk for process in paused_processes()]
        return {"paused": paused} if len(paused) == int(number) else None

    return wait_until(answer)


def wait_jobs(number: str) -> dict[str, Any]:
    """Look until so many jobs run without a scheduler."""
    from aiida_zif.setup.daemon.vanished import is_somebody_else, local_jobs

    def answer() -> dict[str, Any] | None:
        jobs = local_jobs()
        assert not any(is_somebody_else(job.get_job_id(), job.get_remote_workdir()) for job in jobs)
        return {"jobs": [job.pk for job in jobs]} if len(jobs) == int(number) else None

    return wait_until(answer)


def wait_ended(pk: str) -> dict[str, Any]:
    """Look until a process has ended."""
    from aiida.orm import load_node

    return wait_until(lambda: {"pk": pk} if load_node(int(pk)).is_terminated else None)


def renumber(pk: str, process: str) -> dict[str, Any]:
    """Let a job have the number of another process, as a reboot can."""
    from aiida.orm import load_node

    load_node(int(pk)).set_job_id(process)
    return {}


COMMANDS: tuple[Callable[..., dict[str, Any]], ...] = (
    setup, start, start_unwatched, stop, submit, abandon, foreground, look, renumber,
    wait, wait_finished, wait_broken, wait_paused, wait_jobs, wait_ended,
)  # fmt: skip

if __name__ == "__main__":
    if sys.argv[1] != "setup":
        from aiida_zif.setup.profile.embedded import load_own_profile

        load_own_profile()
    print(json.dumps({command.__name__: command for command in COMMANDS}[sys.argv[1]](*sys.argv[2:])))
