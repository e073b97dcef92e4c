"""One campaign on PostgreSQL over SSH: backed up while it runs, handed over, cleaned up after; no secret anywhere."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cluster import HOST, Cluster
from hurt_site import HurtSite
from postgresql import PostgresqlServer

pytestmark = [pytest.mark.hpc, pytest.mark.slow, pytest.mark.long]
STORY = str(Path(__file__).parent / "story_of_a_profile.py")
RETOLD = ("total_labels", "stop_reason", "iterations", "type_map", "seed", "n_models", "convergence")
"""Entries of a status that a copy of the campaign must have too."""


@pytest.fixture(scope="module")
def site(
    postgresql_server: PostgresqlServer, cluster: Cluster, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Any]:
    """A campaign that was looked after while it ran; ``said`` is what the commands answered then."""
    site = HurtSite(tmp_path_factory.mktemp("care"), postgresql_server, cluster)
    of_others = job_folders(cluster)
    try:
        site.submit()
        site.wait(lambda: [p for p in site.processes("LabelWorkChain") if p["state"] == "finished"], "a labelled batch")
        campaign = site.processes("ActiveLearningWorkChain")[0]
        assert site.processes_here()
        told = [p.cmdline() for p in site.processes_here() if postgresql_server.password in str(p.environ())]
        site.said = {"pk": campaign["pk"], "told": told}
        site.said["backup"] = json.loads(site.zif("backup", str(site.folder / "early"), "--json").stdout)
        site.said["early"] = archive(site, "early.aiida", check=False)
        site.said["maintain"] = site.python("-m", "aiida", "storage", "maintain", "--force").stdout
        site.said["at_work"] = site.processes("ActiveLearningWorkChain")[0]["state"]
        site.said["end"] = site.wait_for_end()
        site.said["folders"] = sorted(job_folders(cluster) - of_others)
        site.zif("daemon", "stop")
        site.said["late"] = archive(site, "late.aiida")
        yield site
    finally:
        site.zif("daemon", "stop", check=False)


def job_folders(cluster: Cluster) -> set[Path]:
    """Return what jobs of all campaigns left on the cluster."""
    return {path for path in cluster.work.glob("??/??/*") if path.is_dir()}


def archive(site: HurtSite, name: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Let AiiDA export the campaign."""
    pk = str(site.processes("ActiveLearningWorkChain")[0]["pk"])
    return site.python("-m", "aiida", "archive", "create", "-N", pk, "--", str(site.folder / name), check=check)


def story(site: HurtSite, what: str, *words: object, profile: str = "") -> Any:
    """Ask a profile."""
    return json.loads(site.python(STORY, what, profile, *map(json.dumps, words)).stdout)


def status(text: str) -> dict[str, Any]:
    """Return what must be the same in a copy of the campaign."""
    found = json.loads(text)
    return {key: found[key] for key in RETOLD if key in found}


def test_the_campaign_went_on_while_it_was_looked_after(site: Any) -> None:
    assert site.said["at_work"] in ("waiting", "running")  # the latter between two children
    assert (site.said["end"]["state"], int(site.said["end"]["exit_status"])) == ("finished", 0)
    assert site.facts()["orphans"] == site.facts()["failed"] == []


def test_aiida_does_not_export_a_campaign_that_runs(site: Any) -> None:
    assert site.said["early"].returncode != 0
    assert "sealed" in site.said["early"].stdout + site.said["early"].stderr
    assert not (site.folder / "early.aiida").exists()


def test_a_backup_taken_while_it_ran_is_restored_as_it_says(site: Any, postgresql_server: PostgresqlServer) -> None:
    server, card = postgresql_server, site.said["backup"]
    site.environment |= {"AIIDA_ZIF_PG_ADMIN_PASSWORD": server.password, "AIIDA_ZIF_PG_PASSWORD": "again"}
    place = ["--host", server.host, "--port", str(server.port), "--role", "again", "--database", "again"]
    site.zif("restore", str(site.folder / "early"), "--as", "again", *place)
    assert story(site, "counts", profile="again") == {key: card[key] for key in ("n_nodes", "n_objects")}
    found = json.loads(site.zif("status", "--json", "--profile", "again").stdout)
    assert found["state"] in ("waiting", "running")


