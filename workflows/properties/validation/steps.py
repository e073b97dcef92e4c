"""Calcfunctions of a validation, and what brings references into the profile."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from aiida import orm
from aiida.engine import calcfunction

from aiida_zif.plugins.data.record import Record
from aiida_zif.plugins.imports.scattering_curve import MeasuredCurve, read_curve
from aiida_zif.workflows.engine.naming import of_kind
from aiida_zif.workflows.properties.structure.curves import Curve, Curves
from aiida_zif.workflows.properties.structure.report import StructureReport
from aiida_zif.workflows.properties.structure.settings import StructureSettings
from aiida_zif.workflows.properties.validation.facts import Facts
from aiida_zif.workflows.properties.validation.settings import ValidationSettings
from aiida_zif.workflows.properties.validation.table import References, Result, validation_table

LABELS = {"F(Q)": ("Q", "Å⁻¹"), "D(r)": ("r", "Å")}
ONLY = "measured"
"""Name of the one curve in the node of a measurement."""


class CurveFile(Record):
    """What a measured curve is declared to be.

    :param name: of the file.
    :param curve: ``F(Q)`` or ``D(r)``.
    :param source: who measured it, with DOI or address.
    """

    called = "curve"

    name: str
    curve: str
    source: str
    licence: str = "not stated"


@calcfunction
def curve_from_file(declaration: orm.Dict, file: orm.SinglefileData) -> orm.ArrayData:
    """Read a measured curve; the declaration is its origin.

    :param declaration: a :class:`CurveFile`.
    """
    declared = CurveFile.from_node(declaration)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / Path(declared.name).name
        path.write_bytes(file.get_content(mode="rb"))
        read = read_curve(path)
    return Curves({ONLY: _stored(read, declared.curve)}).to_node()


def import_curve(declaration: CurveFile, path: Path) -> orm.ArrayData:
    """Read a measured curve on this machine into the profile, declaration and file as its inputs.

    :raises FormatError: before anything is stored.
    """
    read_curve(path)
    made: orm.ArrayData = curve_from_file(orm.Dict(declaration.as_dict()), orm.SinglefileData(path.resolve()))
    return made


@calcfunction
def plan_references(settings: orm.Dict) -> dict[str, orm.Dict]:
    """Derive how the frames of every reference are analysed: as those of the study."""
    chosen = ValidationSettings.from_node(settings)
    return {
        f"settings_{name}": orm.Dict(
            StructureSettings(
                **{
                    **dict(chosen.structure),
                    "independent": reference.independent,
                    "system": reference.system,
                    "state": name,
                    "seed": chosen.seed,
                }
            ).as_dict()
        )
        for name, reference in chosen.frames.items()
    }


@calcfunction
def compare_with_references(settings: orm.Dict, facts: orm.Dict, **nodes: Any) -> dict[str, orm.Data]:
    """Make the table.

    :param facts: a :class:`~.facts.Facts`.
    :param nodes: ``report_NAME`` and ``curve_NAME`` of what was computed, ``known_NAME`` and ``level_NAME``, report and
        curves, of the frames of a reference, ``source_NAME`` of a measured curve.
    """
    chosen = ValidationSettings.from_node(settings)
    reports, curves = of_kind("report", nodes), of_kind("curve", nodes)
    results = {
        name: Result(about, StructureReport.from_node(reports[name]), Curves.from_node(curves[name]))
        for name, about in chosen.computed.items()
        if name in reports
    }
    known, lines = of_kind("known", nodes), of_kind("level", nodes)
    references = References(
        Facts.from_node(facts) if chosen.literature else None,
        {name: (StructureReport.from_node(node), Curves.from_node(lines[name])) for name, node in known.items()},
        {name: Curves.from_node(node)[ONLY] for name, node in of_kind("source", nodes).items()},
    )
    usable = chosen.model_copy(
        update={
            "frames": {name: one for name, one in chosen.frames.items() if name in references.frames},
            "curves": {name: one for name, one in chosen.curves.items() if name in references.curves},
        }
    )
    report, overlays = validation_table(results, references, usable)
    lost = {name: "its structure was not computed" for name in chosen.frames if name not in references.frames}
    report = report.model_copy(update={"missing": {**report.missing, **lost}})
    return {"report": orm.Dict(report.as_dict()), "curves": overlays.to_node()}


def _stored(read: MeasuredCurve, curve: str) -> Curve:
    label, unit = LABELS[curve]
    return Curve(np.asarray(read.x), read.y, read.error, label, curve, unit, "", 0, "source")
