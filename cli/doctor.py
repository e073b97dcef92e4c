"""`doctor`: is everything here that a campaign needs, and does it start."""

from __future__ import annotations

import sys

import click

from aiida_zif.cli.common import emit_json


@click.command(epilog="Example: aiida-zif doctor")
@click.option("--json", "as_json", is_flag=True, help="Machine-readable output.")
def doctor(as_json: bool) -> None:
    """Check this machine and its codes; say how to mend what is wrong. Takes some 20 seconds."""
    from rich.console import Console
    from rich.table import Table

    from aiida_zif.setup.doctor import check_codes, check_machine

    checks = [*check_machine(), *check_codes()]
    if as_json:
        emit_json([check.as_dict() for check in checks])
    else:
        table = Table(box=None, header_style="bold", pad_edge=False, padding=(0, 2, 0, 0))
        for column in ("check", "", "found", "mend"):
            table.add_column(column, overflow="fold")
        for check in checks:
            table.add_row(check.check, "[green]ok[/]" if check.ok else "[red]no[/]", check.found, check.mend)
        Console(highlight=False).print(table)
    sys.exit(0 if all(check.ok for check in checks) else 1)
