"""Export of a study: frames of every state and curves of every part as files, each with its source."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from aiida import orm

from aiida_zif.plugins.data.frames import FramesData
from aiida_zif.provenance.campaigns.software import executables_of, software_of
from aiida_zif.provenance.export.curve_files import as_csv, as_json
from aiida_zif.provenance.export.export import MANIFEST, ExportError, check_names, checksums, prepare
from aiida_zif.provenance.export.frame_files import FORMATS as FRAME_FORMATS
from aiida_zif.provenance.export.frame_files import not_written
from aiida_zif.provenance.export.study_content import Results, about, collect, identity
from aiida_zif.provenance.lineage.structure_sources import in_lines, sources_behind

CURVE_FORMATS = {"csv": as_csv, "json": as_json}
FORMATS = (*FRAME_FORMATS, *CURVE_FORMATS)
USUAL = ("extxyz", "csv")
"""Formats of an export that asks for none."""

README = """# Results of study {name}

- `frames/`: snapshots by part and state, Å. Extended XYZ keeps every digit, and values of atoms such as velocities
  (Å/fs); LAMMPS data files (units metal, atom style atomic) are rotated to a lower triangular cell; CIF files are in
  space group P1.
- `curves/`: block averages of every trajectory and curves of the structure; the unit stands behind the name.
- `summary.json`: all numbers with their errors, as docs/study-summary.schema.json describes them.
- `{manifest}`: AiiDA node and SHA-256 of every file. `aiida-zif lineage PK` shows where a node comes from.

A left-handed cell is written to LAMMPS and CIF as its mirror image, of equal energy.
"""


def export_results(nodes: Sequence[Any], kinds: Sequence[str], folder: Path, force: bool = False) -> dict[str, Any]:
    """Write studies, or frames without labels, to files.

    :param kinds: of :data:`FORMATS`; :data:`USUAL` if empty.
    :param folder: made if missing.
    :param force: whether to write into a folder that is not empty; files of an earlier export are replaced.
    :returns: the manifest, as written to ``manifest.json``.
    :raises ExportError: if there is nothing to export, or the folder is not empty.
    """
    kinds = list(kinds) or [*USUAL]
    results = Results()
    for node in nodes:
        collect(node, results)
    texts = dict(files_of(results, kinds))
    if not texts:
        raise ExportError(f"nothing to write as {' or '.join(kinds)}: no part of it has frames or curves yet.")
    prepare(folder, force)
    for summary in results.summaries:
        name = "summary.json" if len(results.summaries) == 1 else f"summary_{summary.pk}.json"
        texts[name] = json.dumps(summary.as_dict(), indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    texts["README.md"] = readme_of(results)
    for name, text in texts.items():
        write(folder, name, text)
    manifest = manifest_of(nodes, results, kinds, folder)
    write(folder, MANIFEST, json.dumps(manifest, indent=2, ensure_ascii=False) + "\n")
    return manifest


# -- files ---------------------------------------------------------------------------------------------------


def files_of(results: Results, kinds: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield name and text of every file with frames or curves."""
    check_names(symbol for frames, _ in results.frames.values() for symbol in frames.symbols)
    for kind in kinds:
        if kind in FRAME_FORMATS:
            for place, (frames, facts) in results.frames.items():
                for name, text in FRAME_FORMATS[kind](frames, {**facts, **identity(frames)}):
                    yield f"{place}/{name}", text
        else:
            for place, (table, facts) in results.tables.items():
                yield f"{place}.{kind}", CURVE_FORMATS[kind](table, facts)


def write(folder: Path, name: str, text: str) -> None:
    """Write a file below a folder.

    :raises ExportError: if a link in the folder leads out of it.
    """
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.resolve().is_relative_to(folder.resolve()) or path.is_symlink():
        raise ExportError(f"{path} leads to {path.resolve()}, outside {folder}. Choose another folder.")
    path.write_text(text, encoding="utf-8")


def manifest_of(nodes: Sequence[Any], results: Results, kinds: Sequence[str], folder: Path) -> dict[str, Any]:
    """Return what was written, of which nodes, with which software."""
    processes = [int(node.pk or 0) for node in nodes if isinstance(node, orm.ProcessNode)]
    creators = [int(node.creator.pk or 0) for node in nodes if isinstance(node, orm.Data) and node.creator is not None]
    return {
        "formats": list(kinds),
        "studies": [{"name": one.name, "pk": one.pk, "uuid": one.study_uuid} for one in results.summaries],
        "frames": {
            place: {**identity(frames), "n_frames": frames.n_frames, "not_written": not_written(frames)}
            for place, (frames, _) in results.frames.items()
        },
        "curves": {
            place: {"node_pk": facts.get("node_pk"), "node_uuid": facts.get("node_uuid")}
            for place, (_, facts) in results.tables.items()
        },
        "structures": sources_behind([int(node.pk or 0) for node in used_nodes(results)]),
        "versions": software_of([*processes, *creators]),
        "executables": executables_of([*processes, *creators]),
        "written_by": {name: version(name) for name in ("aiida-zif", "aiida-core")},
        "files": checksums(folder),
    }


def used_nodes(results: Results) -> list[FramesData]:
    """Return the frames of an export."""
    return [frames for frames, _ in results.frames.values()]


def readme_of(results: Results) -> str:
    """Return the text that explains the folder: verdict and limits first."""
    names = ", ".join(summary.name for summary in results.summaries) or "of single nodes"
    lines = [README.format(name=names, manifest=MANIFEST)]
    for summary in results.summaries:
        verdict = summary.verdict.verdict if summary.verdict else "the study has no verdict yet"
        limits = summary.verdict.limits if summary.verdict else []
        limits = [*limits, *(limit for report in summary.melt_quench.values() for limit in report.limits)]
        lines += [
            f"## {summary.name}",
            "",
            f"- Verdict: {verdict}",
            *(f"- Limit: {one}" for one in dict.fromkeys(limits)),
        ]
        lines += [f"- Force field: {summary.force_field.line}", f"- Protocol {about(summary)['protocol']}", ""]
    for record in sources_behind([int(node.pk or 0) for node in used_nodes(results)]):
        (_, name), *facts = in_lines(record)
        lines += [f"- {name}", *(f"  - {fact}: {text}" for fact, text in facts)]
    return "\n".join(lines).rstrip() + "\n"
