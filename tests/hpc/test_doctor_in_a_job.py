"""The doctor inside a job of Slurm, with the real codes: a frame is labelled, a model is trained, frozen and loaded."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cluster import HOST, Cluster
from postgresql import PostgresqlServer
from site_of_tests import Site
from test_campaign_through_slurm import real_codes

pytestmark = [pytest.mark.hpc, pytest.mark.slow, pytest.mark.codes]


def test_a_job_computes_with_every_code_and_says_how_long_it_took(
    postgresql_server: PostgresqlServer, cluster: Cluster, tmp_path: Path
) -> None:
    site = Site(tmp_path, postgresql_server, cluster)
    site.make_profile("zif", "--bare")
    site.zif("setup", "computer", str(site.write_computer(real_codes())), "--private", "--poll", "0")
    done = site.zif("doctor", "--computer", HOST, "--json", "--queue", "cpu", check=False, timeout=900.0)
    checks = {check["check"]: check for check in json.loads(done.stdout)}
    assert {name for name, check in checks.items() if not check["ok"]} <= {"scratch", "quota"}
    assert "Hartree" in checks["cp2k: frame"]["found"]
    assert "trained and frozen" in checks["dp: model"]["found"]
    assert "102 atoms" in checks["lmp: model"]["found"]
    assert not list(cluster.work.glob("doctor*"))
