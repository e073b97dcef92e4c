"""`status`: show a campaign cycle by cycle, or list all campaigns."""

from __future__ import annotations

import click

from aiida_zif.cli.common.profile import AS_JSON, emit_json, load_campaign_node, with_profile


@click.command(epilog="Example: aiida-zif status 1234 --json")
@click.argument("pk", required=False)
@click.option("--all", "every", is_flag=True, help="List all campaigns of the profile, the newest first.")
@AS_JSON
@with_profile
def status(pk: str | None, every: bool, as_json: bool) -> None:
    """Show the campaign PK (by default the newest) cycle by cycle, and what is running now."""
    from aiida_zif.cli.results import status_table as table
    from aiida_zif.provenance.campaigns.view import load_view
    from aiida_zif.provenance.queries.campaigns import find_campaigns

    if every:
        rows = table.campaign_rows(find_campaigns())
        if as_json:
            emit_json(rows)
        elif rows:
            table.print_campaigns(rows)
        else:
            click.echo("No campaign yet. Start one with: aiida-zif run CAMPAIGN")
        return
    view = load_view(load_campaign_node(pk))
    if as_json:
        emit_json(table.status_json(view))
    else:
        table.print_status(view)
