"""The operating-system processes of one profile's daemon: finding them and ending them, and no others."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil  # type: ignore[import-untyped]

WATCHDOG = "aiida_zif.setup.daemon.watchdog"
SUPERVISOR = "aiida_zif.setup.daemon.supervisor"
EARLIER_WATCHDOG = "aiida_zif.setup.watchdog"
"""The same of the version before; one that was started by it goes on while the package is updated."""

ROLES = {"start-circus": "supervisor", "broker": "broker", "worker": "worker"}


@dataclass(frozen=True)
class DaemonProcess:
    """One live process of a daemon.

    :param pid: process id.
    :param role: ``supervisor``, ``broker``, ``worker`` or ``stats`` (circus' helper).
    :param started: start time, seconds since the epoch.
    :param parent: process id of the parent.
    """

    pid: int
    role: str
    started: float
    parent: int


def role_of(command: list[str], profile: str) -> str | None:
    """Return the role of a command line in the daemon of a profile, or None if it is something else."""
    if "from circus import stats; stats.main()" in command:
        return "stats"
    for start in range(len(command) - 3):
        if command[start : start + 3] == ["-p", profile, "daemon"]:
            return ROLES.get(command[start + 3])
    return None


def daemon_processes(profile: str, config_folder: Path) -> list[DaemonProcess]:
    """Return the live processes of the daemon of one profile in one AiiDA folder, supervisor first.

    A process belongs to it if its command line has the role and names the profile, and its environment names
    the AiiDA folder; circus' statistics helper, which knows no profile, counts if its supervisor is one of
    these or dead.
    """
    found = list(_with_role(profile, config_folder.resolve()))
    supervisors = {process.pid for process in found if process.role == "supervisor"}
    kept = [p for p in found if p.role != "stats" or p.parent in supervisors or _is_orphan(p.parent)]
    return sorted(kept, key=lambda p: (p.role != "supervisor", p.started))


def _with_role(profile: str, config_folder: Path) -> Iterator[DaemonProcess]:
    for process in psutil.process_iter():
        try:
            role = role_of(process.cmdline(), profile)
            if role is None or process.status() == psutil.STATUS_ZOMBIE:
                continue
            folder = process.environ().get("AIIDA_PATH")
            if folder and Path(folder).resolve() == config_folder:
                yield DaemonProcess(process.pid, role, process.create_time(), process.ppid())
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue


def _is_orphan(parent: int) -> bool:
    """Tell whether a parent is not a supervisor any more: gone, or the reaper that adopts orphans."""
    try:
        return "start-circus" not in psutil.Process(parent).cmdline()
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return True


def end_processes(processes: Iterable[DaemonProcess], patience: float = 15.0) -> list[int]:
    """End processes: politely, then for good those still there after ``patience`` seconds.

    :returns: the ids of the processes that were ended.
    """
    victims = []
    for known in processes:
        try:
            process = psutil.Process(known.pid)
            if abs(process.create_time() - known.started) < 1.0:  # not a stranger with a recycled id
                process.terminate()
                victims.append(process)
        except psutil.NoSuchProcess:
            continue
    _, stubborn = psutil.wait_procs(victims, timeout=patience)
    for process in stubborn:
        try:
            process.kill()
        except psutil.NoSuchProcess:
            continue
    psutil.wait_procs(stubborn, timeout=5.0)
    return [process.pid for process in victims]


def foreground_since(profile: str, config_folder: Path) -> float | None:
    """Return the start time of the oldest live process that may itself run work chains of the profile.

    AiiDA notes every process that opens a profile. Such a process (``verdi run``, a notebook, ``aiida-zif run
    --foreground``) executes processes that no daemon knows; handing those to a daemon would run them twice.
    Commands that only look and submit do not count.

    :returns: seconds since the epoch, or None if there is no such process.
    """
    starts = []
    for record in (config_folder / "access" / profile).glob("*.pid"):
        if not record.stem.isdigit() or int(record.stem) == os.getpid():
            continue
        try:
            process = psutil.Process(int(record.stem))
            command = process.cmdline()
            alive = process.status() != psutil.STATUS_ZOMBIE and record.read_text() == str(command)
            if alive and not only_watches(command):
                starts.append(process.create_time())
        except (psutil.NoSuchProcess, psutil.AccessDenied, FileNotFoundError):
            continue
    return min(starts, default=None)


def only_watches(command: list[str]) -> bool:
    """Tell whether a command line is one that never runs processes itself."""
    names = [Path(word).name for word in command[:3]]
    if "aiida-zif" in names:
        return "--foreground" not in command
    return bool({"verdi", SUPERVISOR}.intersection(names)) and not {"run", "shell"}.intersection(command)


def watchdog_of(pid_file: Path) -> int | None:
    """Return the process id in a watchdog's file, if a watchdog is what has this id."""
    try:
        pid = int(pid_file.read_text())
        return pid if {WATCHDOG, EARLIER_WATCHDOG} & set(psutil.Process(pid).cmdline()) else None
    except (OSError, ValueError, psutil.NoSuchProcess, psutil.AccessDenied):
        return None


def connected_clients(broker: int) -> int:
    """Return how many programs are connected to the broker's socket right now; 0 if that cannot be seen.

    :param broker: process id of the broker.
    """
    try:
        sockets = psutil.Process(broker).net_connections(kind="unix")
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return 0
    # The socket that listens has the same name as those of its clients.
    return max(0, sum(str(entry.laddr).endswith("/router.sock") for entry in sockets) - 1)
