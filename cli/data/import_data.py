"""`import`: labelled frames from elsewhere; model files are told apart here, see `import_model`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from aiida_zif.cli.common.profile import emit_json, fail, with_profile
from aiida_zif.cli.data.import_model import are_models, import_model_files
from aiida_zif.cli.data.reading_options import reading_options

SAY_LEVEL = "add --level with a shipped level such as pbe-d3, or a line such as 'PBE-D3, CP2K, 600 Ry'"
SHOWN_NAMES = 12
"""Largest number of names in a line."""


EXAMPLES = """\b
Example: aiida-zif import salem-frames --level 'PBE-D3, VASP, 520 eV' --system salem
Example: aiida-zif import a.pb b.pb --name zif4-pbe --level 'PBE-D3, CP2K' --source doi:10.1000/xyz"""


@click.command("import", epilog=EXAMPLES)
@click.argument("paths", nargs=-1, required=True, metavar="PATH...", type=click.Path(path_type=Path))
@click.option(
    "--level",
    default=None,
    help="Level of theory of the labels. If CP2K gives the same labels: the name of a shipped level, a level file or a "
    "campaign file. Otherwise a line with method, code and cut-off.",
)
@click.option("--source", default="", help="Source of the data or model: a DOI, a URL, or a short text.")
@click.option("--name", default=None, help="Model files: a name for all of them, for `force_field:` in a study file.")
@click.option("--by", default=None, help="Model files: who trained the model.")
@click.option("--licence", default=None, help="Model files: licence, such as CC-BY-4.0.")
@click.option("--citation", default=None, help="Model files: publication to cite.")
@click.option(
    "--system",
    default=None,
    help="Label of the system; campaigns select labelled frames by it [default: PATH]. Of models: what they learnt.",
)
@click.option(
    "--charge", type=int, default=0, show_default=True, help="Charge of the whole cell, in elementary charges."
)
@click.option("--multiplicity", type=click.IntRange(1), default=None, help="Multiplicity, 2S + 1, of the whole cell.")
@click.option(
    "--gate",
    "gates",
    multiple=True,
    metavar="NAME=VALUE",
    help="Gate with another bound than for computed labels, such as 'net_force=0.5 eV/Å'; stored with the import.",
)
@reading_options
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@with_profile
def import_data(
    paths: tuple[Path, ...],
    level: str | None,
    source: str,
    name: str | None,
    by: str | None,
    licence: str | None,
    citation: str | None,
    system: str | None,
    charge: int,
    multiplicity: int | None,
    gates: tuple[str, ...],
    as_json: bool,
    **said: str | None,
) -> None:
    """Import labelled frames, or trained models, of other codes or projects into the profile.

    Labelled frames: PATH is a file in extended XYZ, a folder with one or more systems in the layout deepmd/npy (mixed
    type too), or a DP-GEN run. The files are stored with their checksum and the declaration. Units are eV and Å unless
    the file states others; a virial is -dE/d(strain), a stress (extended XYZ) has ASE's sign.

    Labels of a level that is declared as free text are never combined with labels computed by CP2K. To train on
    imported frames, add `seed_data: {imported: [LABEL]}` to a campaign file; to test on them, add
    `held_out: {imported: [LABEL]}`.

    Models: PATHs are frozen DeePMD-kit models (.pb, TensorFlow), several of them a committee. Elements and cut-off are
    read from the file. --level says in words what they were trained on; --source is required. In a study file
    `force_field: NAME` then means all models of --name NAME, and without it the name of a file means one.
    """
    about = {"by": by, "licence": licence, "citation": citation}
    if level is None:
        fail(f"--level: nothing found; allowed: the level of theory of the labels; fix: {SAY_LEVEL}.")
    if are_models(paths):
        refuse_options_of_labels(charge, multiplicity, gates, said)
        import_model_files(paths, {"level": level, "source": source, "system": system, **about}, name, as_json)
        return
    path = only_path(paths, {**about, "name": name})
    from aiida_zif.plugins.data.labelled_frame import FormatError
    from aiida_zif.plugins.imports.formats import find_source
    from aiida_zif.plugins.imports.reading import Reading
    from aiida_zif.workflows.labelling.import_labels import declared_level, import_from, read_import_gates
    from aiida_zif.workflows.labelling.known_imports import find_import

    try:
        declared, bounds = declared_level(level, charge, multiplicity), read_import_gates(gates)
        reading = Reading.of(said)
        given = {"level_of_theory": declared, "gates": bounds, "reading": reading.said()} | {
            key: value for key, value in (("system", system), ("source", source)) if value
        }
        checksum = find_source(path, reading).checksum
        refuse_withdrawn(checksum, given)
        earlier = find_import(checksum)
        if earlier is not None:
            refuse_other_declaration(path, earlier, given)
        call = earlier or import_from(path, declared, source, system or path.resolve().stem, bounds, reading=reading)
    except FormatError as error:
        fail(str(error))
    content = import_json(call, new=earlier is None)
    if as_json:
        emit_json(content)
    else:
        print_import(content)


def only_path(paths: tuple[Path, ...], about: dict[str, str | None]) -> Path:
    """Return the one path of labelled frames; end if there are more, or options of models."""
    if len(paths) > 1:
        names = ", ".join(str(path) for path in paths)
        fail(f"PATH: {names} found; allowed: one path of labelled frames, or model files only; fix: one at a time.")
    if given := [f"--{name}" for name, value in about.items() if value is not None]:
        fail(f"{', '.join(given)}: found for {paths[0]}; allowed: for model files (.pb); fix: leave it out.")
    return paths[0]


def refuse_options_of_labels(
    charge: int, multiplicity: int | None, gates: tuple[str, ...], said: dict[str, str | None]
) -> None:
    """End if a model is said to have what only labelled frames have."""
    given = {"charge": charge, "multiplicity": multiplicity, "gate": gates, **said}
    if names := [f"--{name.replace('_', '-')}" for name, value in given.items() if value]:
        fail(f"{', '.join(names)}: found for model files; allowed: for labelled frames; fix: leave it out.")


def refuse_other_declaration(path: Path, earlier: Any, given: dict[str, Any]) -> None:
    """End if some content was imported before and said to be something else: nothing of it would be kept."""
    from aiida_zif.workflows.labelling.known_imports import declaration_of

    known = declaration_of(earlier).model_dump(mode="json", exclude_unset=True)
    for key, value in given.items():
        if differ(key, known.get(key), value):
            fail(
                f"{path} was imported before, as {shown_declared(known.get(key))} ({key}) <{earlier.pk}>, not as "
                f"{shown_declared(value)}; one data set has one declaration. If that one was wrong: "
                f"`aiida-zif withdraw {earlier.pk} --reason TEXT`, then import again."
            )


def refuse_withdrawn(checksum: str, given: dict[str, Any]) -> None:
    """End if the same content, declared the same, was withdrawn."""
    from aiida_zif.workflows.labelling.known_imports import (
        blocks_of_import,
        declaration_of,
        find_imports,
        withdrawn_blocks,
    )

    withdrawn = withdrawn_blocks()
    for call in find_imports(checksum):
        reason = withdrawn.get(blocks_of_import(call)[0].uuid)
        known = declaration_of(call).model_dump(mode="json", exclude_unset=True)
        if reason is not None and not any(differ(key, known.get(key), value) for key, value in given.items()):
            fail(
                f"the same files with the same declaration were withdrawn <{call.pk}>: {reason}. If they are right "
                f"after all: `aiida-zif withdraw {call.pk} --undo --reason TEXT`."
            )


def differ(key: str, known: Any, value: Any) -> bool:
    """Whether two declarations differ; levels are compared by their hash."""
    if key == "level_of_theory":
        return bool(known["hash"] != value["hash"])
    return bool((known or {} if key in ("gates", "reading") else known) != value)


def shown_declared(value: Any) -> str:
    """Return a declared value as text."""
    from aiida_zif.plugins.imports.reading import in_options

    if isinstance(value, dict) and all(isinstance(text, str) for text in value.values()) and "line" not in value:
        return in_options(value) or "nothing said"
    return repr(value["line"] if isinstance(value, dict) and "line" in value else value or "nothing")


def import_json(call: Any, new: bool) -> dict[str, Any]:
    """Return what an import brought, as plain values."""
    from aiida_zif.plugins.imports.declaration import ImportReport
    from aiida_zif.workflows.active_learning.imported.twice import shared_with_profile
    from aiida_zif.workflows.labelling.known_imports import blocks_of_import, declaration_of

    report, blocks = ImportReport.from_node(call.outputs.report), blocks_of_import(call)
    declaration = declaration_of(call)
    hidden = {"name"} if declaration.gates else {"name", "gates"}
    declared = declaration.model_dump(mode="json", exclude_none=True, exclude=hidden)
    return {
        "pk": call.pk,
        "new": new,
        **declared,
        "level_of_theory": declaration.level_of_theory.model_dump(include={"hash", "line"}),
        "elsewhere": shared_with_profile(blocks),
        **report.model_dump(mode="json"),
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
    from aiida_zif.plugins.cp2k.reading.gates import bounds_in_words

    level = content["level_of_theory"]
    done = "Imported" if content["new"] else "The same files were imported before:"
    click.echo(f"{done} {content['n_labelled']} of {content['n_read']} frames <{content['pk']}>")
    click.echo(f"  level     {level['line']} ({level['hash']})")
    click.echo(f"  source    {content['source'] or 'not given'}")
    click.echo(f"  checksum  {content['checksum']}")
    if content.get("gates"):
        click.echo(f"  gates     {bounds_in_words(content['gates'])}; the others as for computed labels")
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
    for detail in content["elsewhere"]:
        click.echo(f"  note      {detail}")
    click.echo(f"Use it for training: seed_data: {{imported: [{content['blocks'][0]['label']}]}}")


def in_few_words(counts: dict[str, int], what: str) -> str:
    """Return names with their counts, grouped by count; only the first of many names."""
    together: dict[int, list[str]] = {}
    for name, count in counts.items():
        together.setdefault(count, []).append(name)
    parts = [f"{', '.join(names[:SHOWN_NAMES])} ({count} {what})" for count, names in together.items()]
    hidden = sum(max(len(names) - SHOWN_NAMES, 0) for names in together.values())
    return "; ".join(parts) + (f"; {hidden} more (`--json` lists all)" if hidden else "")
