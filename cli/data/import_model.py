"""`import` of model files: force fields of somebody else."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from aiida_zif.cli.common.profile import emit_json, fail

SUFFIXES = (".pb", ".pth", ".pt", ".pt2", ".dp", ".meta", ".index", ".ckpt", ".onnx", ".savedmodel")
"""Of files that are models, or that people take for one; the reader says what they are."""


def are_models(paths: Sequence[Path]) -> bool:
    """Whether some paths are said to be model files by their names; labelled frames have other ones."""
    return all(path.suffix.lower() in SUFFIXES or ".ckpt" in path.name for path in paths)


def import_model_files(paths: Sequence[Path], declared: dict[str, str | None], name: str | None, as_json: bool) -> None:
    """Import model files; end with one line if one of them is no frozen potential.

    :param name: that stands for all of them in a study file.
    """
    from aiida_zif.plugins.data.labelled_frame import FormatError
    from aiida_zif.workflows.training.import_model import import_models

    if not declared["source"]:
        fail("--source: nothing found; allowed: where the model comes from; fix: give a DOI, a URL or a short text.")
    try:
        found = import_models(paths, declared, name)
    except FormatError as error:
        fail(str(error))
    rows = [row_of(potential, new) for potential, new in found]
    if as_json:
        emit_json({"models": rows, "force_field": way_to_name(rows, name)})
        return
    for row in rows:
        print_row(row)
    click.echo(f"Use it in a study: force_field: {way_to_name(rows, name)}")


def way_to_name(rows: list[dict[str, Any]], name: str | None) -> str:
    """Return what a study file says of these models, in YAML."""
    if name is not None:
        return name
    pks = ", ".join(str(row["pk"]) for row in rows)
    return f"{{model: {pks}}}" if len(rows) == 1 else f"{{committee: [{pks}]}}"


def row_of(potential: Any, new: bool) -> dict[str, Any]:
    """Return one model as plain values."""
    from aiida_zif.workflows.training.import_model import model_declaration_of

    declared = model_declaration_of(potential)
    return {
        "pk": potential.pk,
        "uuid": potential.uuid,
        "new": new,
        "type_map": potential.type_map,
        "rcut_A": potential.rcut,
        "backend": potential.model_backend,
        "deepmd_version": potential.deepmd_version,
        **(declared.model_dump(mode="json", exclude_none=True) if declared else {}),
    }


def print_row(row: dict[str, Any]) -> None:
    """Print what a model file is and what was declared of it."""
    done = "Imported" if row["new"] else "The same file was imported before:"
    click.echo(f"{done} {row['name']} <{row['pk']}>")
    lines = [
        ("elements", f"{' '.join(row['type_map'])}, cut-off {row['rcut_A']:g} Å"),
        ("written by", f"DeePMD-kit, version {row['deepmd_version']}"),
        ("level", f"{row['level']} (as declared)"),
        ("source", row["source"]),
        *((name, row[name]) for name in ("by", "licence", "citation", "system") if name in row),
        ("checksum", row["checksum"]),
        ("tried", row["tried"] or "not tried: DeePMD-kit is not installed here"),
    ]
    for head, text in lines:
        click.echo(f"  {head:<11}{text}")
