"""Create role and database on a PostgreSQL server, with no more rights than AiiDA requires. No AiiDA import here.

The role may log in and owns one database, nothing else: it makes no roles, no databases, and nobody else may connect to
its database. Its password goes to the server as a SCRAM verifier, so that it stands in no log of the server.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiida_zif.setup.postgresql.access import explained, session
from aiida_zif.setup.postgresql.passwords import Account, Ask, from_environment, from_file, generate
from aiida_zif.setup.postgresql.requirements import facts, fetch, require_right, require_version
from aiida_zif.setup.postgresql.target import ADMIN_VARIABLE, ROLE_VARIABLE, Target

if TYPE_CHECKING:
    from psycopg2.extensions import connection as Connection

LOCALES = ("C.UTF-8", "en_US.UTF-8", "C")
"""Locales to try, in this order; a server has those of its operating system, and always "C"."""
LIMITS = {"statement_timeout": "1h", "temp_file_limit": "20GB"}
"""Limits of the role in its database, so that a faulty query ends instead of filling the disk of the server."""
IN_FILE = "taken from PostgreSQL's password file"


def create(
    target: Target, admin: str, admin_database: str, ask: Ask | None, may_hold_data: bool = False
) -> tuple[str, list[str]]:
    """Create role and database of a target; existing ones that are correct are not changed.

    :param admin: a role that may create roles and databases.
    :param admin_database: a database that it may connect to.
    :param ask: asks for a password that neither environment nor password file hold; None on no terminal.
    :param may_hold_data: whether a database that is there may hold AiiDA's data.
    :returns: the role's password for AiiDA's configuration (empty if it stays in the password file), and what was done.
    :raises PostgresqlError: if it cannot be done; nothing new is left then.
    """
    account = Account(target.host, target.port, admin_database, admin, ADMIN_VARIABLE)
    story, password, source = [], None, ""
    with session(account, ask) as (connection, _), explained(f"role {admin!r}"):
        require_version(connection.info.server_version)
        has_role = _exists(connection, "pg_roles", "rolname", target.role)
        has_database = _exists(connection, "pg_database", "datname", target.database)
        if not has_role:
            password, source = new_password(target)
            _create_role(connection, target.role, password)
            story.append(f"role {target.role!r} created, its password {source}")
        if not has_database:
            try:
                locale = _create_database(connection, target)
            except Exception:
                if not has_role:
                    _execute(connection, "DROP ROLE {}", target.role)
                raise
            _limit(connection, target)
            story.append(f"database {target.database!r} created (UTF8, {locale}), for this role only")
    if password is None:
        return check_existing(target, ask, may_hold_data), story
    with session(target.account, None, password) as (own, _):
        require_right(facts(own), target)
    return "" if source == IN_FILE else password, story


def check_existing(target: Target, ask: Ask | None, may_hold_data: bool = False) -> str:
    """Log in as the role and check that AiiDA can use the database.

    :param may_hold_data: whether it may hold AiiDA's data.
    :returns: the password for AiiDA's configuration; empty if the password file or the server's rules allow the log-in.
    :raises PostgresqlError: if it is not.
    """
    with session(target.account, ask) as (connection, password), explained(f"database {target.database!r}"):
        require_right(facts(connection), target, may_hold_data)
    return password or ""


def new_password(target: Target) -> tuple[str, str]:
    """Return a password for a new role, and its source."""
    if password := from_environment(target.account):
        return password, f"taken from {ROLE_VARIABLE}"
    if password := from_file(target.account):
        return password, IN_FILE
    return generate(), "generated; it is stored in AiiDA's config.json"


def _exists(connection: Connection, table: str, column: str, name: str) -> bool:
    return bool(fetch(connection, f"SELECT count(*) FROM {table} WHERE {column} = %s", name)[0])


def _execute(connection: Connection, statement: str, *names: str, values: tuple[str, ...] = ()) -> None:
    """Run a statement whose ``{}`` are names and whose ``%s`` are values, both quoted by psycopg2."""
    from psycopg2 import sql

    with connection.cursor() as cursor:
        cursor.execute(sql.SQL(statement).format(*map(sql.Identifier, names)), values or None)


def _create_role(connection: Connection, role: str, password: str) -> None:
    from psycopg2.extensions import encrypt_password

    verifier = encrypt_password(password, role, scope=connection, algorithm="scram-sha-256")
    _execute(connection, "CREATE ROLE {} LOGIN PASSWORD %s", role, values=(verifier,))


def _create_database(connection: Connection, target: Target) -> str:
    """Create the database with the first locale that the server has, and return that locale."""
    from psycopg2.errors import InvalidParameterValue, WrongObjectType

    superuser = fetch(connection, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user")[0]
    admin = connection.info.user
    if not superuser:  # only a member of a role may give it a database
        _execute(connection, "GRANT {} TO {}", target.role, admin)
    for locale in LOCALES:
        try:
            _execute(
                connection,
                "CREATE DATABASE {} OWNER {} ENCODING 'UTF8' TEMPLATE template0 LC_COLLATE %s LC_CTYPE %s",
                target.database,
                target.role,
                values=(locale, locale),
            )
        except (WrongObjectType, InvalidParameterValue):
            if locale == LOCALES[-1]:
                raise
            continue
        break
    _execute(connection, "REVOKE ALL ON DATABASE {} FROM PUBLIC", target.database)
    if not superuser:
        _execute(connection, "REVOKE {} FROM {}", target.role, admin)
    return locale


def _limit(connection: Connection, target: Target) -> None:
    """Set the role's limits in its database; those that only a superuser may set are left to one."""
    from psycopg2.errors import InsufficientPrivilege

    for name, value in LIMITS.items():
        try:
            statement = f"ALTER ROLE {{}} IN DATABASE {{}} SET {name} TO %s"
            _execute(connection, statement, target.role, target.database, values=(value,))
        except InsufficientPrivilege:
            continue
