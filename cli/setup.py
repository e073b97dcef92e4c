"""`setup`: profiles, and what belongs to them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from aiida_zif.cli.common import fail, with_debug

DATABASE = "aiida_zif"


@click.group(epilog="Example: aiida-zif setup profile --postgresql")
def setup() -> None:
    """Make a profile, on this machine alone or on a PostgreSQL server, and its computers and codes."""


@setup.command(epilog="Example: aiida-zif setup profile --postgresql --host db.example.org --database zif")
@click.option("--name", default="zif", show_default=True, help="Name of the AiiDA profile.")
@click.option("--postgresql", is_flag=True, help="Keep the database on a PostgreSQL server instead of in a file.")
@click.option("--host", default="localhost", show_default=True, help="Of the server.")
@click.option("--port", type=click.IntRange(1, 65535), default=5432, show_default=True, help="Of the server.")
@click.option("--database", default=DATABASE, show_default=True, help="Database of the profile.")
@click.option("--role", default=DATABASE, show_default=True, help="Role that owns it and that AiiDA logs in as.")
@click.option("--existing", is_flag=True, help="Role and database are there: log in as the role, make nothing.")
@click.option("--admin", default="postgres", show_default=True, help="Role that makes role and database.")
@click.option("--admin-database", default="postgres", show_default=True, help="Database that it logs in to.")
@click.option("--repository", type=click.Path(path_type=Path, file_okay=False), help="Folder of the profile's files.")
@with_debug
def profile(name: str, postgresql: bool, repository: Path | None, **server: Any) -> None:
    """Make a profile with this machine and its codes, or complete it; what is there already stays.

    No option takes a password. Those of --admin and of --role come from AIIDA_ZIF_PG_ADMIN_PASSWORD and
    AIIDA_ZIF_PG_PASSWORD, from ~/.pgpass, or are asked for. A role that is made here without one gets a password
    from the dice. AiiDA's config.json, which nobody else may read, keeps the role's, unless ~/.pgpass has it.
    """
    from aiida_zif.setup.codes import local_codes

    if postgresql:
        make_on_server(name, repository, **server)
    else:
        from aiida_zif.setup.profile import ensure_profile

        ensure_profile(name)
    from aiida_zif.setup.profile import equip

    specs = local_codes()
    click.echo("\n".join(equip(name, specs)))
    for spec in specs:
        if spec.executable is None:
            click.echo(f"  not on this machine: {spec.complaint()}")


def make_on_server(
    name: str,
    repository: Path | None,
    host: str,
    port: int,
    database: str,
    role: str,
    existing: bool,
    admin: str,
    admin_database: str,
) -> None:
    """Make role and database unless they exist, then the profile."""
    from aiida_zif.setup.postgresql import Target, check_existing, create
    from aiida_zif.setup.postgresql_access import PostgresqlError
    from aiida_zif.setup.postgresql_profile import make_profile, require_free_name

    try:
        target = Target(host, port, database, role)
        password, story = "", list[str]()
        if require_free_name(name, target):
            has_files = repository is not None and repository.is_dir()
            if existing:
                password = check_existing(target, ask_password(), has_files)
            else:
                password, story = create(target, admin, admin_database, ask_password(), has_files)
        for line in story:
            click.echo(line)
        make_profile(name, target, password, repository)
    except PostgresqlError as error:
        fail(str(error))


def ask_password() -> Any:
    """Return what asks for a password on the terminal, or None where nobody would answer."""
    return (lambda question: click.prompt(question, hide_input=True, err=True)) if sys.stdin.isatty() else None
