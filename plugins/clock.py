"""When a job really computed, and how much of its cores it used: two lines in its script (no AiiDA).

A job's nodes know when it was submitted and when its files were fetched; in between it also waits. What its script
says itself is the time in which a code ran.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

CLOCK_FILE = "clock"
"""File in the job's folder that holds what the script says."""

START_CLOCK = f"date +%s.%N > {CLOCK_FILE}"
STOP_CLOCK = f"{{ date +%s.%N; times; }} >> {CLOCK_FILE}"
"""Shell lines for the first and the last line of a job; ``times`` counts the processes that the shell waited for."""

_TIMES = re.compile(r"(\d+)m([\d.]+)s")


@dataclass(frozen=True)
class Clock:
    """Begin and end in s since 1970, and CPU time of all processes of the job in s; None where it was cut off."""

    begin: float
    end: float | None = None
    cpu_s: float | None = None


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
    return Clock(begin, float(lines[1]), sum(minutes) if len(minutes) == 4 else None)
