"""Cause of a run that ended before its last frame (no AiiDA)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from aiida_zif.plugins.jobs.interruptions import CUT_OFF, NEVER_BEGAN, OUT_OF_MEMORY, Ending

if TYPE_CHECKING:
    from aiida_zif.plugins.cp2k.reading.outputs import MainOutput

ABORTED, KILLED = "cp2k_aborted", "cp2k_killed"
OUT_OF_TIME, DISK_FULL = "out_of_walltime", "disk_full"
EXIT_REQUESTED, UNREAD = "exit_requested", "output_not_read"

_TROUBLE = {
    DISK_FULL: re.compile(r"no space left on device|disk quota exceeded|file too large", re.IGNORECASE),
    OUT_OF_MEMORY: re.compile(
        r"out of memory|oom.?kill|cannot allocate memory|bad_alloc|error allocating|insufficient virtual memory"
        r"|would exceed memory limit",
        re.IGNORECASE,
    ),
    KILLED: re.compile(r"segmentation fault|SIGSEGV|SIGKILL|exited on signal \d+|\bKilled\b|Fortran runtime error"),
}
"""What the Fortran runtime, MPI, the kernel and schedulers say, the more telling first."""

FULL_KB = 1024
"""A disk with less than this to spare is full: what a code writes at a time is more."""


def why_stopped(
    main: MainOutput, texts: Sequence[str], outside: Ending | None = None, free_kb: int | None = None
) -> Ending:
    """Return what stopped a run that has not evaluated all it was asked for.

    :param main: its main output.
    :param texts: the main output and whatever else may hold an error message.
    :param outside: what ended its job from outside, if anything did.
    :param free_kb: what was free, after the run, of the disk that it wrote to; None if nobody looked.
    :returns: with a cause of :mod:`aiida_zif.plugins.jobs.interruptions`, or ``cp2k_aborted``, ``cp2k_killed``,
        ``out_of_walltime`` (CP2K stopped itself), ``exit_requested`` (somebody put a file EXIT into its folder),
        ``output_not_read`` (CP2K came to its end, but not all that it should have printed was found) or ``disk_full``.
    """
    found = {cause: line for cause in reversed(_TROUBLE) for line in [_line_of(cause, texts)] if line}
    for cause in (DISK_FULL, OUT_OF_MEMORY):
        if cause in found:
            return Ending(cause, found[cause])
    if outside is not None and outside.cause not in (CUT_OFF, NEVER_BEGAN) and not main.finished:
        return outside
    if main.abort:
        return Ending(ABORTED, main.abort)
    if main.exit_requested:
        return Ending(EXIT_REQUESTED, f"somebody put a file EXIT into its folder; CP2K says {main.exit_requested!r}")
    if main.out_of_time:
        return Ending(OUT_OF_TIME, "CP2K stopped itself before the job would have been killed")
    if free_kb is not None and free_kb < FULL_KB:  # nobody can say so on that disk: the output just ends
        return Ending(DISK_FULL, f"{free_kb} kB were left of the disk, and the output ends without a message")
    if main.whole:
        return Ending(UNREAD, f"CP2K {main.version or 'of unknown version'} came to its end")
    if outside is not None:
        return outside
    return Ending(KILLED, found.get(KILLED, "the output ends without a message: killed, or no space left"))


def _line_of(cause: str, texts: Sequence[str]) -> str | None:
    """The last line with a cause, its blanks collapsed."""
    for text in texts:
        for line in reversed(text.splitlines()[-400:]):
            if _TROUBLE[cause].search(line):
                return " ".join(line.split())[:300]
    return None
