"""`aiida-zif setup profile --postgresql` on a real server: what it makes, who may what, what it refuses."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from postgresql import ADMIN, PostgresqlServer

pytestmark = [pytest.mark.hpc, pytest.mark.slow]
CLI = "from aiida_zif.cli.main import main; main()"
NAMES = (f"t{number}" for number in itertools.count())


class Terminal:
    """A terminal without a keyboard, in an AiiDA folder of its own, before a server."""

    def __init__(self, server: PostgresqlServer, folder: Path) -> None:
        self.server, self.folder, self.name = server, folder, next(NAMES)

    def setup(self, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run `aiida-zif setup profile --postgresql`; the administrator's password is known unless it is given."""
        place = ["--host", self.server.host, "--port", str(self.server.port), "--role", self.name]
        secrets = {"AIIDA_ZIF_PG_ADMIN_PASSWORD": self.server.password, "PGPASSFILE": str(self.folder / "pgpass")}
        done = subprocess.run(
            [sys.executable, "-c", CLI, "setup", "profile", "--postgresql", *place, "--database", self.name, *words],
            env={**os.environ, "AIIDA_PATH": str(self.folder), **secrets, **variables},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        assert "Traceback" not in done.stderr
        return done

    def config(self) -> dict[str, Any]:
        """Return the storage of the profile as AiiDA's configuration holds it."""
        content = json.loads((self.folder / ".aiida" / "config.json").read_text())
        storage: dict[str, Any] = content["profiles"]["zif"]["storage"]["config"]
        return storage

    def execute(self, *statements: str, database: str = "postgres") -> list[Any]:
        """Run statements as the administrator and return the rows of the last one."""
        connection = self.connect(ADMIN, self.server.password, database)
        with connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
            return list(cursor.fetchall()) if cursor.description else []

    def connect(self, user: str, password: str, database: str) -> Any:
        """Log in."""
        place = {"host": self.server.host, "port": self.server.port}
        connection = psycopg2.connect(user=user, password=password, dbname=database, **place)
        connection.autocommit = True
        return connection


@pytest.fixture
def terminal(postgresql_server: PostgresqlServer, tmp_path: Path) -> Terminal:
    return Terminal(postgresql_server, tmp_path)


def test_role_database_and_profile_are_made_once_and_work(terminal: Terminal) -> None:
    first, second = terminal.setup(), terminal.setup()
    assert (first.returncode, second.returncode) == (0, 0), first.stderr + second.stderr
    assert f"role '{terminal.name}' created" in first.stdout
    assert "created" not in second.stdout
    load = "from aiida_zif.setup.profile.embedded import load_own_profile as l; l(); "
    look = load + "from aiida.orm import Int; Int(3).store()"
    env = {**os.environ, "AIIDA_PATH": str(terminal.folder)}
    subprocess.run([sys.executable, "-c", look], env=env, check=True, timeout=600)
    assert terminal.execute("SELECT count(*) FROM db_dbnode WHERE node_type LIKE '%Int.'", database=terminal.name) == [
        (1,)
    ]


def test_the_role_may_nothing_else_and_nobody_else_may_connect(terminal: Terminal) -> None:
    assert terminal.setup().returncode == 0
    rights = terminal.execute(
        f"SELECT rolsuper, rolcreatedb, rolcreaterole, rolreplication FROM pg_roles WHERE rolname = '{terminal.name}'"
    )
    assert rights == [(False, False, False, False)]
    terminal.execute(f"CREATE ROLE {terminal.name}_other LOGIN PASSWORD 'x'")
    with pytest.raises(psycopg2.OperationalError, match="permission denied"):
        terminal.connect(f"{terminal.name}_other", "x", terminal.name)


def test_the_password_is_in_no_log_and_in_no_file_that_others_read(terminal: Terminal) -> None:
    assert terminal.setup().returncode == 0
    password = terminal.config()["database_password"]
    assert len(password) >= 24
    assert password not in terminal.server.log()
    files = [file for file in terminal.folder.rglob("*") if file.is_file() and not file.is_symlink()]
    holders = [file for file in files if password.encode() in file.read_bytes()]
    assert holders
    assert all(file.stat().st_mode & 0o077 == 0 for file in holders)


def test_a_password_in_the_password_file_stays_there(terminal: Terminal) -> None:
    file = terminal.folder / "pgpass"
    file.write_text(f"*:*:*:{ADMIN}:{terminal.server.password}\n*:*:{terminal.name}:{terminal.name}:a\\:b\n")
    file.chmod(0o600)
    done = terminal.setup(AIIDA_ZIF_PG_ADMIN_PASSWORD="")
    assert done.returncode == 0, done.stderr
    assert terminal.config()["database_password"] == ""
    terminal.connect(terminal.name, "a:b", terminal.name)


def test_an_administrator_need_not_be_a_superuser(terminal: Terminal) -> None:
    terminal.execute(f"CREATE ROLE {terminal.name}_dba LOGIN CREATEROLE CREATEDB PASSWORD 'dba'")
    done = terminal.setup("--admin", f"{terminal.name}_dba", AIIDA_ZIF_PG_ADMIN_PASSWORD="dba")
    assert done.returncode == 0, done.stderr
    members = terminal.execute(f"SELECT count(*) FROM pg_auth_members WHERE member = '{terminal.name}_dba'::regrole")
    assert members == [(0,)]


def test_an_administrator_without_rights_leaves_nothing_behind(terminal: Terminal) -> None:
    terminal.execute(f"CREATE ROLE {terminal.name}_weak LOGIN CREATEROLE PASSWORD 'weak'")
    done = terminal.setup("--admin", f"{terminal.name}_weak", AIIDA_ZIF_PG_ADMIN_PASSWORD="weak")
    assert done.returncode == 2
    assert "CREATEDB" in done.stderr
    assert terminal.execute(f"SELECT 1 FROM pg_roles WHERE rolname = '{terminal.name}'") == []


REFUSED = {
    "wrong password": ([], {"AIIDA_ZIF_PG_ADMIN_PASSWORD": "wrong"}, "AIIDA_ZIF_PG_ADMIN_PASSWORD"),
    "no password": ([], {"AIIDA_ZIF_PG_ADMIN_PASSWORD": ""}, ".pgpass"),
    "no server": (["--port", "1"], {}, "no PostgreSQL server answers at 127.0.0.1:1"),
    "unknown host": (["--host", "no.such.host.invalid"], {}, "--host"),
    "missing database": (["--existing", "--role", ADMIN, "--database", "nope"], {}, "there is no database 'nope'"),
    "name to be quoted": (["--database", 'a"; DROP TABLE x'], {}, "choose another name"),
    "superuser as role": (["--role", ADMIN, "--database", "postgres", "--existing"], {}, "superuser"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_work_is_said_in_one_line_with_the_mend(terminal: Terminal, case: str) -> None:
    words, variables, fix = REFUSED[case]
    done = terminal.setup(*words, **{"AIIDA_ZIF_PG_PASSWORD": terminal.server.password, **variables})
    assert done.returncode == 2
    assert fix in done.stderr
    assert "Fix" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert terminal.server.password not in done.stderr


def test_a_database_of_another_encoding_is_refused(terminal: Terminal) -> None:
    name = terminal.name
    terminal.execute(
        f"CREATE ROLE {name} LOGIN PASSWORD 'x'",
        f"CREATE DATABASE {name} OWNER {name} ENCODING 'LATIN1' TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'",
    )
    done = terminal.setup("--existing", AIIDA_ZIF_PG_PASSWORD="x")
    assert done.returncode == 2
    assert "encoding LATIN1, needed is UTF8" in done.stderr


def test_a_database_that_another_program_uses_is_refused(terminal: Terminal) -> None:
    name = terminal.name
    terminal.execute(f"CREATE ROLE {name} LOGIN PASSWORD 'x'", f"CREATE DATABASE {name} OWNER {name}")
    connection = terminal.connect(name, "x", name)
    connection.cursor().execute("CREATE TABLE invoices (id int)")
    done = terminal.setup("--existing", AIIDA_ZIF_PG_PASSWORD="x")
    assert done.returncode == 2
    assert "1 tables that are not AiiDA's" in done.stderr


def test_a_database_with_data_wants_the_folder_of_their_files(terminal: Terminal) -> None:
    assert terminal.setup().returncode == 0
    config = terminal.config()
    files = Path(config["repository_uri"].removeprefix("file://"))
    again = ["--name", "again"]
    refused = terminal.setup(*again, AIIDA_ZIF_PG_PASSWORD=config["database_password"])
    assert refused.returncode == 2
    assert "--repository" in refused.stderr
    done = terminal.setup(*again, "--repository", str(files), AIIDA_ZIF_PG_PASSWORD=config["database_password"])
    assert done.returncode == 0, done.stderr
