"""A job that did not end well is named, although the campaign went on."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from aiida import orm
from synthetic_campaign import SyntheticCampaign

from aiida_zif.cli.results.status_table import print_status
from aiida_zif.provenance.campaigns.failed_jobs import SHOWN, failed_jobs, failure_lines
from aiida_zif.provenance.campaigns.view import CampaignView, load_view
from aiida_zif.provenance.queries.links import calcjobs_of
from aiida_zif.provenance.report.page import render

SAID = "The job was cancelled by a person or an administrator (slurmstepd: error: *** JOB 5 CANCELLED ***)."


@pytest.fixture
def hurt(unfinished: Callable[[], SyntheticCampaign]) -> tuple[CampaignView, orm.CalcJobNode]:
    """A campaign up to its first committee, and a job of its labelling that was cancelled."""
    campaign = unfinished()
    campaign.open()
    view = load_view(campaign.campaign)
    job = calcjobs_of([view.of("label", 0)[0].node])[0]
    job.backend_entity.set_attribute_many({"exit_status": 430, "exit_message": SAID})  # it is sealed
    return view, job


def test_it_is_named_with_what_it_was_to_do_and_why_it_ended(
    hurt: tuple[CampaignView, orm.CalcJobNode], capsys: pytest.CaptureFixture[str]
) -> None:
    view, job = hurt
    (row,) = failed_jobs(view)
    assert (row["cycle"], row["stage"], row["pk"], row["exit_status"]) == (0, "label", job.pk, 430)
    print_status(view)
    told = f"cycle 0, labelling zif4 (seed aimd 0): job <{job.pk}> ended with [430] {SAID.rstrip('.')}"
    assert told in capsys.readouterr().out
    assert "JOB 5 CANCELLED" in render(view)


def test_a_campaign_without_such_jobs_says_nothing(view: CampaignView) -> None:
    assert failed_jobs(view) == []
    assert "Failed jobs" not in render(view)


def test_a_screen_shows_the_newest_only() -> None:
    row = {"cycle": 1, "stage": "train", "name": "", "exit_status": 140, "cause": "[140] The node of the job failed"}
    older, *lines = failure_lines({"failed_jobs": [{**row, "pk": pk} for pk in range(SHOWN + 2)]})
    assert older.startswith("2 earlier jobs")
    assert lines[-1] == f"cycle 1, training: job <{SHOWN + 1}> ended with [140] The node of the job failed"
