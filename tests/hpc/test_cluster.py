"""A cluster behind SSH: made from files, refused when its host is not known, examined from inside a job."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cluster import HOST, Cluster
from postgresql import PostgresqlServer
from site_of_tests import Site

pytestmark = [pytest.mark.hpc, pytest.mark.slow]


@pytest.fixture(scope="module")
def site(postgresql_server: PostgresqlServer, cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A profile on the server that knows the cluster, on which stand-ins are installed."""
    site = Site(tmp_path_factory.mktemp("cluster"), postgresql_server, cluster)
    site.make_profile("zif", "--bare")
    site.zif("setup", "computer", str(site.write_computer(stand_ins(site.folder))), "--private", "--poll", "0")
    return site


def stand_ins(folder: Path) -> dict[str, dict[str, Any]]:
    """Return codes that answer the doctor's questions, in a folder whose name has to be quoted."""
    place = folder / "it's (mine)"
    place.mkdir()
    said = {"cp2k": " CP2K version 2024.1", "lmp": "LAMMPS (22 Jul 2025)\nlj/cut deepmd", "dp": "DeePMD-kit v3.2.0"}
    plugins = {"cp2k": "zif.cp2k", "lmp": "zif.lammps", "dp": "zif.deepmd.train"}
    codes = {}
    for label, words in said.items():
        (place / label).write_text(f"#!/bin/bash\ncat <<'END'\n{words}\nEND\n")
        (place / label).chmod(0o755)
        codes[label] = {"filepath_executable": str(place / label), "default_calc_job_plugin": plugins[label]}
    return codes


def doctor(site: Site, *words: str) -> dict[str, dict[str, Any]]:
    """Return the checks that a job on the cluster makes, by their names."""
    done = site.zif("doctor", "--computer", HOST, "--json", *words, check=False)
    return {check["check"]: check for check in json.loads(done.stdout)}


def test_a_job_says_what_is_there_and_leaves_nothing(site: Site, cluster: Cluster) -> None:
    checks = doctor(site, "--queue", "long")
    fine = {name for name, check in checks.items() if check["ok"]}
    assert fine >= {"clock", "cores", "cp2k", "dp", "lmp"}
    assert not checks["cp2k: data"]["ok"]
    assert "CP2K_DATA_DIR" in checks["cp2k: data"]["fix"]
    assert not list(cluster.work.glob("doctor*"))


def test_a_queue_that_does_not_exist_is_told(site: Site) -> None:
    refused = site.zif("doctor", "--computer", HOST, "--queue", "nope", check=False)
    assert refused.returncode == 1
    assert "--queue" in refused.stderr


def test_a_host_that_is_not_known_is_refused(site: Site, cluster: Cluster) -> None:
    cluster.know_host(None)
    try:
        refused = site.zif("setup", "computer", str(site.folder / "cluster"), "--private", check=False)
    finally:
        cluster.know_host(cluster.host_key())
    assert refused.returncode == 2
    assert f"`ssh {HOST}`" in refused.stderr
    assert "fingerprint" in refused.stderr


def test_a_computer_of_the_same_label_elsewhere_is_refused(site: Site) -> None:
    files = site.write_computer({}, hostname="elsewhere")
    refused = site.zif("setup", "computer", str(files), "--private", "--no-test", check=False)
    site.write_computer({})
    assert refused.returncode == 2
    assert "another label" in refused.stderr


def test_a_cluster_that_is_down_is_told(site: Site, cluster: Cluster) -> None:
    cluster.stop_sshd()
    try:
        refused = site.zif("setup", "computer", str(site.folder / "cluster"), "--private", check=False)
    finally:
        cluster.start_sshd()
    assert refused.returncode == 2
    assert "no server answers" in refused.stderr
