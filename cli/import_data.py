"""`import`: labelled frames from elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from aiida_zif.cli.common import emit_json, fail, with_profile
from aiida_zif.cli.reading_options import reading_options

SHOWN_NAMES = 12
"""Names that a line lists."""


@click.command("import", epilog="Example: aiida-zif import salem-frames --level 'PBE-D3, VASP, 520 eV' --system salem")
@click.argument("path", type=click.Path(path_type=Path))
@click.option(
    "--level",
    required=True,
    help="Level of theory of the labels: the name of a level of this package, or a level or campaign file, if they are "
    "what CP2K would give there; else a line that says method, code and cut-off.",
)
@click.option("--source", default="", help="Where the data come from: a DOI, an address, a few words.")
@click.option("--system", default=None, help="Label of the system; campaigns find the data by it. [default: PATH]")
@reading_options
@click.option("--json", "as_json", is_flag=True, help="Machine-readable output.")
@with_profile
def import_data(path: Path, level: str, source: str, system: str | None, as_json: bool, **said: str | None) -> None:
    """Bring labelled frames from elsewhere into the profile, once.

    PATH is a file in extended XYZ, a folder with one or more systems in the layout deepmd/npy (mixed type too), or a
    DP-GEN run. The files themselves are kept, with their checksum and what was declared of them. Units are eV and Å
    where a file states no others; a virial is -dE/d(strain), a stress (extended XYZ) has ASE's sign.

    Labels of a level that is declared in words never mix with those that CP2K computes here. A campaign learns from
    imported frames by `seed_data: {imported: [LABEL]}`, and is tested on them by `held_out: {imported: [LABEL]}`.
    """
    from aiida_zif.plugins.data.import_formats import find_source
    from aiida_zif.plugins.data.labelled_frame import FormatError
    from aiida_zif.plugins.imports.reading import Reading, in_options
    from aiida_zif.workflows.import_labels import declared_level, find_import, import_from

    try:
        declared, reading = declared_level(level), Reading.of(said)
        earlier = find_import(find_source(path, reading).checksum)
        call = earlier or import_from(path, declared, source, system or path.resolve().stem, reading=reading)
    except FormatError as error:
        fail(str(error))
    content = import_json(call, new=earlier is None)
    if content["level_of_theory"]["hash"] != declared["hash"]:
        fail(
            f"{path} was imported before, as {content['level_of_theory']['line']!r} <{call.pk}>; one data set has one "
            f"level of theory. If that declaration was wrong: `verdi node delete {call.pk}`, then import again."
        )
    if content["reading"] != reading.said():
        before = in_options(content["reading"])
        fail(
            f"{path} was imported before with {before or 'no option that says how to read it'} <{call.pk}>; one data "
            f"set is read in one way. If that was wrong: `verdi node delete {call.pk}`, then import again."
        )
    if as_json:
        emit_json(content)
    else:
        print_import(content)


def import_json(call: Any, new: bool) -> dict[str, Any]:
    """Return what an import brought, as plain values."""
    from aiida_zif.workflows.import_labels import blocks_of_import

    report, blocks = call.outputs.report.get_dict(), blocks_of_import(call)
    return {
        "pk": call.pk,
        "new": new,
        "reading": {},
        "left_out": {},
        "note": "",
        **{key: value for key, value in call.inputs.declaration.get_dict().items() if key != "name"},
        **{key: report[key] for key in ("n_read", "n_labelled", "n_rejected", "rejected")},
        "taken": report.get("taken", {}),
        "not_taken": report.get("not_taken", {}),
        "blocks": [
            {
                "pk": block.pk,
                "uuid": block.uuid,
                "label": block.label,
                "n_frames": block.n_frames,
                "n_atoms": block.n_atoms,
                "elements": sorted(set(block.symbols)),
                "has_virials": "virials" in block.get_arraynames(),
            }
            for block in blocks
        ],
    }


def print_import(content: dict[str, Any]) -> None:
    """Say what an import brought and how to use it."""
    level = content["level_of_theory"]
    done = "Imported" if content["new"] else "The same files were imported before:"
    click.echo(f"{done} {content['n_labelled']} of {content['n_read']} frames <{content['pk']}>")
    click.echo(f"  level     {level['line']} ({level['hash']})")
    click.echo(f"  source    {content['source'] or 'not given'}")
    click.echo(f"  checksum  {content['checksum']}")
    for block in content["blocks"]:
        virials = "" if block["has_virials"] else ", no virials"
        atoms = f"{block['n_atoms']} atoms of {' '.join(block['elements'])}"
        click.echo(f"  block     {block['n_frames']} frames, {atoms}{virials}, {block['uuid']} <{block['pk']}>")
    for reason, count in sorted(content["n_rejected"].items()):
        first = next(entry for entry in content["rejected"] if entry["reason"] == reason)
        click.echo(f"  refused   {count} {reason}, first {first['place']}: {' '.join(first['detail'].split())}")
    for head, counts, what in (
        ("taken", content["taken"], "frames"),
        ("not taken", content["not_taken"], "frames"),
        ("not read", content["left_out"], "folders"),
    ):
        if counts:
            click.echo(f"  {head:<9} {in_few_words(counts, what)}")
    if content["note"]:
        click.echo(f"  note      {content['note']}")
    click.echo(f"Learn from it: seed_data: {{imported: [{content['blocks'][0]['label']}]}}")


def in_few_words(counts: dict[str, int], what: str) -> str:
    """Return names with how often they come, those of one count together; of many names the first."""
    together: dict[int, list[str]] = {}
    for name, count in counts.items():
        together.setdefault(count, []).append(name)
    parts = [f"{', '.join(names[:SHOWN_NAMES])} ({count} {what})" for count, names in together.items()]
    hidden = sum(max(len(names) - SHOWN_NAMES, 0) for names in together.values())
    return "; ".join(parts) + (f"; {hidden} more (`--json` lists all)" if hidden else "")
