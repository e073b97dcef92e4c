"""`status`, `lineage`, `export` and `report`: questions to the database."""

from __future__ import annotations

from pathlib import Path

import click

from aiida_zif.cli.common.profile import emit_json, fail, load_campaign_node, with_profile

AS_JSON = click.option("--json", "as_json", is_flag=True, help="Machine-readable output.")


@click.command(epilog="Example: aiida-zif status 1234 --json")
@click.argument("pk", required=False)
@click.option("--all", "every", is_flag=True, help="List all campaigns of the profile, the newest first.")
@AS_JSON
@with_profile
def status(pk: str | None, every: bool, as_json: bool) -> None:
    """Show the campaign PK (the newest one if left out) cycle by cycle, and what it is doing now."""
    from aiida_zif.cli.results import status_table as table
    from aiida_zif.provenance.campaigns.view import find_campaigns, load_view

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


@click.command(epilog="Example: aiida-zif lineage 1234 --depth 3; aiida-zif lineage 78b0c59f20a7bc6e")
@click.argument("what")
@click.option(
    "--depth", type=click.IntRange(min=0), default=None, help="Levels to show below the first; all if left out."
)
@click.option("--full", is_flag=True, help="Show every model and block, not one for all of its kind.")
@AS_JSON
@with_profile
def lineage(what: str, depth: int | None, full: bool, as_json: bool) -> None:
    """Tell where WHAT came from, down to the crystal structure.

    WHAT is a pk or uuid (of a potential, a block, frames, a job, a campaign), the identifier of a frame (16
    hexadecimal digits), or PK:INDEX for a frame in a node. What was shown once is named again but not repeated.
    """
    from aiida_zif.cli.common.console import make_console
    from aiida_zif.cli.results.lineage_tree import draw, places_line
    from aiida_zif.provenance.lineage.ancestry import in_lines, what_stands_behind
    from aiida_zif.provenance.lineage.lookup import find_target
    from aiida_zif.provenance.lineage.trace import trace

    try:
        target = find_target(what)
    except LookupError as error:
        fail(str(error))
    origin, behind = trace(target, depth, full), what_stands_behind(target.node)
    places = [{"pk": place.node.pk, "index": place.index} for place in target.places]
    if as_json:
        emit_json({"what": what, "behind": behind, "places": places, "lineage": origin.as_dict()})
        return
    console = make_console()
    console.print(draw(origin), soft_wrap=True)
    if places:
        console.print(places_line(target), soft_wrap=True)
    for line in in_lines(behind):
        console.print(line, soft_wrap=True, markup=False)


@click.command(epilog="Example: aiida-zif export 1234 --format deepmd --output zif4-data")
@click.argument("pks", metavar="PK...", nargs=-1, required=True)
@click.option(
    "--format",
    "kind",
    type=click.Choice(["deepmd", "extxyz", "models"]),
    required=True,
    help="deepmd: deepmd/npy, one folder a composition; extxyz: for ASE and others; models: the frozen files.",
)
@click.option("--output", type=click.Path(path_type=Path, file_okay=False), required=True, help="Folder to write.")
@click.option("--force", is_flag=True, help="Write into a folder that is not empty.")
@AS_JSON
@with_profile
def export(pks: tuple[str, ...], kind: str, output: Path, force: bool, as_json: bool) -> None:
    """Write the data set or the models of PK... to files, with a manifest of where every file came from.

    PK is a campaign, blocks of labelled frames, potentials, or the work chain that trained a committee.
    Held-out frames of a campaign go into a folder of their own.
    """
    from aiida_zif.provenance.export.export import ExportError, export_to
    from aiida_zif.provenance.lineage.lookup import load

    try:
        manifest = export_to([load(pk) for pk in pks], kind, output, force)
    except (LookupError, ExportError) as error:
        fail(str(error))
    if as_json:
        emit_json(manifest)
    else:
        click.echo(f"Wrote {len(manifest['files'])} files to {output}; manifest.json says where each came from.")


@click.command(epilog="Example: aiida-zif report 1234 --output report.html")
@click.argument("pk", required=False)
@click.option(
    "--output", type=click.Path(path_type=Path, dir_okay=False), default=Path("report.html"), show_default=True
)
@with_profile
def report(pk: str | None, output: Path) -> None:
    """Write the report of the campaign PK (the newest one if left out) as one HTML page."""
    from aiida_zif.provenance.campaigns.view import load_view
    from aiida_zif.provenance.report.page import write_report

    write_report(load_view(load_campaign_node(pk)), output)
    click.echo(f"Wrote {output}")
