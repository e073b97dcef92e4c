"""The cause of the end of a process, as text, and how often a job is repeated."""

from __future__ import annotations

from aiida import orm

from aiida_zif.plugins.jobs.interruption_codes import STATUSES


def why_it_ended(node: orm.ProcessNode) -> str:
    """Return exit status and message; of a process that was killed or excepted, how it was.

    :param node: a process that has ended.
    """
    if node.exit_status is not None:
        return f"[{node.exit_status}] {node.exit_message or ''}".rstrip(". ")
    state = node.process_state.value if node.process_state else "never started"
    detail = (node.exception or node.process_status or "").strip()
    return f"{state}: {detail.splitlines()[-1]}" if detail else state  # what a traceback says comes last


MOST_TRIES, MOST_TRIES_FROM_OUTSIDE = 2, 3
"""How often a job that fails is run, and one that somebody or something else ends."""


def ended_from_outside(job: orm.ProcessNode) -> bool:
    """Whether a job was ended by the batch system, a person or a machine, and not by what it did."""
    return bool(job.is_killed or job.exit_status in STATUSES)


def may_run_again(job: orm.ProcessNode, n_tries: int) -> bool:
    """Whether a job that failed is run once more.

    :param n_tries: how often it has been run.
    """
    return n_tries < (MOST_TRIES_FROM_OUTSIDE if ended_from_outside(job) else MOST_TRIES)
