"""`status`: show a campaign cycle by cycle or a study part by part, or list all of them."""

from __future__ import annotations

import click

from aiida_zif.cli.common.profile import AS_JSON, emit_json, load_run, with_profile


@click.command(epilog="Example: aiida-zif status 1234 --json")
@click.argument("pk", required=False)
@click.option("--all", "every", is_flag=True, help="List all campaigns and studies of the profile, the newest first.")
@AS_JSON
@with_profile
def status(pk: str | None, every: bool, as_json: bool) -> None:
    """Show the campaign or study PK (by default the newest), and what is running now."""
    from aiida_zif.cli.results.views import any_status_json, load_any_view, print_any_status

    if every:
        list_all(as_json)
        return
    view = load_any_view(load_run(pk))
    if as_json:
        emit_json(any_status_json(view))
    else:
        print_any_status(view)


def list_all(as_json: bool) -> None:
    """List campaigns and studies."""
    from aiida_zif.cli.results import status_table as table
    from aiida_zif.cli.results.study_list import print_studies, study_rows
    from aiida_zif.provenance.queries.campaigns import find_campaigns
    from aiida_zif.provenance.queries.studies import find_studies

    rows, studies = table.campaign_rows(find_campaigns()), study_rows(find_studies())
    if as_json:
        emit_json([*rows, *studies])
        return
    if rows:
        table.print_campaigns(rows)
    if studies:
        print_studies(studies)
    if not rows and not studies:
        click.echo("No campaign and no study yet. Start one with: aiida-zif run FILE")
