"""DeePMD-kit itself on the cluster: members that share a job are cut off by Slurm and go on from their checkpoints."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cluster import Cluster
from codes_of_cluster import real_codes
from hurt_site import ENDED, HurtSite
from postgresql import PostgresqlServer

pytestmark = [pytest.mark.hpc, pytest.mark.slow, pytest.mark.codes]
STEPS = 60_000
"""So many that the shortest time after which Slurm cuts a job off, up to a minute and a half, is too short for them."""
TRAININGS = """
import json
from aiida import load_profile, orm
load_profile()
query = orm.QueryBuilder().append(
    orm.CalcJobNode, filters={"attributes.process_label": "DeepmdTrainPackCalculation"}, tag="job"
).order_by({"job": "ctime"})
print(json.dumps([
    {
        "exit_status": job.exit_status,
        "goes_on_from": job.inputs.restart.creator.pk if "restart" in job.inputs else None,
        "pk": job.pk,
        "steps": {name: curve.get_array("step").tolist() for name, curve in job.outputs.learning_curve.items()},
        "trained": sorted(job.outputs.potential) if "potential" in job.outputs else [],
    }
    for job in query.all(flat=True)
]))
"""


@pytest.fixture
def site(
    postgresql_server: PostgresqlServer, cluster: Cluster, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[HurtSite]:
    """A campaign whose members are trained by DeePMD-kit in one job; its labels come from a stand-in."""
    site = HurtSite(tmp_path_factory.mktemp("cut"), postgresql_server, cluster, real={"dp": real_codes()["dp"]})
    try:
        site.submit(
            training={"models": 2, "rcut": "4 Å", "steps": STEPS, "early_stop": False},
            resources={"train": {"lanes": 2, "concurrent": 1}},
            limits={"cycles": 1, "labels": 100},
        )
        yield site
    finally:
        site.zif("daemon", "stop", check=False)


def checkpoints(cluster: Cluster) -> set[str]:
    """Return the members of the jobs in the queue that have left a checkpoint."""
    folders = cluster.call("squeue", "-h", "-o", "%Z").split()
    return {path.parent.name for folder in folders for path in Path(folder).glob("members/*/checkpoint")}


def wait_for_committee(site: HurtSite) -> dict[str, Any]:
    """Wait until the first committee has been trained, or has failed; return its process."""
    chains = lambda: site.processes("TrainCommitteeWorkChain")  # noqa: E731
    return dict(site.wait(lambda: next((c for c in chains() if c["state"] in ENDED), None), "the first committee"))


def test_members_that_share_a_job_go_on_from_their_checkpoints_after_the_walltime(site: HurtSite) -> None:
    site.wait(lambda: len(checkpoints(site.cluster)) == 2, "checkpoints of both members")
    (job,) = site.cluster.call("squeue", "-h", "-o", "%i").split()
    site.cluster.call("scontrol", "update", f"JobId={job}", "TimeLimit=1")
    assert wait_for_committee(site)["exit_status"] == 0
    cut, second = json.loads(site.python("-c", TRAININGS).stdout)[:2]
    assert (cut["exit_status"], cut["trained"]) == (120, [])
    assert (second["exit_status"], second["goes_on_from"]) == (0, cut["pk"])
    assert second["trained"] == sorted(second["steps"])
    assert len(second["trained"]) == 2
    for steps in second["steps"].values():
        assert steps[-1] == STEPS
        assert steps == sorted(set(steps))
