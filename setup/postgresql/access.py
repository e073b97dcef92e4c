"""Connections to a PostgreSQL server, and explanations of its errors. No AiiDA import here."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

from aiida_zif.setup.postgresql.passwords import Account, Ask, from_environment

if TYPE_CHECKING:
    from psycopg2.extensions import connection as Connection

TIMEOUT = 10  # s to wait for the server


class PostgresqlError(RuntimeError):
    """The server, the role or the database is not usable. The message states what was found and the fix."""


@contextmanager
def session(account: Account, ask: Ask | None, password: str | None = None) -> Iterator[tuple[Connection, str | None]]:
    """Connect, by the password given, by the environment's, by what libpq finds, or by what is typed.

    :returns: the connection, which commits every statement, and the password if we know it.
    :raises PostgresqlError: if the server refuses the log-in.
    """
    import psycopg2

    password = password or from_environment(account)
    try:
        connection = _connect(account, password)
    except psycopg2.OperationalError as error:
        if password or ask is None or "no password supplied" not in str(error):
            raise PostgresqlError(explain(str(error), account)) from None
        password = ask(f"Password of {account.role} on {account.host}")
        try:
            connection = _connect(account, password)
        except psycopg2.OperationalError as again:
            raise PostgresqlError(explain(str(again), account)) from None
    with closing(connection):
        connection.autocommit = True
        yield connection, password


def _connect(account: Account, password: str | None) -> Connection:
    import psycopg2

    return psycopg2.connect(
        host=account.host,
        port=account.port,
        user=account.role,
        password=password,
        dbname=account.database,
        connect_timeout=TIMEOUT,
        application_name="aiida-zif setup",
    )


@contextmanager
def explained(where: str) -> Iterator[None]:
    """Convert an error of the server into one line."""
    import psycopg2

    try:
        yield
    except psycopg2.errors.InsufficientPrivilege as error:
        raise PostgresqlError(
            f"{where} has no permission: {first_line(error)}. Fix: set --admin to a role with CREATEROLE and "
            "CREATEDB, or let the administrator create role and database (docs/production.md) and use --existing."
        ) from None
    except psycopg2.Error as error:
        raise PostgresqlError(f"{where}: the server refuses: {first_line(error)}") from None


REFUSALS = {
    r"password authentication failed|no password supplied|Peer authentication failed|Ident authentication failed": (
        "wrong or missing password of role {role!r}",
        "set {variable}, or add a line HOST:PORT:DATABASE:ROLE:PASSWORD to ~/.pgpass (mode 0600), or correct it there",
    ),
    r'database ".*" does not exist': (
        "there is no database {database!r} on {host}:{port}",
        "correct --database, or leave out --existing to create it",
    ),
    r'role ".*" (does not exist|is not permitted to log in)': (
        "there is no role {role!r} that may log in",
        "correct --role or --admin, or leave out --existing to create the role",
    ),
    r"Connection refused|timeout expired|timed out|No route to host|Network is unreachable": (
        "no PostgreSQL server answers at {host}:{port}",
        "start it (`pg_lsclusters` shows those of Debian), or correct --host and --port",
    ),
    r"could not translate host name": ("the host {host!r} is not known", "correct --host"),
    r"no pg_hba.conf entry|pg_hba.conf rejects": (
        "the server does not accept {role!r} from this machine",
        "its administrator has to add a line to pg_hba.conf: host {database} {role} ADDRESS scram-sha-256",
    ),
    r"permission denied for database|remaining connection slots|too many connections": (
        "the server accepts no connection of {role!r} to {database!r}",
        "ask its administrator for the right to CONNECT, or for more connections",
    ),
}
"""Pattern of a message of the server or libpq: its meaning and the fix."""


def explain(words: str, account: Account) -> str:
    """Return cause and fix of a connection that was refused, with the message of the server.

    :param words: message of the error.
    """
    own = {key: getattr(account, key) for key in ("host", "port", "database", "role", "variable")}
    for pattern, (meaning, fix) in REFUSALS.items():
        if re.search(pattern, words):
            return f"{meaning.format(**own)} ({first_line(words)}). Fix: {fix.format(**own)}."
    return f"the server at {account.host}:{account.port} refuses {account.role!r}: {first_line(words)}"


def first_line(error: object) -> str:
    """Return the first line that is not empty."""
    return next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
