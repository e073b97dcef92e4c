"""State and problems of the daemon of the loaded profile. Reads only, changes nothing."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aiida_zif.setup.daemon.processes import DaemonProcess, daemon_processes, watchdog_of
from aiida_zif.setup.daemon.tasks import stuck_since

if TYPE_CHECKING:
    from aiida.manage.configuration.profile import Profile

GRACE = 30.0  # s that a young broker has before silence counts as a fault
DEAF_MARGIN = 1.0  # s that a worker may be older than the broker it listens to


@dataclass(frozen=True)
class DaemonFiles:
    """The files that a daemon leaves in the AiiDA folder.

    :param folder: the AiiDA folder itself (``.aiida``).
    :param circus_pid: process id of the supervisor.
    :param circus_sockets: names the folder of the supervisor's sockets.
    :param broker: folder of the broker's own files.
    """

    folder: Path
    circus_pid: Path
    circus_sockets: Path
    broker: Path

    @property
    def queue(self) -> Path:
        """Folder of the broker's task queue."""
        return self.broker / "storage" / "tasks"

    @property
    def watchdog_pid(self) -> Path:
        """Process id of the watchdog, which holds a lock on this file while it runs."""
        return self.circus_pid.with_name(f"{self.circus_pid.stem}-watchdog.pid")

    @classmethod
    def of(cls, profile: Profile) -> DaemonFiles:
        """Return the files of a profile."""
        from aiida.manage.configuration import get_config

        config = get_config()
        paths = config.filepaths(profile)
        circus = paths["circus"]
        return cls(
            Path(config.dirpath),
            Path(circus["pid"]),
            Path(circus["socket"]["file"]),
            Path(paths["broker_service"]["dir"]),
        )


@dataclass(frozen=True)
class DaemonState:
    """The daemon at one moment.

    :param profile: profile name.
    :param supervisor: process id of circus, None if it is not running.
    :param broker: process id of the broker, None if it is not running.
    :param workers: process ids of the workers.
    :param subscribers: workers that the broker knows; None if it has not said yet.
    :param pending: tasks that wait for a worker.
    :param processing: tasks in a worker's hands.
    :param watchdog: process id of the watchdog, None if there is none.
    :param problems: what is wrong, empty if nothing is; a daemon that is off has no problems.
    """

    profile: str
    supervisor: int | None
    broker: int | None
    workers: tuple[int, ...]
    subscribers: int | None
    pending: int
    processing: int
    watchdog: int | None
    problems: tuple[str, ...]

    @property
    def running(self) -> bool:
        """Whether any part of the daemon is alive."""
        return bool(self.supervisor or self.broker or self.workers)

    @property
    def healthy(self) -> bool:
        """Whether the daemon does its work."""
        return self.running and not self.problems

    def as_dict(self) -> dict[str, Any]:
        """Return the state for ``--json``."""
        return {**asdict(self), "running": self.running, "healthy": self.healthy}

    def pids(self) -> dict[str, tuple[int, ...]]:
        """Return the process ids of each part that is alive."""
        parts = {"supervisor": self.supervisor, "broker": self.broker, "watchdog": self.watchdog}
        alive: dict[str, tuple[int, ...]] = {role: (pid,) for role, pid in parts.items() if pid is not None}
        return alive | ({"workers": self.workers} if self.workers else {})

    def line(self) -> str:
        """Return the state in one readable line."""
        if not self.running:
            return "daemon is not running"
        text = f"{len(self.workers)} workers, {self.processing} tasks in work, {self.pending} waiting"
        return f"daemon is running ({text})" if self.healthy else f"daemon is broken: {'; '.join(self.problems)}"


def inspect_daemon(profile: Profile) -> DaemonState:
    """Return the state of a profile's daemon, see :func:`look_at_daemon`."""
    return look_at_daemon(profile.name, DaemonFiles.of(profile))


def look_at_daemon(profile: str, files: DaemonFiles) -> DaemonState:
    """Look at processes, status file and task queue of a profile's daemon. Takes some 20 ms and no AiiDA."""
    processes = daemon_processes(profile, files.folder)
    broker = _first(processes, "broker")
    status = _broker_status(files.broker / "broker.status", broker)
    waited = stuck_since(files.queue)
    supervisor = _first(processes, "supervisor")
    return DaemonState(
        profile=profile,
        supervisor=supervisor.pid if supervisor else None,
        broker=broker.pid if broker else None,
        workers=tuple(p.pid for p in processes if p.role == "worker"),
        subscribers=status.get("task_subscribers"),
        pending=_count(files.queue / "pending"),
        processing=_count(files.queue / "processing"),
        watchdog=watchdog_of(files.watchdog_pid),
        problems=tuple(find_problems(processes, status, waited, time.time())),
    )


def find_problems(
    processes: Iterable[DaemonProcess], status: dict[str, Any], waited: float | None, now: float
) -> Iterable[str]:
    """Yield what is wrong with a daemon.

    :param processes: its live processes.
    :param status: what the broker wrote about itself last; empty if nothing.
    :param waited: seconds that the oldest task has waited with nothing in work, None if none does.
    :param now: seconds since the epoch.
    """
    processes = list(processes)
    if not processes:
        return
    supervisor, broker = _first(processes, "supervisor"), _first(processes, "broker")
    workers = [p for p in processes if p.role == "worker"]
    if supervisor is None:
        yield "the supervisor has ended, its child processes still run"
    elif len([p for p in processes if p.role == "supervisor"]) > 1:
        yield "two supervisors"
    if broker is None:
        yield "the broker has ended"
    if not workers:
        yield "no worker is running"
    if broker is None or not workers:
        return
    # A worker never notices that its broker was replaced: it goes on listening to the old one's socket.
    if any(worker.started < broker.started - DEAF_MARGIN for worker in workers):
        yield "the broker was restarted, and the workers are not connected to the new one"
        return
    if now - broker.started > GRACE:
        if status.get("task_subscribers") == 0:
            yield "no worker is connected to the broker"
        elif (status.get("task_subscribers") or 0) > len(workers) and now - max(w.started for w in workers) > GRACE:
            # One that was killed just as it had signed on: the broker goes on giving it tasks.
            yield "the broker holds tasks for a worker that has ended"
        elif waited is not None and waited > GRACE:
            yield f"tasks have waited for {waited:.0f} s, and no worker takes them"


def _first(processes: Iterable[DaemonProcess], role: str) -> DaemonProcess | None:
    return next((p for p in processes if p.role == role), None)


def _count(folder: Path) -> int:
    return sum(1 for _ in folder.glob("*.json"))


def _broker_status(file: Path, broker: DaemonProcess | None) -> dict[str, Any]:
    """Read the broker's status file; empty if it is missing or from an earlier broker."""
    try:
        status = json.loads(file.read_text())
    except (OSError, ValueError):
        return {}
    mine = isinstance(status, dict) and broker is not None and status.get("pid") == broker.pid
    return status if mine else {}
