"""`setup`: profiles, and what belongs to them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from aiida_zif.cli.common import emit_json, fail, with_debug, with_profile

DATABASE = "aiida_zif"
JSON = click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON.")


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
@click.option("--bare", is_flag=True, help="No computer, no codes: a place to move another profile to.")
@with_debug
def profile(name: str, postgresql: bool, repository: Path | None, bare: bool, **server: Any) -> None:
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
    if bare:
        click.echo(f"profile {name}, empty")
        return
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

    password, story = "", list[str]()
    try:
        target = Target(host, port, database, role)
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
        drops = {"database": f"DROP DATABASE {database};", "role": f"DROP ROLE {role};"}
        undo = " ".join(drop for made, drop in drops.items() if any(line.startswith(made) for line in story))
        fail(f"{error}\nWhat was made is empty and may go, in psql: {undo}" if undo else str(error))


def ask_password() -> Any:
    """Return what asks for a password on the terminal, or None where nobody would answer."""
    return (lambda question: click.prompt(question, hide_input=True, err=True)) if sys.stdin.isatty() else None


@setup.command(epilog="Example: aiida-zif setup move zif production")
@click.argument("source", metavar="FROM")
@click.argument("target", metavar="TO")
@JSON
@with_debug
def move(source: str, target: str, as_json: bool) -> None:
    """Copy all of the profile FROM into the empty profile TO, and compare both node by node.

    Nodes, links, files, groups, computers with their log-ins, users, comments and logs keep their uuids. FROM stays
    as it is; remove it with `verdi profile delete` once you are content.
    """
    from aiida_zif.setup.move import MoveError
    from aiida_zif.setup.move import move as move_all

    try:
        report = move_all(source, target, lambda words: click.echo(words, err=True))
    except MoveError as error:
        fail(str(error))
    if as_json:
        emit_json(report.as_dict())
    else:
        click.echo("\n".join(report.lines()))
    sys.exit(0 if not report.differences else 1)


@setup.command(epilog="Example: aiida-zif setup computer examples/computers/slurm-ssh")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True))
@click.option("--poll", type=click.FloatRange(0, 3600), default=None, help="Seconds between looks at the queue.")
@click.option("--private", is_flag=True, help="Nobody else uses the machine: any interval will do.")
@click.option("--test/--no-test", default=True, show_default=True, help="Log in once, and look around.")
@with_profile
def computer(files: tuple[Path, ...], poll: float | None, private: bool, test: bool) -> None:
    """Make a computer and its codes from FILES, or bring them up to date; a folder stands for its *.yaml files.

    They are the files that `verdi computer setup`, `verdi computer configure` and `verdi code create
    core.code.installed` take with --config. Every value is checked before anything is made. The queue is looked at
    every 30 s, without --private every 10 s at most, so that nobody locks us out.
    """
    from aiida_zif.setup.computer_file import COURTESY, read_site
    from aiida_zif.setup.computers import ComputerError, ensure_site
    from aiida_zif.setup.connection import look_around
    from aiida_zif.workflows.campaign_errors import CampaignError

    try:
        site = read_site(files, private)
        local = site.computer.transport == "core.local"
        interval = poll if poll is not None else 0.5 if local else 3 * COURTESY
        if interval < COURTESY and not (private or local):
            fail(f"--poll: found {interval:g}, allowed is {COURTESY:g} or more. Mend: wait, or say --private.")
        made, codes = ensure_site(site, interval)
        click.echo(f"computer {made.label}: {made.transport_type}, {made.scheduler_type}, a look every {interval:g} s")
        for code in codes:
            click.echo(f"  {code.full_label:<20} {code.filepath_executable}")
        for line in look_around(made) if test else []:
            click.echo(f"  {line}")
    except (CampaignError, ComputerError) as error:
        fail(str(error))
