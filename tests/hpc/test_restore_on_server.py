"""`aiida-zif restore` of a PostgreSQL profile: what comes back, and what a damaged or hostile backup leaves."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from postgresql import ADMIN, PostgresqlServer

pytestmark = [pytest.mark.hpc, pytest.mark.slow]
CLI = "from aiida_zif.cli.main import main; main()"
NODES = """
from aiida import orm
from aiida_zif.setup.profile.embedded import load_own_profile
load_own_profile("kept")
orm.Dict({"tab\\tand\\\\backslash": "line\\nline", "none": None}, label="odd").store()
orm.SinglefileData.from_string("content", filename="file.txt").store()
"""
READ = """
import sys
from aiida import orm
from aiida_zif.setup.profile.embedded import load_own_profile
load_own_profile(sys.argv[1])
(found,) = orm.QueryBuilder().append(orm.Dict, filters={"label": "odd"}).all(flat=True)
(file,) = orm.QueryBuilder().append(orm.SinglefileData).all(flat=True)
print(found.get_dict(), file.get_content(), found.uuid)
orm.Dict({"new": 1}).store()
"""


class Keeper:
    """A profile on the server with two nodes, and a backup of it."""

    def __init__(self, server: PostgresqlServer, folder: Path) -> None:
        self.server, self.folder, self.backup = server, folder, folder / "backup"
        assert self.zif("setup", "profile", "--postgresql", "--bare", *self.place("kept", "--name")).returncode == 0
        self.python(NODES)
        assert self.zif("backup", str(self.backup), "--profile", "kept").returncode == 0

    def place(self, name: str, option: str = "--as") -> list[str]:
        """Return the options for a profile, role and database of one name."""
        server = ["--host", self.server.host, "--port", str(self.server.port)]
        return [*server, "--role", name, "--database", name, option, name]

    def zif(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a command of ours."""
        done = self.run("-c", CLI, *words)
        assert "Traceback" not in done.stderr, done.stderr
        return done

    def python(self, program: str, *words: str) -> str:
        """Run a program that must succeed, and return what it prints."""
        done = self.run("-c", program, *words)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run Python in this AiiDA folder."""
        own = {"AIIDA_PATH": str(self.folder), "PGPASSFILE": str(self.folder / "pgpass")}
        return subprocess.run(
            [sys.executable, *words],
            env={**os.environ, **own, "AIIDA_ZIF_PG_ADMIN_PASSWORD": self.server.password},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )

    def tables(self, database: str) -> list[str]:
        """Return the tables of a database, read as the administrator."""
        place = {"host": self.server.host, "port": self.server.port, "dbname": database}
        connection = psycopg2.connect(user=ADMIN, password=self.server.password, **place)
        with connection, connection.cursor() as cursor:
            cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
            return [row[0] for row in cursor.fetchall()]

    def profiles(self) -> dict[str, Any]:
        """Return the profiles of this AiiDA folder."""
        return dict(json.loads((self.folder / ".aiida" / "config.json").read_text())["profiles"])


@pytest.fixture(scope="module")
def keeper(postgresql_server: PostgresqlServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Keeper]:
    """A profile and its backup."""
    return Keeper(postgresql_server, tmp_path_factory.mktemp("keeper"))


def test_a_restored_profile_holds_every_node_and_file_and_takes_new_ones(keeper: Keeper) -> None:
    done = keeper.zif("restore", str(keeper.backup), *keeper.place("again"), "--json")
    assert done.returncode == 0, done.stderr
    card = json.loads((keeper.backup / "backup.json").read_text())
    assert json.loads(done.stdout) == {"profile": "again", "n_nodes": card["n_nodes"], "n_objects": card["n_objects"]}
    assert keeper.python(READ, "again") == keeper.python(READ, "kept")
    config = keeper.profiles()
    assert (
        config["again"]["storage"]["config"]["repository_uri"] != config["kept"]["storage"]["config"]["repository_uri"]
    )


def hostile(dump: str) -> str:
    return dump.replace("SET statement_timeout = 0;", "\\! touch PLACE\nSET statement_timeout = 0;", 1)


def cut_off(dump: str) -> str:
    return dump[: dump.index("COPY public.db_dbnode ")]


def without_a_row(dump: str) -> str:
    head, copy, rows = dump.partition("COPY public.db_dbnode ")
    first, _, rest = rows.partition("\n")
    return head + copy + first + "\n" + rest.partition("\n")[2]


@pytest.mark.parametrize(
    ("change", "words"),
    [(hostile, "syntax error"), (cut_off, "is damaged"), (without_a_row, "is damaged")],
)
def test_a_backup_that_was_tampered_with_leaves_nothing(
    keeper: Keeper, tmp_path: Path, change: Callable[[str], str], words: str
) -> None:
    name, folder = change.__name__, tmp_path / "backup"
    subprocess.run(["cp", "-r", keeper.backup, folder], check=True)
    dump = folder / "storage" / "database.sql"
    content = change(dump.read_text()).replace("PLACE", str(tmp_path / "touched"))
    assert content != dump.read_text()
    dump.write_text(content)
    before = sorted((keeper.folder / ".aiida" / "repository").iterdir())
    done = keeper.zif("restore", str(folder), *keeper.place(name))
    assert done.returncode != 0
    assert words in done.stderr
    assert f"DROP DATABASE {name}; DROP ROLE {name};" in done.stderr
    assert keeper.tables(name) == []
    assert name not in keeper.profiles()
    assert sorted((keeper.folder / ".aiida" / "repository").iterdir()) == before
    assert not (tmp_path / "touched").exists()


def test_a_name_that_is_taken_is_refused_before_anything_is_made(keeper: Keeper) -> None:
    done = keeper.zif("restore", str(keeper.backup), *keeper.place("fresh")[:-1], "kept")
    assert done.returncode != 0
    assert "there is a profile 'kept' already" in done.stderr
