"""Who is to blame for an exploration that failed: the committee, or something else."""

from __future__ import annotations

from aiida import orm

from aiida_zif.workflows.engine.endings import why_it_ended


def blames_the_committee(exploration: orm.ProcessNode) -> bool:
    """Whether every job of an exploration ran and found the committee at fault, not the code or the machine."""
    jobs = jobs_of(exploration)
    return bool(jobs) and all(500 <= (job.exit_status or 0) < 600 for job in jobs)


def what_the_last_job_said(chain: orm.ProcessNode) -> str:
    """Return the first sentence of how the last job of a chain ended: what happened, without the advice."""
    return why_it_ended(jobs_of(chain)[-1]).partition(". ")[0]


def jobs_of(chain: orm.ProcessNode) -> list[orm.CalcJobNode]:
    """Return the jobs that a chain called, in the order of their creation."""
    return sorted((node for node in chain.called if isinstance(node, orm.CalcJobNode)), key=lambda node: node.ctime)
