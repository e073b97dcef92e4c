"""`backup` and `restore`."""

from __future__ import annotations

from pathlib import Path

import click

from aiida_zif.cli.common import emit_json, fail, with_debug, with_profile

JSON = click.option("--json", "as_json", is_flag=True, help="Machine-readable output.")


@click.command(epilog="Example: aiida-zif backup /safe/disk/zif-2026-11-23")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@JSON
@with_profile
def backup(folder: Path, as_json: bool) -> None:
    """Back the profile up into the new folder DIR, and prove that nothing is missing.

    Campaigns may go on meanwhile. The copy of the database is compared with the profile row by row, and every file
    is read back by its hash. Nothing is overwritten, and an attempt that fails leaves nothing behind.
    """
    from aiida_zif.setup.backup import BackupError, make_backup

    try:
        card = make_backup(folder.absolute(), lambda line: click.echo(line, err=as_json))
    except BackupError as error:
        fail(str(error))
    if as_json:
        emit_json(card)
    else:
        click.echo(f"Wrote {folder}. Try it: aiida-zif restore {folder} --as {card['profile']}-restored")


@click.command(epilog="Example: aiida-zif restore /safe/disk/zif-2026-11-23 --as zif-restored")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--as", "name", required=True, help="Name of the profile to make.")
@JSON
@with_debug
def restore(folder: Path, name: str, as_json: bool) -> None:
    """Make a profile of the backup in DIR. The backup and all other profiles stay as they are."""
    from aiida_zif.setup.environment import select_aiida_folder

    select_aiida_folder(create=True)
    from aiida_zif.setup.backup import BackupError
    from aiida_zif.setup.restore import restore_backup

    try:
        found = restore_backup(folder.absolute(), name)
    except BackupError as error:
        fail(str(error))
    if as_json:
        emit_json({"profile": name, **found})
    else:
        click.echo(f"Profile {name}: {found['n_nodes']:,} nodes and {found['n_objects']:,} files, as in the backup.")
        click.echo(f"Use it with: aiida-zif --help; each command takes --profile {name}")
