"""A copy of a database in which something is missing is found out."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from aiida_zif.setup.backup.postgresql_dump import rows_of_dump
from aiida_zif.setup.backup.sqlite import last_rows, missing_rows

TABLES = """
CREATE TABLE db_dbnode (id INTEGER PRIMARY KEY, mtime TEXT, attributes TEXT);
CREATE TABLE db_dblink (id INTEGER PRIMARY KEY, input_id INTEGER, output_id INTEGER);
CREATE TABLE alembic_version (version_num TEXT);
INSERT INTO db_dbnode VALUES (1, 'monday', '{}'), (2, 'monday', '{"a": 1}'), (3, 'tuesday', NULL);
INSERT INTO db_dblink VALUES (1, 1, 2), (2, 2, 3);
"""


@pytest.fixture
def live(tmp_path: Path) -> Iterator[Path]:
    """A database whose newest rows are in its write-ahead log only, as another program has it open."""
    path = tmp_path / "live.sqlite"
    with closing(sqlite3.connect(path)) as writer:
        writer.execute("PRAGMA journal_mode=WAL")
        writer.executescript(TABLES)
        yield path


def changed(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()


@pytest.fixture
def copy(live: Path, tmp_path: Path) -> Path:
    path = tmp_path / "copy.sqlite"
    with closing(sqlite3.connect(live)) as source, closing(sqlite3.connect(path)) as target:
        source.backup(target)
    return path


def test_a_whole_copy_misses_nothing(live: Path, copy: Path) -> None:
    assert last_rows(live) == {"db_dbnode": 3, "db_dblink": 2}
    assert missing_rows(live, copy, last_rows(live)) == []


def test_the_file_alone_misses_what_the_log_holds(live: Path, copy: Path, tmp_path: Path) -> None:
    changed(live, "PRAGMA wal_checkpoint(TRUNCATE)")
    changed(live, "INSERT INTO db_dbnode VALUES (4, 'now', '{}')")
    shutil.copyfile(live, tmp_path / "file.sqlite")  # what AiiDA's own backup does
    assert missing_rows(live, tmp_path / "file.sqlite", last_rows(live)) == [
        "1 rows of db_dbnode are missing or differ"
    ]


@pytest.mark.parametrize(
    ("change", "table"),
    [
        ("DELETE FROM db_dbnode WHERE id = 2", "db_dbnode"),
        ("UPDATE db_dbnode SET attributes = '{\"a\": 2}' WHERE id = 2", "db_dbnode"),
        ("UPDATE db_dbnode SET attributes = NULL WHERE id = 1", "db_dbnode"),
        ("DELETE FROM db_dblink WHERE id = 1", "db_dblink"),
        ("UPDATE db_dblink SET output_id = 1 WHERE id = 2", "db_dblink"),
    ],
)
def test_a_row_that_is_missing_or_differs_is_found(live: Path, copy: Path, change: str, table: str) -> None:
    changed(copy, change)
    assert missing_rows(live, copy, last_rows(live)) == [f"1 rows of {table} are missing or differ"]


def test_what_a_campaign_writes_meanwhile_is_no_fault(live: Path, copy: Path) -> None:
    last = last_rows(live)
    changed(
        live,
        "INSERT INTO db_dbnode VALUES (4, 'now', '{}')",
        "UPDATE db_dbnode SET attributes = '{\"state\": \"finished\"}', mtime = 'now' WHERE id = 3",
        "INSERT INTO db_dblink VALUES (3, 3, 4)",
    )
    assert missing_rows(live, copy, last) == []


def test_rows_of_a_dump_are_counted_by_table(tmp_path: Path) -> None:
    dump = tmp_path / "dump.sql"
    dump.write_text(
        "SET x = 1;\nCOPY public.db_dbnode (id, uuid) FROM stdin;\n1\ta\n2\tb\n\\.\n\n"
        "COPY public.db_dblink (id) FROM stdin;\n\\.\nCREATE INDEX;\n"
    )
    assert rows_of_dump(dump) == {"db_dbnode": 2, "db_dblink": 0}
    dump.write_text(dump.read_text().partition("2\tb")[0])
    assert rows_of_dump(dump) == {"db_dbnode": 1}
