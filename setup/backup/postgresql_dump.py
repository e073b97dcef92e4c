"""Dump of the database of a PostgreSQL profile with ``pg_dump``; the rows in the dump are counted by table."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aiida_zif.setup.backup.errors import BackupError
from aiida_zif.setup.backup.sqlite import COUNTED

if TYPE_CHECKING:
    from aiida.orm.implementation.storage_backend import StorageBackend

DUMP = "database.sql"
_COPY = re.compile(r"COPY (?:\w+\.)?(?P<table>\w+) \((?P<columns>[^)]*)\) FROM stdin;")


def dump_database(storage: StorageBackend, folder: Path) -> tuple[dict[str, int], list[str]]:
    """Write the database of a storage as SQL into a folder; ``psql`` restores it in an empty database.

    :returns: ``n_nodes`` and ``n_links`` of the dump, and what is missing in it, which should be nothing.
    :raises BackupError: if there is no ``pg_dump``, or it fails.
    """
    before = live_rows(storage)
    run_pg_dump(storage.profile.storage_config, folder / DUMP)
    kept = rows_of_dump(folder / DUMP)
    lost = [
        f"{table}: {count - kept.get(table, 0)} of {count} rows"
        for table, count in before.items()
        if kept.get(table, 0) < count
    ]
    return {name: kept.get(table, 0) for name, table in COUNTED.items()}, lost


def live_rows(storage: StorageBackend) -> dict[str, int]:
    """Return the number of rows of every table of a storage."""
    from sqlalchemy import inspect, text

    session = storage.get_session()  # type: ignore[attr-defined]
    tables = inspect(session.connection()).get_table_names()
    counts = {table: session.execute(text(f'SELECT count(*) FROM "{table}"')).scalar_one() for table in tables}
    session.commit()
    return counts


def run_pg_dump(config: dict[str, Any], file: Path) -> None:
    """Dump a database. The password is passed in the environment, which only the owner can read."""
    program = shutil.which("pg_dump")
    if program is None:
        raise BackupError("pg_dump is not installed. Fix: apt-get install postgresql-client")
    command = [program, "--no-password", "--no-owner", "--format=plain", f"--file={file}"]
    names = {"host": "hostname", "port": "port", "username": "username", "dbname": "name"}
    command += [
        f"--{option}={config[f'database_{key}']}" for option, key in names.items() if config.get(f"database_{key}")
    ]
    environment = dict(os.environ)
    if config.get("database_password"):
        environment["PGPASSWORD"] = str(config["database_password"])
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BackupError(f"pg_dump failed: {done.stderr.strip()}")


def rows_of_dump(file: Path) -> dict[str, int]:
    """Return the number of complete rows of every table in a dump."""
    counts: dict[str, int] = {}
    with file.open(encoding="utf-8") as lines:
        for line in lines:
            if match := _COPY.match(line):
                counts[match["table"]] = sum(1 for _ in _rows(lines))
    return counts


def _rows(lines: Iterator[str]) -> Iterator[str]:
    for line in lines:
        if line.startswith("\\."):
            return
        yield line
