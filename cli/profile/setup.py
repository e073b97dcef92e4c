"""`setup`: profiles, computers and codes."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from aiida_zif.cli.common.profile import emit_json, fail, with_debug, with_profile
from aiida_zif.cli.profile.server import make_on_server, server_options

JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group(epilog="Example: aiida-zif setup profile --postgresql")
def setup() -> None:
    """Set up profiles (SQLite or PostgreSQL), computers and codes."""


@setup.command(epilog="Example: aiida-zif setup profile --postgresql --host db.example.org --database zif")
@click.option("--name", default="zif", show_default=True, help="Name of the AiiDA profile.")
@click.option("--postgresql", is_flag=True, help="Store the database on a PostgreSQL server instead of in a file.")
@server_options
@click.option("--repository", type=click.Path(path_type=Path, file_okay=False), help="Folder of the profile's files.")
@click.option("--bare", is_flag=True, help="Create no computer and no codes, as the target of `setup move`.")
@with_debug
def profile(name: str, postgresql: bool, repository: Path | None, bare: bool, **server: Any) -> None:
    """Make a profile with this machine and its codes, or add what is missing. Existing entries are not changed.

    No option takes a password. The passwords of --admin and --role are read from AIIDA_ZIF_PG_ADMIN_PASSWORD and
    AIIDA_ZIF_PG_PASSWORD or from ~/.pgpass; otherwise there is a prompt. A new role without a password gets a random
    one. The password of the role is stored in AiiDA's config.json (mode 0600), unless ~/.pgpass has it.
    """
    from aiida_zif.setup.computers.codes import local_codes

    if postgresql:
        make_on_server(name, repository, **server)
    else:
        from aiida_zif.setup.profile.embedded import ensure_profile

        ensure_profile(name)
    if bare:
        click.echo(f"profile {name}, empty")
        return
    from aiida_zif.setup.computers.localhost import equip

    specs = local_codes()
    click.echo("\n".join(equip(name, specs)))
    for spec in specs:
        if spec.executable is None:
            click.echo(f"  not on this machine: {spec.complaint()}")


@setup.command(epilog="Example: aiida-zif setup move zif production")
@click.argument("source", metavar="FROM")
@click.argument("target", metavar="TO")
@JSON
@with_debug
def move(source: str, target: str, as_json: bool) -> None:
    """Copy all of the profile FROM into the empty profile TO, and compare both node by node.

    Nodes, links, files, groups, computers with their log-ins, users, comments and logs keep their UUIDs. FROM is not
    changed. Remove it later with `verdi profile delete`.
    """
    from aiida_zif.setup.profile.move import MoveError
    from aiida_zif.setup.profile.move import move as move_all

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
@click.option("--poll", type=click.FloatRange(0, 3600), default=None, help="Seconds between two queries of the queue.")
@click.option("--private", is_flag=True, help="Allow short intervals: nobody else uses the machine.")
@click.option(
    "--test/--no-test", default=True, show_default=True, help="Log in once and check queue and work directory."
)
@with_profile
def computer(files: tuple[Path, ...], poll: float | None, private: bool, test: bool) -> None:
    """Make or update a computer and its codes from FILES. A folder stands for its *.yaml files.

    FILES are those of the option --config of `verdi computer setup`, `verdi computer configure` and `verdi code create
    core.code.installed`. Every value is checked before anything is created. By default the queue is queried every 30 s;
    less than 10 s requires --private, because centres block users who log in too often.
    """
    from aiida_zif.setup.computers.computers import ComputerError, ensure_site
    from aiida_zif.setup.computers.connection import look_around
    from aiida_zif.setup.computers.files import COURTESY, read_site
    from aiida_zif.workflows.user_input.problems import CampaignError

    try:
        site = read_site(files, private)
        local = site.computer.transport == "core.local"
        interval = poll if poll is not None else 0.5 if local else 3 * COURTESY
        if interval < COURTESY and not (private or local):
            fail(f"--poll: found {interval:g}, allowed is {COURTESY:g} or more. Fix: raise it, or add --private.")
        made, codes = ensure_site(site, interval)
        click.echo(
            f"computer {made.label}: {made.transport_type}, {made.scheduler_type}, queue queried every {interval:g} s"
        )
        for code in codes:
            click.echo(f"  {code.full_label:<20} {code.filepath_executable}")
        for line in look_around(made) if test else []:
            click.echo(f"  {line}")
    except (CampaignError, ComputerError) as error:
        fail(str(error))
