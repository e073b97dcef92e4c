"""`setup`: profiles, and what belongs to them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from aiida_zif.cli.common.profile import emit_json, fail, with_debug, with_profile
from aiida_zif.cli.profile.server import make_on_server, server_options

JSON = click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON.")


@click.group(epilog="Example: aiida-zif setup profile --postgresql")
def setup() -> None:
    """Make a profile, on this machine alone or on a PostgreSQL server, and its computers and codes."""


@setup.command(epilog="Example: aiida-zif setup profile --postgresql --host db.example.org --database zif")
@click.option("--name", default="zif", show_default=True, help="Name of the AiiDA profile.")
@click.option("--postgresql", is_flag=True, help="Keep the database on a PostgreSQL server instead of in a file.")
@server_options
@click.option("--repository", type=click.Path(path_type=Path, file_okay=False), help="Folder of the profile's files.")
@click.option("--bare", is_flag=True, help="No computer, no codes: a place to move another profile to.")
@with_debug
def profile(name: str, postgresql: bool, repository: Path | None, bare: bool, **server: Any) -> None:
    """Make a profile with this machine and its codes, or complete it; what is there already stays.

    No option takes a password. Those of --admin and of --role come from AIIDA_ZIF_PG_ADMIN_PASSWORD and
    AIIDA_ZIF_PG_PASSWORD, from ~/.pgpass, or are asked for. A role that is made here without one gets a password
    from the dice. AiiDA's config.json, which nobody else may read, keeps the role's, unless ~/.pgpass has it.
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

    Nodes, links, files, groups, computers with their log-ins, users, comments and logs keep their uuids. FROM stays
    as it is; remove it with `verdi profile delete` once you are content.
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
    from aiida_zif.setup.computers.computers import ComputerError, ensure_site
    from aiida_zif.setup.computers.connection import look_around
    from aiida_zif.setup.computers.files import COURTESY, read_site
    from aiida_zif.workflows.user_input.problems import CampaignError

    try:
        site = read_site(files, private)
        local = site.computer.transport == "core.local"
        interval = poll if poll is not None else 0.5 if local else 3 * COURTESY
        if interval < COURTESY and not (private or local):
            fail(f"--poll: found {interval:g}, allowed is {COURTESY:g} or more. Fix: wait, or say --private.")
        made, codes = ensure_site(site, interval)
        click.echo(f"computer {made.label}: {made.transport_type}, {made.scheduler_type}, a look every {interval:g} s")
        for code in codes:
            click.echo(f"  {code.full_label:<20} {code.filepath_executable}")
        for line in look_around(made) if test else []:
            click.echo(f"  {line}")
    except (CampaignError, ComputerError) as error:
        fail(str(error))
