"""Two lines in every job script that record compute time, CPU time and free disk space. No AiiDA here.

The nodes of a job hold the times of its submission and retrieval, which include waiting. The script records the time in
which a code ran. A code cannot report a full disk, because its message goes to that disk. The file of the clock has a
block on the disk already, so that its last line can still be written.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

CLOCK_FILE = "clock"
"""File in the job's folder that holds what the script says."""

START_CLOCK = f"date +%s.%N > {CLOCK_FILE}"
STOP_CLOCK = f"{{ date +%s.%N; times; df -Pk . | tail -n 1; }} >> {CLOCK_FILE}"
"""Shell lines for the first and the last line of a job; ``times`` counts the processes that the shell waited for."""

_TIMES = re.compile(r"(\d+)m([\d.]+)s")
_FREE = re.compile(r"\s\d+\s+\d+\s+(\d+)\s+\d+%\s")  # blocks, used, available, share: as POSIX has it


@dataclass(frozen=True)
class Clock:
    """Begin and end in s since 1970, CPU time of all processes of the job in s, and what was free of the disk at its
    end in kB; None where it was cut off."""

    begin: float
    end: float | None = None
    cpu_s: float | None = None
    free_kb: int | None = None


def read_clock(text: str) -> Clock | None:
    """Read the file that the two lines wrote.

    :returns: None if not even the first line is there.
    """
    lines = text.split("\n")
    try:
        begin = float(lines[0])
    except ValueError:
        return None
    if len(lines) < 4:
        return Clock(begin)
    # bash prints its own user and system time, then those of its children
    minutes = [60.0 * int(m) + float(s) for line in lines[2:4] for m, s in _TIMES.findall(line)]
    free = _FREE.search(lines[4]) if len(lines) > 4 else None
    return Clock(
        begin, float(lines[1]), sum(minutes) if len(minutes) == 4 else None, int(free.group(1)) if free else None
    )
