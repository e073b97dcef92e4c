"""Copy of the database of an embedded profile while others write to it, compared with the original row by row."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aiida.orm.implementation.storage_backend import StorageBackend

DATABASE = "database.sqlite"
COUNTED = {"n_nodes": "db_dbnode", "n_links": "db_dblink"}
CHANGING = {"db_dbnode": "mtime", "db_dbsetting": "time"}
"""Tables whose rows are rewritten, with the column that then changes. Rows of all other tables do not change."""


def copy_database(storage: StorageBackend, folder: Path) -> tuple[dict[str, int], list[str]]:
    """Copy the database of a storage into a folder.

    SQLite's backup interface sees what the write-ahead log holds, which a copy of the file misses.

    :returns: ``n_nodes`` and ``n_links`` of the copy, and what is missing in it, which should be nothing.
    """
    live, copy = Path(storage.profile.storage_config["filepath"]) / DATABASE, folder / DATABASE
    last = last_rows(live)
    with closing(sqlite3.connect(live)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)
        target.execute("PRAGMA journal_mode=DELETE")  # one file, whole in itself
        counts = {
            name: target.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for name, table in COUNTED.items()
        }
    return counts, missing_rows(live, copy, last)


def last_rows(database: Path) -> dict[str, int]:
    """Return the largest id of every table of a database that has ids."""
    with closing(sqlite3.connect(database)) as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        with_ids = [name for name in tables if "id" in _columns(connection, name)]
        return {name: connection.execute(f"SELECT max(id) FROM {name}").fetchone()[0] or 0 for name in with_ids}


def missing_rows(live: Path, copy: Path, last: dict[str, int]) -> list[str]:
    """Return, as text, the rows of a database that are missing or different in its copy.

    :param live: the database, in use.
    :param copy: its copy.
    :param last: the largest id of every table when the copy was begun; later rows need not be in it.
    :returns: one phrase a table, and what SQLite itself finds wrong with the copy.
    """
    with closing(sqlite3.connect(copy)) as connection:
        connection.execute("ATTACH ? AS live", (str(live),))
        problems = [row[0] for row in connection.execute("PRAGMA main.integrity_check") if row[0] != "ok"]
        for table, largest in last.items():
            query = f"SELECT count(*) FROM ({_lost(connection, table)})"
            (count,) = connection.execute(query, (largest,)).fetchone()
            if count:
                problems.append(f"{count} rows of {table} are missing or differ")
    return problems


def _lost(connection: sqlite3.Connection, table: str) -> str:
    """Return the query for rows of a table that are missing in the copy; rows that were rewritten since may differ."""
    columns = ", ".join(_columns(connection, table))
    changed = CHANGING.get(table)
    if changed is None:
        return f"SELECT {columns} FROM live.{table} WHERE id <= ? EXCEPT SELECT {columns} FROM main.{table}"
    rows = f"SELECT l.id FROM live.{table} l LEFT JOIN main.{table} c ON c.id = l.id WHERE l.id <= ?"
    differs = " OR ".join(f"c.{name} IS NOT l.{name}" for name in _columns(connection, table))
    return f"{rows} AND (c.id IS NULL OR (c.{changed} IS l.{changed} AND ({differs})))"


def _columns(connection: sqlite3.Connection, table: str) -> list[str]:
    return [f'"{row[1]}"' if row[1] != "id" else "id" for row in connection.execute(f"PRAGMA table_info({table})")]
