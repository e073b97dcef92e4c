"""`export`: data sets and models as files."""

from __future__ import annotations

from pathlib import Path

import click

from aiida_zif.cli.common.profile import AS_JSON, emit_json, fail, with_profile


@click.command(epilog="Example: aiida-zif export 1234 --format deepmd --output zif4-data")
@click.argument("pks", metavar="PK...", nargs=-1, required=True)
@click.option(
    "--format",
    "kind",
    type=click.Choice(["deepmd", "extxyz", "models"]),
    required=True,
    help="deepmd: deepmd/npy, one folder per composition; extxyz: for ASE and others; models: the frozen files.",
)
@click.option("--output", type=click.Path(path_type=Path, file_okay=False), required=True, help="Folder to write to.")
@click.option("--force", is_flag=True, help="Write into a folder that is not empty.")
@AS_JSON
@with_profile
def export(pks: tuple[str, ...], kind: str, output: Path, force: bool, as_json: bool) -> None:
    """Write the data set or the models of PK... to files, with a manifest of the source of every file.

    PK is a campaign, blocks of labelled frames, potentials, or the work chain that trained a committee.
    Held-out frames of a campaign are written to a separate folder.
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
        click.echo(f"Wrote {len(manifest['files'])} files to {output}; manifest.json lists the source of each.")
