"""Whenever it happens to be hurt, a campaign on a cluster ends as one that is left in peace. With stand-in codes.

Another seed is another story: ``AIIDA_ZIF_CHANCE=7 ./setup/test-hpc.sh``.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Iterator

import pytest
from campaign_folder import kill, words_of
from cluster import Cluster
from hurt_site import HurtSite
from postgresql import PostgresqlServer
from standin_campaign import differences

pytestmark = [pytest.mark.hpc, pytest.mark.slow, pytest.mark.long]

SEED = int(os.environ.get("AIIDA_ZIF_CHANCE", "1"))
BLOWS, PAUSE = 8, (2.0, 15.0)  # how often, and s between two of them


@pytest.fixture
def site(
    postgresql_server: PostgresqlServer, cluster: Cluster, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[HurtSite]:
    site = HurtSite(tmp_path_factory.mktemp("chance"), postgresql_server, cluster, cp2k=1.0, dp=1.0, lmp=1.0)
    try:
        yield site
    finally:
        site.zif("daemon", "stop", check=False)


def strike(site: HurtSite, chance: random.Random) -> str:
    """Hurt the campaign somewhere, and say how."""
    here = site.processes_here()
    workers = [process for process in here if words_of(process)[-2:] == ["daemon", "worker"]]
    how = chance.choice(["a worker", "all workers", "a worker", "all workers", "everything", "the database"])
    if how == "a worker" and workers:
        kill([chance.choice(workers)])
    elif how == "all workers":
        kill(workers)
    elif how == "everything":
        kill(here)
        site.zif("resume")
    elif how == "the database":
        site.restart_database()
    return how


def test_the_outcome_is_that_of_a_campaign_left_in_peace(
    site: HurtSite, peaceful: dict[str, dict[str, list[str]]]
) -> None:
    chance, story = random.Random(SEED), []
    site.submit()
    for _ in range(BLOWS):
        time.sleep(chance.uniform(*PAUSE))
        story.append(strike(site, chance))
    print(f"seed {SEED}: {', '.join(story)}")
    assert site.wait_for_end()["exit_status"] == 0
    assert differences(site.facts(), peaceful) == []
