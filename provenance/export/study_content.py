"""What a study has to export: frames of every state and curves of every part, by folder."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from aiida import orm
from aiida.common.links import LinkType

from aiida_zif.plugins.data.frames import FramesData, LabelledFramesData
from aiida_zif.provenance.export.curve_files import Table
from aiida_zif.provenance.export.export import ExportError
from aiida_zif.provenance.export.tables import curve_tables, series_table
from aiida_zif.provenance.queries.links import inputs_under
from aiida_zif.provenance.studies.curves import leg_series
from aiida_zif.provenance.studies.summary import summary_of
from aiida_zif.provenance.studies.summary_model import StudySummary
from aiida_zif.provenance.studies.view import StudyView, load_study
from aiida_zif.workflows.study.names import ENTRY_POINT

MOST_LETTERS = 80
"""Of a name of a file or folder."""


@dataclass
class Results:
    """Nodes to write: frames and tables by folder, with what is said of each."""

    frames: dict[str, tuple[FramesData, dict[str, Any]]] = field(default_factory=dict)
    tables: dict[str, tuple[Table, dict[str, Any]]] = field(default_factory=dict)
    summaries: list[StudySummary] = field(default_factory=list)


def is_result(node: Any) -> bool:
    """Whether a node is exported as results: a study, or frames without labels."""
    if isinstance(node, orm.ProcessNode):
        return node.process_type == ENTRY_POINT
    return isinstance(node, FramesData) and not isinstance(node, LabelledFramesData)


def models_of(nodes: Iterable[Any]) -> list[Any]:
    """Return the models that drove the studies among some nodes, each once."""
    studies = [node for node in nodes if isinstance(node, orm.ProcessNode)]
    found = {model.pk: model for node in studies for model in inputs_under(node, "committee").values()}
    return [*found.values()]


def collect(node: Any, results: Results) -> None:
    """Add what a node holds.

    :raises ExportError: if it is no study and holds no frames.
    """
    if not is_result(node):
        raise ExportError(f"<{node.pk}> is a {type(node).__name__}; fix: give studies, or frames without labels.")
    if isinstance(node, FramesData):
        results.frames[f"frames/{safe(f'{node.system}_{node.pk}')}"] = (node, {})
        return
    view = load_study(node)
    summary = summary_of(view)
    results.summaries.append(summary)
    said = about(summary)
    for part in view.parts:
        place = f"{part.section}/{safe(part.name)}"
        facts = {
            **said,
            "section": part.section,
            "system": part.system,
            **({"state": part.state} if part.state else {}),
        }
        links = part.call.node.base.links.get_outgoing(link_type=LinkType.RETURN).all()
        for link in sorted(links, key=lambda link: link.link_label):
            add_output(results, place, link.link_label, link.node, facts)
    add_series(view, results, said)


def add_output(results: Results, place: str, label: str, node: Any, facts: Mapping[str, Any]) -> None:
    """Add one output of a part: frames, or curves; reports are in the summary."""
    inside = "/".join(safe(word) for word in label.split("__"))
    if isinstance(node, FramesData) and not isinstance(node, LabelledFramesData):
        if node.n_frames:
            results.frames[f"frames/{place}/{inside}"] = (node, dict(facts))
    elif isinstance(node, orm.ArrayData):
        for name, table in curve_tables(node).items():
            key = unique(f"curves/{place}/{safe(name)}", results.tables)
            results.tables[key] = (table, {**facts, **identity(node), "curve": name})


def add_series(view: StudyView, results: Results, said: Mapping[str, Any]) -> None:
    """Add the block averages of every trajectory of the melts and quenches."""
    for part in view.of("melt_quench"):
        for leg in leg_series(view, part):
            node = leg.trajectory.call.node.outputs.series
            facts = {**said, "section": part.section, "system": part.system, "trajectory": leg.trajectory.name}
            key = f"curves/{part.section}/{safe(part.name)}/{safe(leg.trajectory.name)}"
            results.tables[key] = (series_table(leg.series, leg.stage_names), {**facts, **identity(node)})


def about(summary: StudySummary) -> dict[str, Any]:
    """Return what stands in every file of a study."""
    return {
        "study": summary.name,
        "study_pk": summary.pk,
        "study_uuid": summary.study_uuid,
        "force_field": summary.force_field.line,
        "level_of_theory": summary.force_field.level_of_theory or "not known",
        "protocol": f"{summary.protocol.name}: {summary.protocol.description}",
    }


def identity(node: orm.Node) -> dict[str, Any]:
    """Return which node a file holds."""
    return {"node_pk": node.pk, "node_uuid": node.uuid}


# -- names ---------------------------------------------------------------------------------------------------


def safe(name: str) -> str:
    """Return a name of a file or folder: letters, digits, ``_`` and ``-``; nodes of an archive may hold any text."""
    return re.sub(r"[^A-Za-z0-9_-]+", "-", name).strip("-")[:MOST_LETTERS] or "unnamed"


def unique(name: str, known: Mapping[str, Any]) -> str:
    """Return a name that is not taken yet."""
    return next(one for one in (name, *(f"{name}_{n}" for n in range(2, len(known) + 3))) if one not in known)
