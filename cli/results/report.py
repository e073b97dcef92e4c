"""`report`: a campaign or a study as one HTML page."""

from __future__ import annotations

from pathlib import Path

import click

from aiida_zif.cli.common.profile import load_run, with_profile


@click.command(epilog="Example: aiida-zif report 1234 --output report.html")
@click.argument("pk", required=False)
@click.option(
    "--output", type=click.Path(path_type=Path, dir_okay=False), default=Path("report.html"), show_default=True
)
@with_profile
def report(pk: str | None, output: Path) -> None:
    """Write the report of the campaign or study PK (by default the newest) as one HTML page."""
    from aiida_zif.cli.results.views import load_any_view
    from aiida_zif.provenance.report.page import write_report

    write_report(load_any_view(load_run(pk)), output)
    click.echo(f"Wrote {output}")
