"""`watch`: follow what runs."""

from __future__ import annotations

import click

from aiida_zif.cli.common.profile import load_run, with_profile
from aiida_zif.cli.files.concluding import conclude
from aiida_zif.cli.files.watching import follow


@click.command(epilog="Example: aiida-zif watch 1234")
@click.argument("pk", required=False)
@with_profile
def watch(pk: str | None) -> None:
    """Follow the campaign or study PK (the newest one if left out) until it ends. Ctrl-C leaves it running."""
    node = load_run(pk)
    follow(node)
    conclude(node, None)
