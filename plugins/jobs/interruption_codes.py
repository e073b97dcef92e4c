"""Exit codes of jobs that were ended from outside: those of AiiDA, and additional ones."""

from __future__ import annotations

from aiida import orm
from aiida.engine import CalcJobProcessSpec, ExitCode

from aiida_zif.plugins.jobs import interruptions as outside
from aiida_zif.plugins.jobs.clock import CLOCK_FILE
from aiida_zif.plugins.jobs.retrieved_files import readable

CODES = {
    outside.OUT_OF_MEMORY: (110, "The job ran out of memory"),
    outside.KILLED_AT_WALLTIME: (120, "The job ran out of walltime"),
    outside.NODE_FAILURE: (140, "The node of the job failed"),
    outside.CANCELLED: (430, "The job was cancelled by a person or an administrator"),
    outside.PREEMPTED: (431, "The job had to make room for another one"),
    outside.CUT_OFF: (432, "The job was cut off: killed, or its machine went down"),
    outside.NEVER_BEGAN: (433, "The job ended before it began: cancelled in the queue, or its node cannot start jobs"),
}
"""Cause: (status, message); the first three statuses are those of AiiDA's own schedulers."""

STATUSES = frozenset(status for status, _ in CODES.values())


def define_exit_codes(spec: CalcJobProcessSpec) -> None:
    """Declare what AiiDA does not."""
    for cause, (status, message) in CODES.items():
        if status >= 400:
            spec.exit_code(status, f"ERROR_{cause.upper()}", message=f"{message} ({{detail}}).", invalidates_cache=True)


def ending_of(node: orm.CalcJobNode) -> outside.Ending | None:
    """Return what ended a job from outside, by its retrieved files and what AiiDA's scheduler found."""
    files = node.outputs.retrieved.base.repository
    left = files.list_object_names()
    names = [node.get_option("scheduler_stderr"), node.get_option("scheduler_stdout"), CLOCK_FILE]
    *texts, clock = [readable(files.get_object_content(name, mode="rb")) if name in left else "" for name in names]
    return outside.ended_from_outside(texts, clock, node.exit_status, left)


def exit_code_of(ending: outside.Ending) -> ExitCode:
    """Return the exit code of an end, with what was said."""
    status, message = CODES[ending.cause]
    return ExitCode(status, f"{message} ({ending.detail}).", invalidates_cache=True)
