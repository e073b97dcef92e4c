"""`export`: data sets, models, frames and curves as files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from aiida_zif.cli.common.profile import AS_JSON, emit_json, fail, with_profile

LABELLED = ("deepmd", "extxyz", "models")
"""Formats of a campaign; those of a study are extxyz, lammps and cif for frames, csv and json for curves."""


@click.command(epilog="Example: aiida-zif export 1234 --format deepmd --output zif4-data")
@click.argument("pks", metavar="PK...", nargs=-1, required=True)
@click.option(
    "--format",
    "kinds",
    type=click.Choice(["deepmd", "extxyz", "models", "lammps", "cif", "csv", "json"]),
    multiple=True,
    help="deepmd: deepmd/npy, one folder per composition; extxyz: for ASE and others; models: the frozen files. Of a "
    "study: extxyz, lammps, cif for frames, csv, json for curves; may be repeated. [default: extxyz, csv]",
)
@click.option(
    "--output", "--dir", type=click.Path(path_type=Path, file_okay=False), required=True, help="Folder to write to."
)
@click.option("--force", is_flag=True, help="Write into a folder that is not empty.")
@AS_JSON
@with_profile
def export(pks: tuple[str, ...], kinds: tuple[str, ...], output: Path, force: bool, as_json: bool) -> None:
    """Write the data set, the models or the results of PK... to files, with a manifest of the source of every file.

    PK is a campaign, blocks of labelled frames, potentials, or the work chain that trained a committee. Held-out
    frames of a campaign are written to a separate folder. PK may also be a study, or frames without labels: then
    snapshots of crystal, melt and glass, and curves, are written.
    """
    from aiida_zif.provenance.export.export import ExportError
    from aiida_zif.provenance.lineage.lookup import load

    try:
        manifest = write_files([load(pk) for pk in pks], kinds, output, force)
    except (LookupError, ExportError) as error:
        fail(str(error))
    if as_json:
        emit_json(manifest)
    else:
        click.echo(f"Wrote {len(manifest['files'])} files to {output}; manifest.json lists the source of each.")


def write_files(nodes: list[Any], kinds: tuple[str, ...], output: Path, force: bool) -> dict[str, Any]:
    """Write the files of nodes that go together and return the manifest."""
    from aiida_zif.provenance.export.export import export_to
    from aiida_zif.provenance.export.results import FORMATS, export_results
    from aiida_zif.provenance.export.study_content import is_result, models_of

    results = [node for node in nodes if is_result(node)]
    if results and kinds == ("models",):
        return export_to(
            [*models_of(results), *(node for node in nodes if node not in results)], "models", output, force
        )
    if results and len(results) < len(nodes):
        labels = ", ".join(f"<{node.pk}>" for node in nodes if node not in results)
        fail(f"PK: {labels} hold labels or models, the others results. Fix: export them one after the other.")
    if results:
        if wrong := [kind for kind in kinds if kind not in FORMATS]:
            fail(f"--format: found {', '.join(wrong)}, allowed for results: {', '.join(FORMATS)} or models.")
        return export_results(results, kinds, output, force)
    if len(kinds) != 1 or kinds[0] not in LABELLED:
        found = ", ".join(kinds) or "none"
        fail(f"--format: found {found}, allowed for labels and models: one of {', '.join(LABELLED)}.")
    return export_to(nodes, kinds[0], output, force)
