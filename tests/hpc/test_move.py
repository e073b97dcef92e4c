"""A finished embedded profile on its way to PostgreSQL: nothing is lost, and what would be is told."""

from __future__ import annotations

from pathlib import Path

import pytest
from postgresql import PostgresqlServer
from site_of_tests import Site

pytestmark = [pytest.mark.hpc, pytest.mark.slow]
DRIVER = str(Path(__file__).parent / "move_driver.py")
EMBEDDED = "from aiida_zif.setup.profile.embedded import ensure_profile; ensure_profile('embedded')"


@pytest.fixture(scope="module")
def site(postgresql_server: PostgresqlServer, tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A full embedded profile and an empty one on the server."""
    site = Site(tmp_path_factory.mktemp("moved"), postgresql_server)
    site.python("-c", EMBEDDED)
    site.python(DRIVER, "fill", "embedded")
    site.make_profile("production", "--bare")
    return site


def test_a_moved_profile_differs_in_nothing_and_a_damaged_one_is_told(site: Site) -> None:
    moved = site.zif("setup", "move", "embedded", "production")
    assert "no difference" in moved.stdout
    assert "7 nodes, 1 computers, 1 groups" in moved.stdout
    site.python(DRIVER, "spoil", "production")
    told = site.python(DRIVER, "compare", "embedded", "production").stdout
    assert "attributes.filename: ein Näme.bin → other" in told
    assert "y → z" in told
    assert "log " in told
    assert len(told.splitlines()) == 3


def test_a_profile_that_is_not_empty_is_left_alone(site: Site) -> None:
    refused = site.zif("setup", "move", "production", "embedded", check=False)
    assert refused.returncode == 2
    assert "--bare" in refused.stderr


def test_a_profile_that_does_not_exist_is_named(site: Site) -> None:
    refused = site.zif("setup", "move", "embeded", "production", check=False)
    assert refused.returncode == 2
    assert "Known profiles: embedded, production" in refused.stderr
