"""Servers of the tests' own; what is not installed is skipped by name, unless everything has to be there."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cluster import Cluster, missing_programs
from postgresql import PostgresqlServer, find_programs
from wanting import skip

sys.path.append(str(Path(__file__).parents[1] / "faults"))  # the campaign with stand-in codes


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[PostgresqlServer]:
    """A PostgreSQL server on loopback."""
    if find_programs() is None:
        skip("no PostgreSQL server is installed")
    server = PostgresqlServer()
    try:
        yield server
    finally:
        server.remove()


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """Slurm behind SSH, on loopback."""
    if missing := missing_programs():
        skip(f"not installed: {', '.join(missing)}")
    cluster = Cluster()
    try:
        yield cluster
    finally:
        cluster.remove()


@pytest.fixture(scope="session")
def peaceful(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """What comes of the campaign with stand-ins on this machine, its database in a file, left in peace."""
    from standin_site import Site

    site = Site(tmp_path_factory.mktemp("peaceful"))
    try:
        site.zif("run", str(site.write_campaign()), "--submit")
        assert site.wait_for_end()["exit_status"] == 0
        yield site.facts()
    finally:
        site.zif("daemon", "stop")
