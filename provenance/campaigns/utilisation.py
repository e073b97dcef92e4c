"""Use of the wall time of a campaign: the share in which no job computed, and the share of the cores that were used."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from aiida_zif.plugins.jobs.clock import CLOCK_FILE, read_clock
from aiida_zif.provenance.campaigns.spans import Span, covered, most_cores
from aiida_zif.provenance.queries import sql

if TYPE_CHECKING:
    from aiida_zif.provenance.campaigns.view import CampaignView


def engine_of(view: CampaignView) -> dict[str, Any]:
    """Return :func:`engine_account` of a campaign, finished or not."""
    pks = sql.jobs_below([step.pk for step in view.steps])
    begin = view.node.ctime.timestamp()
    return engine_account(spans_of(pks), begin, begin + view.elapsed_s, len(pks))


def spans_of(jobs: Sequence[int]) -> list[Span]:
    """Return when jobs computed, by their pks; those that were cut off, or came from a cache, said nothing."""
    from aiida import orm

    from aiida_zif.provenance.queries.calls import retrieved_texts

    texts, columns = retrieved_texts(jobs, CLOCK_FILE), ["id", "attributes.resources"]
    if not texts:
        return []
    timed = orm.QueryBuilder().append(orm.CalcJobNode, filters={"id": {"in": [*texts]}}, project=columns)
    resources, spans = dict(timed.iterall()), []
    for job, text in texts.items():
        clock = read_clock(text)
        if clock is not None and clock.end is not None and clock.cpu_s is not None:
            spans.append(Span(clock.begin, clock.end, cores_of(resources[job] or {}), clock.cpu_s))
    return spans


def cores_of(resources: dict[str, Any]) -> int:
    """Return the cores that a job asked for."""
    a_machine = resources.get("num_mpiprocs_per_machine", 1) * resources.get("num_machines", 1)
    return int((resources.get("tot_num_mpiprocs") or a_machine) * (resources.get("num_cores_per_mpiproc") or 1))


def engine_account(spans: Sequence[Span], begin: float, end: float, n_jobs: int) -> dict[str, Any]:
    """Return how well a campaign used its wall time.

    :param spans: of the jobs whose clock is known.
    :param begin: of the campaign, s since 1970; ``end`` likewise.
    :param n_jobs: all jobs of the campaign, also those without a clock.
    :returns: ``share_outside_codes`` (of the wall time, in which no job computed), ``seconds_per_job`` (that time
        a job), ``share_of_cores`` (CPU time over wall time and the most cores that jobs had at a time), ``n_cores``,
        ``n_jobs`` and ``n_timed``; the shares are None where no job was timed.
    """
    counts = {"n_jobs": n_jobs, "n_timed": len(spans)}
    if not spans or end <= begin:
        return {"share_outside_codes": None, "seconds_per_job": None, "share_of_cores": None, "n_cores": None, **counts}
    outside = max(0.0, (end - begin) - covered((span.begin, span.end) for span in spans))
    cores = most_cores(spans)
    return {
        "share_outside_codes": outside / (end - begin),
        "seconds_per_job": outside / len(spans),
        "share_of_cores": sum(span.cpu_s for span in spans) / ((end - begin) * cores),
        "n_cores": cores,
        **counts,
    }
