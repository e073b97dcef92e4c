"""The cause of a job that was ended from outside, from the files that it left (no AiiDA).

With Slurm accounting, AiiDA recognises three causes. Without accounting, and for all other causes, the error file of
the job is the only source. After a crash of the machine or `kill -9` it is empty: then the last line of the script was
not run.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from aiida_zif.plugins.jobs.clock import read_clock

OUT_OF_MEMORY, KILLED_AT_WALLTIME, NODE_FAILURE = "out_of_memory", "killed_at_walltime", "node_failure"
PREEMPTED, CANCELLED = "preempted", "cancelled"
CUT_OFF, NEVER_BEGAN = "cut_off", "never_began"

BLAMELESS = frozenset({NODE_FAILURE, PREEMPTED, CANCELLED, CUT_OFF, NEVER_BEGAN})
"""Ends that say nothing of what the job was to do: the same job may go well the next time."""

_SAID = {
    OUT_OF_MEMORY: r"oom[-_ ]?kill|exceeded (job )?memory limit|PBS: job killed: (v|p)?mem\b",
    KILLED_AT_WALLTIME: r"CANCELLED AT .*DUE TO TIME LIMIT|PBS: job killed: walltime",
    NODE_FAILURE: r"CANCELLED AT .*DUE TO NODE FAILURE|PBS: job killed: node \d+ .*requested job",
    PREEMPTED: r"CANCELLED AT .*DUE TO (PREEMPTION|JOB REQUEUE)",
    CANCELLED: r"CANCELLED AT |PBS: job killed",
}
"""What Slurm and PBS write into the error file of a job that they end, the more telling first."""

_BY_SCHEDULER = {110: OUT_OF_MEMORY, 120: KILLED_AT_WALLTIME, 140: NODE_FAILURE}
"""Exit codes that AiiDA's scheduler plugins give a job."""


@dataclass(frozen=True)
class Ending:
    """How a job was ended.

    :param cause: one of the names above.
    :param detail: what was said, for reading.
    """

    cause: str
    detail: str


def ended_from_outside(
    texts: Sequence[str], clock: str, scheduler: int | None = None, left: Collection[str] | None = None
) -> Ending | None:
    """Return what ended a job from outside, None if nothing did as far as one can see.

    :param texts: what the batch system kept of the script's error and output streams.
    :param clock: the file that the script writes at its first and at its last line, empty if there is none.
    :param scheduler: exit code that AiiDA's plugin for the scheduler gave.
    :param left: names of the files that the job left, None if nobody looked.
    """
    said = next((found for cause in _SAID for text in texts for found in _line_of(cause, text)), None)
    if said is not None:
        return said
    if scheduler in _BY_SCHEDULER:
        return Ending(_BY_SCHEDULER[scheduler], "says the scheduler")
    begun = read_clock(clock)
    if begun is not None and begun.end is None:
        return Ending(CUT_OFF, "its script never came to the last line, and nobody said why")
    if left is not None and not left:
        return Ending(NEVER_BEGAN, "it left no file, not even an empty one")
    return None


def _line_of(cause: str, text: str) -> list[Ending]:
    """The last line with a cause, its blanks collapsed; None if no line has one."""
    lines = [line for line in text.splitlines()[-400:] if re.search(_SAID[cause], line, re.IGNORECASE)]
    return [Ending(cause, " ".join(line.split())[:300]) for line in lines[-1:]]
