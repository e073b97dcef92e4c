"""Checks that AiiDA can use a database, and that its role has no unnecessary rights. No AiiDA import here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aiida_zif.setup.postgresql.access import PostgresqlError

if TYPE_CHECKING:
    from psycopg2.extensions import connection as Connection

    from aiida_zif.setup.postgresql.target import Target

OLDEST = 12
"""Major version of the oldest server: what AiiDA 2.9 is tested with."""


def require_version(number: int) -> None:
    """Refuse a server that is too old.

    :param number: as libpq gives it, 150018 for 15.18.
    """
    if number // 10000 < OLDEST:
        raise PostgresqlError(
            f"the server is PostgreSQL {number // 10000}, needed is {OLDEST} or later. Fix: upgrade it "
            "(pg_upgradecluster on Debian), or choose another server with --host and --port."
        )


@dataclass(frozen=True)
class Facts:
    """Properties of a database and of the role that is logged in.

    :param version: of the server, 150018 for 15.18.
    :param encoding: of the database.
    :param superuser: whether the role is one.
    :param may_create: whether it may make tables.
    :param tables: tables that are there.
    :param aiida: whether AiiDA's are among them.
    """

    version: int
    encoding: str
    superuser: bool
    may_create: bool
    tables: int
    aiida: bool


def facts(connection: Connection) -> Facts:
    """Read the properties of the database that a role is logged in to."""
    row = fetch(
        connection,
        """SELECT pg_encoding_to_char(encoding),
                  (SELECT rolsuper FROM pg_roles WHERE rolname = current_user),
                  has_schema_privilege('public', 'CREATE'),
                  (SELECT count(*) FROM pg_tables WHERE schemaname = 'public'),
                  to_regclass('public.db_dbnode') IS NOT NULL
           FROM pg_database WHERE datname = current_database()""",
    )
    return Facts(connection.info.server_version, *row)


def require_right(found: Facts, target: Target, may_hold_data: bool = False) -> None:
    """Refuse a database that AiiDA could not use, or a role with too many rights.

    :param may_hold_data: whether data of AiiDA may be there already, as their files are known.
    :raises PostgresqlError: with what was found, what is allowed and the fix.
    """
    require_version(found.version)
    if found.encoding != "UTF8":
        raise PostgresqlError(
            f"database {target.database!r} has the encoding {found.encoding}, needed is UTF8. Fix: create another one "
            f"with CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0, or choose a new name and leave out --existing."
        )
    if found.superuser:
        raise PostgresqlError(
            f"role {target.role!r} is a superuser, needed is one without such rights. Fix: choose another --role."
        )
    if not found.may_create:
        raise PostgresqlError(
            f"role {target.role!r} may not create tables in {target.database!r}. Fix: let its administrator run "
            f"ALTER DATABASE {target.database} OWNER TO {target.role}."
        )
    if found.aiida and not may_hold_data:
        raise PostgresqlError(
            f"database {target.database!r} holds AiiDA's data already. Fix: set --repository to the folder of their "
            "files to use them, or choose another --database."
        )
    if found.tables and not found.aiida:
        raise PostgresqlError(
            f"database {target.database!r} holds {found.tables} tables that are not AiiDA's. Fix: choose an empty one."
        )


def fetch(connection: Connection, statement: str, *values: Any) -> tuple[Any, ...]:
    """Return the one row that a statement yields."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values or None)
        row = cursor.fetchone()
    assert row is not None
    return row
