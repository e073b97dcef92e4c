"""A small process that checks the daemon of one profile and repairs it.

It imports no AiiDA (some 20 MB instead of 100), looks every quarter of a minute, and writes a line to its log for
everything that it fixes. The supervisor's file shows whether a daemon was killed or stopped: only an
orderly stop removes it, and then the watchdog ends too. ``aiida-zif daemon start`` keeps one running.
"""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TextIO

import psutil  # type: ignore[import-untyped]

from aiida_zif.setup.daemon.processes import WATCHDOG, watchdog_of
from aiida_zif.setup.daemon.state import DaemonFiles, look_at_daemon

LOOK_EVERY = 15.0  # s
LONGEST_PAUSE = 600.0  # s between two attempts to fix what cannot be fixed
FIX_TIMEOUT = 600.0  # s
LET_GO_EVERY = 1200.0  # s between two questions for what a lost connection has paused, which cost 3 s of CPU time
START_TIMEOUT = 10.0  # s that a young watchdog has to say that it is there
CONFIRM_AFTER = 5.0  # s after which a problem must still be there; an orderly stop ends its broker some seconds early
STOPPED_LOOKS = 2  # looks in a row that must find the daemon stopped; a restart stops it for a moment

_ZIF = "from aiida_zif.cli.main import main; main()"


def start_watchdog(profile: str, files: DaemonFiles, n_workers: int, environment: dict[str, str]) -> None:
    """Start a watchdog in the background unless one is there; of two that start at once, one ends by itself.

    :param profile: profile name.
    :param files: what its daemon leaves behind.
    :param n_workers: workers to have after fixing.
    :param environment: of the daemon, which the watchdog starts it with again.
    """
    if watchdog_of(files.watchdog_pid) is not None:
        return
    paths = [files.folder, files.circus_pid, files.circus_sockets, files.broker]
    command = [sys.executable, "-m", WATCHDOG, profile, *map(str, paths), "--workers", str(n_workers)]
    command += ["--every", str(LOOK_EVERY)]
    with log_of(files).open("a") as log:
        subprocess.Popen(
            command, env=environment, cwd="/", stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )
    deadline = time.monotonic() + START_TIMEOUT
    while watchdog_of(files.watchdog_pid) is None and time.monotonic() < deadline:
        time.sleep(0.05)


def stop_watchdog(files: DaemonFiles) -> None:
    """End the watchdog if there is one, and the repair that it may have started."""
    pid = watchdog_of(files.watchdog_pid)
    if pid is None:
        return
    try:
        process = psutil.Process(pid)
        victims = [process, *process.children()]
        for victim in victims:
            victim.terminate()
    except psutil.NoSuchProcess:
        return
    psutil.wait_procs(victims, timeout=10.0)


def log_of(files: DaemonFiles) -> Path:
    """Return the log file of the watchdog."""
    return files.circus_pid.parent / "log" / f"{files.watchdog_pid.stem}.log"


def watch(
    profile: str,
    files: DaemonFiles,
    fix: Callable[[], str],
    let_go: Callable[[], str | None] = lambda: None,
    pause: float = LOOK_EVERY,
) -> None:
    """Check the daemon periodically until it is stopped by its command; repair it when it is broken.

    :param profile: profile name.
    :param files: what its daemon leaves behind.
    :param fix: brings the daemon back and says in one line what it did.
    :param let_go: lets go on what a lost connection has paused, and says what; None if nothing was.
    :param pause: s between two looks; doubled after every attempt that did not help.
    """
    stopped, wait, asked = 0, pause, time.monotonic()
    while stopped < STOPPED_LOOKS:
        time.sleep(wait)
        stopped = 0 if files.circus_pid.is_file() else stopped + 1
        problem = None if stopped else lasting_problem(profile, files)
        wait = min(2 * wait, LONGEST_PAUSE) if problem else pause
        if problem:
            say(f"{problem}: {fix()}")
        elif not stopped and time.monotonic() - asked > LET_GO_EVERY:
            asked = time.monotonic()
            if played := let_go():
                say(played)


def lasting_problem(profile: str, files: DaemonFiles) -> str | None:
    """Return a problem that a second look still finds, of a daemon that was not stopped in between."""
    if problem_of(profile, files) is None:
        return None
    time.sleep(CONFIRM_AFTER)
    return problem_of(profile, files) if files.circus_pid.is_file() else None


def problem_of(profile: str, files: DaemonFiles) -> str | None:
    """Return the problem of a daemon that was not stopped, None if there is none."""
    state = look_at_daemon(profile, files)
    if not state.running:
        return "the whole daemon was killed"
    return "; ".join(state.problems) or None


def fix_daemon(profile: str, n_workers: int) -> str:
    """Run ``aiida-zif daemon start`` in a separate process."""
    command = [sys.executable, "-c", _ZIF, "daemon", "start", "--workers", str(n_workers), "--profile", profile]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=FIX_TIMEOUT, check=False)
    except subprocess.TimeoutExpired:
        return f"not fixed within {FIX_TIMEOUT:.0f} s"
    lines = (done.stdout if done.returncode == 0 else done.stderr).strip().splitlines()
    return f"{'fixed' if done.returncode == 0 else 'NOT fixed'}: {' '.join(lines[-2:])}"


def let_go_on(profile: str) -> str | None:
    """Play, in a separate process, what AiiDA paused because a computer did not answer; None if nothing was paused."""
    command = [sys.executable, "-c", _ZIF, "resume", "--json", "--profile", profile]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=FIX_TIMEOUT, check=True)
        played = json.loads(done.stdout)["played"]
    except (subprocess.SubprocessError, ValueError, KeyError):
        return None  # the next look finds what is wrong
    return f"played processes that a lost connection had paused: {', '.join(map(str, played))}" if played else None


def say(line: str) -> None:
    """Write one line with the time to the log."""
    print(f"{time.strftime('%Y-%m-%d %H:%M:%S')} {line}", flush=True)


def alone(pid_file: Path) -> TextIO | None:
    """Return the locked file with our process id, None if another watchdog holds it."""
    handle = pid_file.open("a+")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        handle.close()
        return None
    handle.truncate(0)
    handle.write(str(os.getpid()))
    handle.flush()
    return handle


def main(arguments: Sequence[str] | None = None) -> int:
    """Watch the daemon of one profile; return 0 when it is stopped by its command."""
    parser = argparse.ArgumentParser(prog=f"python -m {WATCHDOG}", description=__doc__)
    parser.add_argument("profile")
    for name in ("folder", "circus_pid", "circus_sockets", "broker"):
        parser.add_argument(name, type=Path)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--every", type=float, default=LOOK_EVERY, help="s between two checks")
    given = parser.parse_args(arguments)
    files = DaemonFiles(given.folder, given.circus_pid, given.circus_sockets, given.broker)
    handle = alone(files.watchdog_pid)
    if handle is not None:
        with handle:
            watch(
                given.profile,
                files,
                lambda: fix_daemon(given.profile, given.workers),
                lambda: let_go_on(given.profile),
                given.every,
            )
            files.watchdog_pid.unlink(missing_ok=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
