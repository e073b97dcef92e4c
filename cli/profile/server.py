"""Options of `setup profile` and `restore` for a database on a PostgreSQL server."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from aiida_zif.cli.common.profile import fail

if TYPE_CHECKING:
    from aiida_zif.setup.postgresql.target import Target

DATABASE = "aiida_zif"
OPTIONS = [
    click.option("--host", default="localhost", show_default=True, help="Host of the server."),
    click.option("--port", type=click.IntRange(1, 65535), default=5432, show_default=True, help="Port of the server."),
    click.option("--database", default=DATABASE, show_default=True, help="Database of the profile."),
    click.option(
        "--role", default=DATABASE, show_default=True, help="Role that owns the database; AiiDA logs in as this role."
    ),
    click.option("--existing", is_flag=True, help="Use the existing role and database; create nothing."),
    click.option("--admin", default="postgres", show_default=True, help="Role that creates role and database."),
    click.option("--admin-database", default="postgres", show_default=True, help="Database that --admin logs in to."),
]

Fill = Callable[["Target", str], Path]
"""Fills an empty database before AiiDA sees it, with the password of its role; returns the folder of its files."""


def server_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of the database and of its administrator."""
    return reduce(lambda inner, option: option(inner), reversed(OPTIONS), command)


def make_on_server(
    name: str,
    repository: Path | None,
    fill: Fill | None = None,
    *,
    host: str,
    port: int,
    database: str,
    role: str,
    existing: bool,
    admin: str,
    admin_database: str,
) -> None:
    """Create role and database unless they exist, fill the database if ``fill`` is given, then create the profile."""
    from aiida_zif.setup.backup.errors import BackupError
    from aiida_zif.setup.postgresql.access import PostgresqlError
    from aiida_zif.setup.postgresql.server import check_existing, create
    from aiida_zif.setup.postgresql.target import Target
    from aiida_zif.setup.profile.postgresql import make_profile, require_free_name

    password, story = "", list[str]()
    try:
        target = Target(host, port, database, role)
        is_new = require_free_name(name, target)
        if fill is not None and not is_new:
            raise PostgresqlError(f"there is a profile {name!r} of this database already. Fix: choose another name.")
        if is_new:
            has_files = fill is None and repository is not None and repository.is_dir()
            if existing:
                password = check_existing(target, ask_password(), has_files)
            else:
                password, story = create(target, admin, admin_database, ask_password(), has_files)
        for line in story:
            click.echo(line, err=fill is not None)
        if fill is not None:
            repository = fill(target, password)
        make_profile(name, target, password, repository)
    except (PostgresqlError, BackupError) as error:
        drops = {"database": f"DROP DATABASE {database};", "role": f"DROP ROLE {role};"}
        undo = " ".join(drop for made, drop in drops.items() if any(line.startswith(made) for line in story))
        fail(f"{error}\nTo remove what was created, in psql: {undo}" if undo else str(error))


def ask_password() -> Any:
    """Return a function that prompts for a password, or None if there is no terminal."""
    return (lambda question: click.prompt(question, hide_input=True, err=True)) if sys.stdin.isatty() else None
