"""The daemon of the loaded profile, started, stopped and recovered safely.

AiiDA's own ``verdi daemon start`` hangs after a power loss, because new workers read the socket address of the
dead broker; and when only the broker dies, the workers never hear its successor. ``ensure_daemon`` handles
both: it ends what is left, removes stale files, gives every unfinished process exactly one task, and starts
afresh. Running jobs of the computer are not touched; a campaign continues where it was. A watchdog does the same
when nobody looks.
"""

from __future__ import annotations

import fcntl
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from aiida_zif.setup.daemon.processes import connected_clients, daemon_processes, end_processes, foreground_since
from aiida_zif.setup.daemon.state import DaemonFiles, DaemonState, inspect_daemon
from aiida_zif.setup.daemon.tasks import Plan, repair_tasks
from aiida_zif.setup.daemon.vanished import forget_vanished
from aiida_zif.setup.daemon.watchdog import start_watchdog, stop_watchdog

if TYPE_CHECKING:
    from aiida.manage.configuration.profile import Profile

STOP_TIMEOUT = 40  # s; circus gives a worker 30 s to finish what it is doing
START_TIMEOUT = 180.0  # s; a machine with much else to do takes minutes
SETTLE = 10.0  # s that circus gets to replace a dead worker by itself


class DaemonError(RuntimeError):
    """The daemon could not be started or stopped. The message states the cause and the fix."""


def ensure_daemon(n_workers: int = 2) -> str:
    """Make sure that a working daemon runs for the loaded profile.

    Costs some 20 ms if it is healthy, so it may be called as often as one likes while watching a campaign.

    :param n_workers: workers to start, or at least to have.
    :returns: one line that says what was found or done.
    :raises DaemonError: if the daemon does not come up.
    """
    profile = _profile()
    state = inspect_daemon(profile)
    story = None
    if not state.healthy:
        with _lock(DaemonFiles.of(profile).folder):
            state = _settled(profile)  # another terminal may just have started it
            if not state.healthy:
                story = _start(profile, state, n_workers)
    if story is None and n_workers > len(state.workers):
        _add_workers(profile, n_workers - len(state.workers))
    if state.watchdog is None:
        _set_watchdog(profile, n_workers)
    return story or inspect_daemon(profile).line()


def daemon_state() -> DaemonState:
    """Return the state of the loaded profile's daemon."""
    return inspect_daemon(_profile())


def stop_daemon() -> str:
    """Stop the daemon of the loaded profile; unfinished processes continue at the next start.

    :returns: one line that says what was found or done.
    """
    profile = _profile()
    with _lock(DaemonFiles.of(profile).folder):
        begin = time.monotonic()
        was_running = inspect_daemon(profile).running
        stop_watchdog(DaemonFiles.of(profile))
        _clear(profile)
        return f"daemon stopped ({time.monotonic() - begin:.1f} s)" if was_running else "daemon is not running"


def _start(profile: Profile, state: DaemonState, n_workers: int) -> str:
    from aiida.engine.daemon.client import DaemonException

    from aiida_zif.setup.daemon.client import OwnDaemonClient

    begin = time.monotonic()
    _clear(profile)
    plan, vanished = _repair(profile), forget_vanished()
    try:
        OwnDaemonClient(profile).start_daemon(n_workers, timeout=int(START_TIMEOUT))
    except DaemonException as error:
        raise DaemonError(f"the daemon does not start: {error}\nLog files: {_logs(profile)}") from error
    _await_workers(profile, begin)
    _forget_connections()
    story = [f"daemon started with {n_workers} workers in {time.monotonic() - begin:.1f} s"]
    story += [f"after: {'; '.join(state.problems)}"] if state.problems else []
    story += [f"revived {len(plan.revive)} unfinished processes"] if plan.revive else []
    story += (
        [f"found {len(vanished)} jobs that ended; their process numbers belong to other processes"] if vanished else []
    )
    story += [f"removed {len(plan.drop)} tasks without a process"] if plan.drop else []
    story += [f"left {len(plan.spare)} processes to the program that seems to run them"] if plan.spare else []
    return ", ".join(story)


