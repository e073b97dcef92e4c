"""A whole campaign: handed to the daemon, every stage a job of Slurm over SSH, the database on PostgreSQL."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cluster import HOST, Cluster
from codes_of_cluster import real_codes, stand_ins
from postgresql import PostgresqlServer
from site_of_tests import Site

pytestmark = [pytest.mark.hpc, pytest.mark.slow]
HERE = Path(__file__).parent
FACTS = HERE.parent / "workflows" / "campaign_facts.py"
PATIENCE = 1500.0
WHERE_JOBS_RAN = """
import json
from aiida import load_profile, orm
load_profile()
jobs = orm.QueryBuilder().append(orm.CalcJobNode).all(flat=True)
rows = [[job.computer.label, job.get_job_id(), job.get_option("queue_name"), job.process_label] for job in jobs]
print(json.dumps(rows))
"""


@pytest.fixture
def site(postgresql_server: PostgresqlServer, cluster: Cluster, tmp_path: Path) -> Iterator[Site]:
    """A profile on the server; its daemon is stopped in any case."""
    site = Site(tmp_path, postgresql_server, cluster)
    site.make_profile("zif", "--bare")
    try:
        yield site
    finally:
        site.zif("daemon", "stop", check=False)


@pytest.mark.parametrize("codes", [stand_ins, pytest.param(real_codes, marks=pytest.mark.codes)])
def test_a_campaign_goes_through_slurm_over_ssh_into_postgresql(site: Site, codes: Any) -> None:
    files = site.write_computer(codes())
    site.zif("setup", "computer", str(files), "--private", "--poll", "1")
    site.zif("run", str(HERE / "campaign.yaml"), "--dir", str(site.folder / "results"), timeout=PATIENCE)
    summary = json.loads((site.folder / "results" / "summary.json").read_text())
    assert (summary["exit_status"], summary["stop_reason"]) == (0, "max_cycles")
    facts = json.loads(site.python(str(FACTS), str(summary["pk"])).stdout)
    assert facts["orphans"] == []
    assert facts["failed"] == []
    labelled = [key for keys in facts["labelled"].values() for key in keys]
    assert len(labelled) == len(set(labelled)) == summary["total_labels"]
    assert_where_jobs_ran(site)


def assert_where_jobs_ran(site: Site) -> None:
    """Check that every job went through the queue of its stage, and that none is left in it."""
    assert site.cluster is not None
    jobs = json.loads(site.python("-c", WHERE_JOBS_RAN).stdout)
    assert {computer for computer, *_ in jobs} == {HOST}
    assert all(job_id for _, job_id, *_ in jobs)
    queues = {(label, queue) for _, _, queue, label in jobs}
    assert queues == {
        ("Cp2kLabelCalculation", "cpu"),
        ("DeepmdTrainPackCalculation", "long"),
        ("DeepmdTestCalculation", "cpu"),
        ("LammpsExploreCalculation", "long"),
    }
    assert site.cluster.call("squeue", "-h").strip() == ""