def test_the_archive_of_the_campaign_tells_the_same_elsewhere(site: Any, tmp_path: Path) -> None:
    here = site.zif("status", str(site.said["pk"]), "--json").stdout
    environment = {**site.environment, "AIIDA_PATH": str(tmp_path)}

    def elsewhere(*words: str) -> str:
        done = subprocess.run([sys.executable, *words], env=environment, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    elsewhere("-m", "aiida_zif.setup.profile")
    elsewhere("-m", "aiida", "archive", "import", str(site.folder / "late.aiida"))
    zif = ("-c", "from aiida_zif.cli.main import main; main()")
    uuid = json.loads(here)["campaign_uuid"]
    there = elsewhere(*zif, "status", uuid, "--json")
    assert status(there) == status(here)
    assert len(status(here)) >= 4
    elsewhere(*zif, "report", uuid, "--output", str(tmp_path / "report.html"))
    assert "<svg" in (tmp_path / "report.html").read_text()
    elsewhere(*zif, "export", uuid, "--format", "extxyz", "--output", str(tmp_path / "data"))


def test_no_secret_is_in_provenance_archive_log_or_a_file_that_others_read(site: Any, cluster: Cluster) -> None:
    config = json.loads((site.folder / ".aiida" / "config.json").read_text())
    password = config["profiles"]["zif"]["storage"]["config"]["database_password"]
    key = (cluster.folder / "keys" / "user").read_text().splitlines()[2]
    secrets = [password, site.server.password, key]
    assert all(len(secret) >= 16 for secret in secrets)
    site.environment["SECRETS"] = " ".join(secrets)  # AiiDA notes the command line of everybody who opens a profile
    assert story(site, "secrets") == []
    del site.environment["SECRETS"]
    site.zif("report", str(site.said["pk"]), "--output", str(site.folder / "report.html"))
    with zipfile.ZipFile(site.folder / "late.aiida") as members:
        members.extractall(site.folder / "unpacked")
    for file in (path for top in (site.folder, cluster.work) for path in top.rglob("*") if path.is_file()):
        content = file.read_bytes()
        if any(secret.encode() in content for secret in secrets):
            assert file.parent.name == ".aiida", file
            assert stat.S_IMODE(file.stat().st_mode) & 0o077 == 0, file
    assert password not in site.server.log()
    assert site.said["told"] == []


@pytest.mark.parametrize("known", ["nobody", "another"])
@pytest.mark.parametrize("transport", ["core.ssh_async", "core.ssh"])
def test_a_host_with_an_unknown_or_a_changed_key_is_refused(
    site: Any, cluster: Cluster, transport: str, known: str
) -> None:
    own = {"username": cluster.names["user"], "port": cluster.names["ssh_port"], "safe_interval": 0.0}
    own |= {"key_filename": str(cluster.folder / "keys" / "user"), "look_for_keys": False, "allow_agent": False}
    own |= {"load_system_host_keys": True, "key_policy": "RejectPolicy"}
    settings = {"hostname": "127.0.0.1", **own} if transport == "core.ssh" else {"hostname": HOST, "host": HOST}
    assert story(site, "refused", transport, settings) == ""
    another = subprocess.run(
        ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(site.folder / f"{transport}-{known}")], check=True
    )
    assert another.returncode == 0
    key = " ".join((site.folder / f"{transport}-{known}.pub").read_text().split()[:2])
    cluster.know_host(key if known == "another" else None)
    try:
        said = story(site, "refused", transport, settings)
    finally:
        cluster.know_host(cluster.host_key())
    assert "known_hosts" in said
    assert "fingerprint" in said


def test_what_the_jobs_left_on_the_cluster_is_removed_and_nothing_else(site: Any, cluster: Cluster) -> None:
    mine = cluster.work / "mine"
    mine.mkdir()
    (mine / "file").write_text("stays")
    folders, others = site.said["folders"], job_folders(cluster) - set(site.said["folders"])
    cluster.stop_sshd()
    try:
        unreachable = site.zif("clean", "--days", "0", "--yes").stdout
    finally:
        cluster.start_sshd()
    assert "refuses the log-in" in unreachable
    assert unreachable.count("kept: ") == 1
    would = json.loads(site.zif("clean", "--days", "0", "--json").stdout)
    assert (would["removed"], would["n_folders"], would["spared"]) == (False, len(folders), [])
    assert all(folder.is_dir() for folder in folders)
    site.zif("clean", "--days", "0", "--yes")
    assert job_folders(cluster) == others
    assert (mine / "file").read_text() == "stays"
    assert json.loads(site.zif("clean", "--days", "0", "--json").stdout)["n_folders"] == 0
