"""`backup` and `restore`."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import click

from aiida_zif.cli.common.profile import emit_json, fail, with_debug, with_profile
from aiida_zif.cli.profile.server import make_on_server, server_options

JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.command(epilog="Example: aiida-zif backup /safe/disk/zif-2026-11-23")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@JSON
@with_profile
def backup(folder: Path, as_json: bool) -> None:
    """Back up the profile to the new folder DIR and verify that the copy is complete.

    Campaigns may run meanwhile. The copy of the database is compared with the profile row by row, and the hash of
    every copied file is checked. Nothing is overwritten. A backup that fails leaves no files.
    """
    from aiida_zif.setup.backup.backup import make_backup
    from aiida_zif.setup.backup.errors import BackupError

    try:
        card = make_backup(folder.absolute(), lambda line: click.echo(line, err=as_json))
    except BackupError as error:
        fail(str(error))
    if as_json:
        emit_json(card)
    else:
        click.echo(f"Wrote {folder}. Test it: aiida-zif restore {folder} --as {card['profile']}-restored")


@click.command(epilog="Example: aiida-zif restore /safe/disk/zif-2026-11-23 --as zif-restored")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--as", "name", required=True, help="Name of the profile to make.")
@server_options
@JSON
@with_debug
def restore(folder: Path, name: str, as_json: bool, **server: Any) -> None:
    """Make a profile from the backup in DIR. The backup and all other profiles are not changed.

    A backup of a PostgreSQL profile is restored to an empty database on a server. The options from --host on and the
    passwords are those of `aiida-zif setup profile --postgresql`.
    """
    from aiida_zif.setup.environment import select_aiida_folder

    select_aiida_folder(create=True)
    from aiida_zif.setup.backup.errors import BackupError
    from aiida_zif.setup.backup.restore import read_card, restore_backup, restore_on_server

    try:
        found = read_card(folder.absolute())
        if found["storage_backend"] == "core.psql_dos":
            make_on_server(name, None, partial(restore_on_server, folder.absolute()), **server)
        else:
            refuse_server(found)
            found = restore_backup(folder.absolute(), name)
    except BackupError as error:
        fail(str(error))
    if as_json:
        emit_json({"profile": name, **{key: found[key] for key in ("n_nodes", "n_objects")}})
    else:
        click.echo(f"Profile {name}: {found['n_nodes']:,} nodes and {found['n_objects']:,} files, as in the backup.")
        click.echo(f"Use it with: aiida-zif --help; each command takes --profile {name}")


def refuse_server(card: dict[str, Any]) -> None:
    """Refuse options of a server for the backup of an embedded profile."""
    context, by_hand = click.get_current_context(), click.core.ParameterSource.COMMANDLINE
    given = [name for name in context.params if context.get_parameter_source(name) == by_hand]
    foreign = [f"--{name.replace('_', '-')}" for name in given if name not in ("folder", "name", "as_json", "debug")]
    if foreign:
        fail(
            f"{', '.join(foreign)}: the backup is of the embedded profile {card['profile']!r}, which needs no server. "
            "Fix: leave it out; `aiida-zif setup move` copies the restored profile to a server."
        )
