"""`systems list|show`: the frameworks that ship with aiida-zif."""

from __future__ import annotations

import click

from aiida_zif.cli.common.profile import emit_json, fail


@click.group(epilog="Example: aiida-zif systems show zif-4")
def systems() -> None:
    """List the crystal structures that ship with aiida-zif, and show their sources."""


@systems.command("list", epilog="Example: aiida-zif systems list --json")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_systems(as_json: bool) -> None:
    """List the frameworks by name."""
    from rich.table import Table

    from aiida_zif.cli.common.console import make_console
    from aiida_zif.plugins.systems.catalogue import available_systems, describe_system

    records = {name: describe_system(name) for name in available_systems()}
    if as_json:
        emit_json(records)
        return
    table = Table(box=None, header_style="bold", pad_edge=False, padding=(0, 2, 0, 0))
    for column in ("name", "net", "composition", "space group", "density g/cm³"):
        table.add_column(column)
    for name, record in records.items():
        group = record["space_group"]
        table.add_row(
            name, record["net"], str(record["composition"]), f"{group['symbol']}", str(record["expected"]["density"])
        )
    make_console().print(table)


@systems.command("show", epilog="Example: aiida-zif systems show zif-4")
@click.argument("name")
def show_system(name: str) -> None:
    """Show the source and properties of one framework."""
    from aiida_zif.plugins.systems.catalogue import describe_system

    try:
        emit_json(describe_system(name))
    except ValueError as error:
        fail(str(error))
