"""Restore of a dump of ``pg_dump`` to an empty database with psycopg2, in one transaction.

``psql`` is not asked: it takes a backslash in a dump for a command, and one of its commands starts a shell. Here a dump
is statements and rows, nothing else. No AiiDA import.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from io import TextIOBase
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from aiida_zif.setup.backup.sqlite import COUNTED
from aiida_zif.setup.postgresql.access import explained, session
from aiida_zif.setup.postgresql.target import Target

if TYPE_CHECKING:
    from psycopg2.extensions import cursor as Cursor

COPY = re.compile(r"COPY [\w.\"]+ \([^)]*\) FROM stdin;\n")
END_OF_ROWS = "\\.\n"
CLIENT = re.compile(r"\\(un)?restrict \w+\n")
"""Lines that newer releases of ``pg_dump`` write for ``psql`` alone."""


class Rows(TextIOBase):
    """The rows that follow a COPY statement in a dump, as a file that ends where they end."""

    def __init__(self, dump: TextIO) -> None:
        self.dump, self.rest, self.ended = dump, "", False

    def readable(self) -> bool:
        """Return True: the rows can be read."""
        return True

    def read(self, size: int | None = -1, /) -> str:
        """Return the next rows, ``size`` characters or all."""
        wanted = float("inf") if size is None or size < 0 else size
        lines, length = [self.rest], len(self.rest)
        while not self.ended and length < wanted:
            line = self.dump.readline()
            self.ended = line in (END_OF_ROWS, "")
            if not self.ended:
                lines.append(line)
                length += len(line)
        text = "".join(lines)
        cut = min(len(text), wanted)
        self.rest = text[int(cut) :]
        return text[: int(cut)]


def load_dump(target: Target, password: str, dump: Path, check: Callable[[dict[str, int]], None]) -> None:
    """Read a dump into the empty database of a target. On any error the database stays empty.

    :param password: of the role; empty if PostgreSQL's password file or the server's rules allow the log-in.
    :param check: takes ``n_nodes`` and ``n_links`` before anything is kept, and raises if they are wrong.
    :raises PostgresqlError: if the server refuses a statement or a row.
    """
    where = f"restoring {dump.name} into database {target.database!r}"
    with session(target.account, None, password or None) as (connection, _), explained(where):
        connection.autocommit = False
        with connection, connection.cursor() as cursor, dump.open(encoding="utf-8") as text:
            for statements in statements_of(text):
                if COPY.fullmatch(statements):
                    rows: Any = Rows(text)  # psycopg2 asks for less than a whole TextIO
                    cursor.copy_expert(statements, rows)
                else:
                    cursor.execute(statements)
            check({name: _count(cursor, table) for name, table in COUNTED.items()})


def statements_of(text: TextIO) -> Iterator[str]:
    """Yield the statements of a dump up to the next rows, and the COPY that these follow; its reader takes the rows."""
    statements: list[str] = []
    while line := text.readline():
        if CLIENT.fullmatch(line) or (not statements and (line.startswith("--") or line.isspace())):
            continue
        if COPY.fullmatch(line):
            if statements:
                yield "".join(statements)
            statements = []
            yield line
        else:
            statements.append(line)
    if statements:
        yield "".join(statements)


def _count(cursor: Cursor, table: str) -> int:
    cursor.execute(f"SELECT count(*) FROM public.{table}")
    row = cursor.fetchone()
    return int(row[0]) if row else 0
