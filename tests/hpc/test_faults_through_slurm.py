"""A campaign on a cluster that meets every fault of one ends as one that is left in peace.

What the faults leave to be computed is computed once: same frames, none twice, none missing. With stand-in codes.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from typing import Any

import pytest
from campaign_folder import kill
from cluster import Cluster
from hurt_site import HurtSite
from postgresql import PostgresqlServer
from standin_campaign import differences

pytestmark = [pytest.mark.hpc, pytest.mark.slow, pytest.mark.long]

OUTAGE = 60.0  # s


@pytest.fixture(scope="module")
def site(
    postgresql_server: PostgresqlServer, cluster: Cluster, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[HurtSite]:
    """The campaign on the cluster, after everything."""
    site = HurtSite(tmp_path_factory.mktemp("hurt"), postgresql_server, cluster)
    try:
        site.submit()
        hurt_labelling(site)
        hurt_training(site)
        hurt_exploration(site)
        hurt_second_cycle(site)
        assert site.wait_for_end()["exit_status"] == 0
        yield site
    finally:
        site.zif("daemon", "stop", check=False)


def hurt_labelling(site: HurtSite) -> None:
    """The database goes away and comes back, somebody cancels a job; then our machine is switched off."""
    job = site.hold("cp2k")
    site.restart_database()
    site.cluster.call("scancel", job)
    site.hold("dp")
    assert kill(site.processes_here()) >= 4
    assert "Campaign standin" in site.zif("resume").stdout


def hurt_training(site: HurtSite) -> None:
    """The controller of the queue goes away for so long that AiiDA pauses what it asks for; then the node fails."""
    site.cluster.stop_controller()
    site.wait_for_pause()
    site.cluster.start_controller()
    assert "continues" in site.zif("resume").stdout
    site.cluster.fail_node()


def hurt_exploration(site: HurtSite) -> None:
    """A job runs out of time while nobody can log in, for so long that AiiDA pauses what waits for it."""
    job = site.hold("lmp")
    site.cluster.call("scontrol", "update", f"JobId={job}", "TimeLimit=1")
    begin = time.monotonic()
    site.cluster.stop_sshd()
    site.wait_for_pause()
    time.sleep(max(0.0, OUTAGE - (time.monotonic() - begin)))
    site.cluster.start_sshd()
    assert "continues" in site.zif("resume").stdout


def hurt_second_cycle(site: HurtSite) -> None:
    """A job takes more memory than it asked for; another is cancelled in the queue; everything is killed again."""
    site.codes.put_fault("cp2k", "greedy")
    site.codes.wait_for_fault("cp2k", "greedy", 600.0)
    site.hold("lmp")
    site.cluster.call("scontrol", "update", "PartitionName=cpu", "State=DOWN")
    kill(site.processes_here())
    site.cluster.call("scancel", "--state=RUNNING", "--user", str(site.cluster.names["user"]))
    site.zif("resume")
    job = site.wait(lambda: site.cluster.call("squeue", "-h", "-o", "%i", "-t", "PD").strip(), "a job in the queue")
    site.cluster.call("scancel", *job.split())
    site.cluster.call("scontrol", "update", "PartitionName=cpu", "State=UP")


@pytest.fixture(scope="module")
def hurt(site: HurtSite) -> dict[str, Any]:
    return site.facts()


def test_every_fault_was_met_and_is_named(hurt: dict[str, Any]) -> None:
    ends = {(m[1], int(m[2])) for line in hurt["failed"] if (m := re.match(r"(\w+)<\d+> \[(\d+)\]", line))}
    assert ends >= {
        ("Cp2kLabelCalculation", 430),
        ("DeepmdTrainPackCalculation", 140),
        ("LammpsExploreCalculation", 120),
        ("Cp2kLabelCalculation", 110),
        ("LammpsExploreCalculation", 430),
        ("LammpsExploreCalculation", 433),
    }


def test_same_data_set_no_label_twice_none_missing_and_no_gap_in_the_provenance(
    hurt: dict[str, Any], peaceful: dict[str, Any]
) -> None:
    assert differences(hurt, peaceful) == []
