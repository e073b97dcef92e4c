"""Jobs of a campaign that failed or were ended from outside, with the cause; the campaign may have continued."""

from __future__ import annotations

from typing import Any

from aiida import orm

from aiida_zif.provenance.campaigns.view import CampaignView
from aiida_zif.provenance.queries import sql
from aiida_zif.provenance.words import VERBS, readable
from aiida_zif.workflows.engine.endings import why_it_ended

SHOWN = 5
"""Largest number of jobs in a list on the terminal."""


def failed_jobs(view: CampaignView) -> list[dict[str, Any]]:
    """Return cycle, stage, name, PK and cause of every job that failed, the oldest first."""
    failed = {
        "or": [{"attributes.exit_status": {">": 0}}, {"attributes.process_state": {"in": ["killed", "excepted"]}}]
    }
    pks = sql.jobs_below([int(view.node.pk or 0)])
    query = orm.QueryBuilder().append(orm.CalcJobNode, filters={"and": [{"id": {"in": pks}}, failed]}, tag="job")
    jobs: list[orm.CalcJobNode] = query.order_by({"job": "ctime"}).all(flat=True) if pks else []
    steps = {step.pk: step for step in view.steps}
    rows = []
    for job in jobs:
        above = [int(job.pk or 0), *(caller for caller, _, _ in sql.calls_above(int(job.pk or 0)))]
        step = next(steps[pk] for pk in above if pk in steps)
        about = {"cycle": step.cycle, "stage": step.stage, "name": step.name}
        rows.append({**about, "pk": job.pk, "exit_status": job.exit_status, "cause": why_it_ended(job)})
    return rows


def failure_lines(summary: dict[str, Any]) -> list[str]:
    """Return the newest of these jobs as lines of text."""
    rows = summary["failed_jobs"]
    lines = [f"cycle {row['cycle']}, {what(row)}: job <{row['pk']}> ended with {row['cause']}" for row in rows[-SHOWN:]]
    older = len(rows) - len(lines)
    jobs = "job" if older == 1 else "jobs"
    return [*([f"{older} earlier {jobs} also failed, see the report"] if older else []), *lines]


def what(row: dict[str, Any]) -> str:
    """Return the purpose of a job as text."""
    return f"{VERBS.get(row['stage'], row['stage'])} {readable(row['name'])}".rstrip()