def _clear(profile: Profile) -> None:
    """End every process of the profile's daemon and remove the files that a dead one leaves behind."""
    from aiida.engine.daemon.client import DaemonException

    from aiida_zif.setup.daemon.client import OwnDaemonClient

    files = DaemonFiles.of(profile)
    if inspect_daemon(profile).supervisor is not None and files.circus_pid.is_file():
        with suppress(DaemonException, RuntimeError):
            OwnDaemonClient(profile).stop_daemon(wait=True, timeout=STOP_TIMEOUT)
    left = daemon_processes(profile.name, files.folder)
    end_processes(process for process in left if process.role != "broker")  # workers say goodbye to the broker
    end_processes(process for process in left if process.role == "broker")
    files.circus_pid.unlink(missing_ok=True)
    remove_sockets(files.circus_sockets)
    for name in ("broker.pid", "broker.status"):
        (files.broker / name).unlink(missing_ok=True)
    remove_sockets(files.broker / "broker.sockets")


def remove_sockets(pointer: Path) -> None:
    """Remove a file that names a folder of sockets, and that folder."""
    if not pointer.is_file():
        return
    folder = Path(pointer.read_text().strip() or pointer)
    if folder.is_dir() and all(entry.is_socket() for entry in folder.iterdir()):
        shutil.rmtree(folder, ignore_errors=True)
    pointer.unlink(missing_ok=True)


def _repair(profile: Profile) -> Plan:
    files = DaemonFiles.of(profile)
    return repair_tasks(files.queue, foreground_since(profile.name, files.folder))


def _settled(profile: Profile) -> DaemonState:
    """Return the state once it is healthy or off, or after the time that circus needs to fix it."""
    deadline = time.monotonic() + SETTLE
    while True:
        state = inspect_daemon(profile)
        recovers_by_itself = state.supervisor is not None and state.problems == ("no worker is running",)
        if not recovers_by_itself or time.monotonic() > deadline:
            return state
        time.sleep(0.5)


def _await_workers(profile: Profile, begin: float) -> None:
    """Wait until a worker is connected to the broker (which reports it only every five seconds)."""
    while time.monotonic() - begin < START_TIMEOUT:
        state = inspect_daemon(profile)
        if state.subscribers or (state.broker and connected_clients(state.broker)):
            return
        time.sleep(0.1)
    raise DaemonError(
        f"the daemon started but no worker reported within {START_TIMEOUT:.0f} s. "
        f"See {_logs(profile)}. Then try: aiida-zif daemon stop; aiida-zif daemon start"
    )


def _add_workers(profile: Profile, missing: int) -> None:
    from aiida.engine.daemon.client import DaemonException

    from aiida_zif.setup.daemon.client import OwnDaemonClient

    with suppress(DaemonException):  # circus may just be replacing a worker by itself
        OwnDaemonClient(profile).increase_workers(missing, wait=True)


def _set_watchdog(profile: Profile, n_workers: int) -> None:
    from aiida_zif.setup.daemon.client import OwnDaemonClient

    start_watchdog(profile.name, DaemonFiles.of(profile), n_workers, OwnDaemonClient(profile).get_env())


def _forget_connections() -> None:
    """Close the connection of this process to a broker that ended; the next one is made to the new broker."""
    from aiida.manage.manager import get_manager

    get_manager().reset_runner()
    get_manager().reset_broker()


def _profile() -> Profile:
    from aiida.manage.manager import get_manager

    profile = get_manager().get_profile()
    if profile is None:
        raise DaemonError("no AiiDA profile is loaded. Make one with ./setup/demo.sh")
    if profile.process_control_backend != "core.zeromq":
        raise DaemonError(
            f"profile {profile.name!r} uses the broker {profile.process_control_backend!r}; this command looks "
            "after the built-in one (core.zeromq) only. Use verdi daemon instead."
        )
    return profile


def _logs(profile: Profile) -> str:
    from aiida.manage.configuration import get_config

    paths = get_config().filepaths(profile)
    return f"{paths['daemon']['log']}, {paths['circus']['log']}"


@contextmanager
def _lock(folder: Path) -> Iterator[None]:
    """Hold a lock, so that one process at a time starts or stops the daemon."""
    with (folder / "daemon" / "aiida-zif.lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
