"""Wall time is shared between the codes and what lies between them."""

import pytest

from aiida_zif.provenance.campaigns.spans import Span, covered, most_cores
from aiida_zif.provenance.campaigns.utilisation import cores_of, engine_account

SIDE_BY_SIDE = [Span(10, 50, 1, 36), Span(12, 48, 1, 36), Span(60, 90, 2, 54)]


def test_jobs_side_by_side_cover_their_time_once():
    assert covered((span.begin, span.end) for span in SIDE_BY_SIDE) == 70
    assert covered([]) == 0


def test_cores_at_a_time_count_jobs_that_overlap_and_not_those_that_follow():
    assert most_cores(SIDE_BY_SIDE) == 2
    assert most_cores([*SIDE_BY_SIDE, Span(90, 95, 2, 1)]) == 2
    assert most_cores([*SIDE_BY_SIDE, Span(89, 95, 2, 1)]) == 4


def test_account_of_a_campaign():
    account = engine_account(SIDE_BY_SIDE, begin=0, end=100, n_jobs=4)
    assert account["share_outside_codes"] == pytest.approx(0.3)
    assert account["seconds_per_job"] == pytest.approx(10.0)
    assert account["share_of_cores"] == pytest.approx(126 / 200)
    assert (account["n_jobs"], account["n_timed"], account["n_cores"]) == (4, 3, 2)


def test_campaign_that_computed_nothing_has_no_shares():
    account = engine_account([], begin=0, end=5, n_jobs=0)
    assert account["share_outside_codes"] is None
    assert account["n_timed"] == 0


def test_cores_are_processes_times_threads():
    assert cores_of({"num_machines": 2, "num_mpiprocs_per_machine": 8, "num_cores_per_mpiproc": 3}) == 48
    assert cores_of({"tot_num_mpiprocs": 5}) == 5
    assert cores_of({}) == 1
