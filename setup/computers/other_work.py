"""How many cores of this machine are busy with other work than ours."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil  # type: ignore[import-untyped]

LEAST_SHARE = 0.25
"""Of all cores; below it our jobs hardly notice."""


@dataclass(frozen=True)
class Look:
    """What all processes had used when they were looked at.

    :param moment: s, of a clock that never jumps.
    :param cpu_s: CPU time in s of each process, by number and start: a number may be given away again.
    """

    moment: float
    cpu_s: Mapping[tuple[int, float], float]


def cores_used(before: Look, now: Look, ours: Iterable[int]) -> float:
    """Return how many cores the processes used between two looks, on average, those that are ours left out.

    A process that ended meanwhile is not counted, one that began meanwhile counts with all that it used.

    :param ours: process numbers.
    """
    mine = set(ours)
    used = sum(cpu_s - before.cpu_s.get(key, 0.0) for key, cpu_s in now.cpu_s.items() if key[0] not in mine)
    return max(used, 0.0) / max(now.moment - before.moment, 1e-3)


def busy_in_words(used: float, cores: int) -> str:
    """Return what is to be said of the other work on a machine, empty if there is too little to matter.

    :param used: cores that other processes use.
    :param cores: cores of the machine.
    """
    if used < LEAST_SHARE * cores:
        return ""
    return f"Other processes use {min(used, cores):.1f} of {cores} cores: jobs of this computer take longer."


class OtherWork:
    """The work of others on this machine, from one look to the next.

    :param home: folder of AiiDA: processes at home there are ours, as are this one and all that it has started.
    """

    def __init__(self, home: Path) -> None:
        self.home = home
        self.before = look()

    def in_words(self, folders: Iterable[Path] = ()) -> str:
        """Say how busy others have kept the cores since the last look, nothing if that does not matter.

        :param folders: where our jobs run, beside the folder of AiiDA.
        """
        before, self.before = self.before, look()
        homes = [folder.resolve() for folder in (self.home, *folders)]
        used = cores_used(before, self.before, our_processes(before, self.before, homes))
        return busy_in_words(used, len(os.sched_getaffinity(0)))


def look() -> Look:
    """Return what every process has used until now."""
    found = {}
    for process in psutil.process_iter():
        try:
            times = process.cpu_times()
            found[process.pid, process.create_time()] = times.user + times.system
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return Look(time.monotonic(), found)


def our_processes(before: Look, now: Look, folders: Iterable[Path]) -> set[int]:
    """Return the numbers of our own processes; only one that has used something since then is asked where it is."""
    active = {pid for (pid, start), cpu_s in now.cpu_s.items() if cpu_s > before.cpu_s.get((pid, start), 0.0)}
    mine = {os.getpid(), *(child.pid for child in psutil.Process().children(recursive=True))}
    return mine | {pid for pid in active - mine if is_at_home(pid, folders)}


def is_at_home(pid: int, folders: Iterable[Path]) -> bool:
    """Return whether a process runs in one of these folders, as a job does, or for an AiiDA in it, as a daemon does.

    Of a process that nobody may ask, it is taken that it is not.
    """
    try:
        process = psutil.Process(pid)
        places = [Path(process.cwd()), Path(process.environ().get("AIIDA_PATH") or "/").resolve()]
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return False
    return any(place.is_relative_to(folder) for place in places for folder in folders)
