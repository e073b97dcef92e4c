"""The values on the page of a study, for its template."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from aiida_zif.plugins.data.measured import Measured
from aiida_zif.plugins.words import counted
from aiida_zif.provenance.report.study import state_tables as tables
from aiida_zif.provenance.report.study.figure import Figure
from aiida_zif.provenance.report.study.figures import change_figures, temperature_figures, transition_figure
from aiida_zif.provenance.report.study.origin_section import boxes
from aiida_zif.provenance.report.study.structure_curves import curves_of, ring_figures, structure_figures
from aiida_zif.provenance.report.study.structure_tables import StructureTable, structure_table
from aiida_zif.provenance.studies.advice import RUNNING, next_steps
from aiida_zif.provenance.studies.limits import limits_of_study
from aiida_zif.provenance.studies.summary import summary_of
from aiida_zif.provenance.studies.summary_model import PartState, StudySummary
from aiida_zif.provenance.studies.view import Part, StudyView
from aiida_zif.provenance.studies.words import grid_state_in_words, quantity_in_words, state_in_words
from aiida_zif.provenance.values import basis_in_words, committee_in_words, difference_in_words, value_in_words
from aiida_zif.provenance.words import clock, number
from aiida_zif.workflows.properties.melt_quench.report import GlassReport
from aiida_zif.workflows.properties.states.report import StatesReport
from aiida_zif.workflows.properties.structure.curves import Curves
from aiida_zif.workflows.properties.structure.report import StructureReport
from aiida_zif.workflows.properties.validation.report import ValidationReport


@dataclass
class SystemPage:
    """What the page shows of one system; a section that was not computed is empty."""

    glass: GlassReport | None = None
    states: tables.StateTable | None = None
    transitions: list[dict[str, Any]] = field(default_factory=list)
    checks: list[dict[str, str]] = field(default_factory=list)
    legs: list[dict[str, Any]] = field(default_factory=list)
    trust: str = ""
    against_temperature: list[Figure] = field(default_factory=list)
    rates: Figure | None = None
    structure: StructureTable | None = None
    structure_figures: list[Figure] = field(default_factory=list)
    bars: list[Figure] = field(default_factory=list)
    grid: StatesReport | None = None
    changes: list[Figure] = field(default_factory=list)
    grid_structure: StructureTable | None = None
    grid_figures: list[Figure] = field(default_factory=list)
    validation: ValidationReport | None = None


def filters() -> dict[str, Callable[..., Any]]:
    """Return what the template calls on its values."""
    return {
        "value": value_in_words,
        "basis": basis_in_words,
        "models": committee_in_words,
        "difference": difference_in_words,
        "clock": clock,
        "number": number,
        "counted": counted,
        "state": state_in_words,
        "quantities": grid_quantities,
        "called": grid_state_in_words,
        "quantity": quantity_in_words,
        "missing": missing_references,
    }


def page_content(view: StudyView) -> dict[str, Any]:
    """Return the values for the template."""
    summary = summary_of(view)
    return {
        "summary": summary,
        "finished": summary.state not in RUNNING,
        "begun": f"{view.node.ctime.astimezone():%Y-%m-%d %H:%M %Z}",
        "verdicts": verdicts(summary),
        "limits": limits_of_study(summary),
        "definitions": tables.DEFINITIONS,
        "tiles": tiles(summary),
        "systems": {name: system_page(view, summary, name) for name in systems_of(view, summary)},
        "boxes": boxes(view, summary),
        "failed_parts": [part for part in summary.parts if is_failed(part)],
        "next_steps": next_steps(summary),
    }


def systems_of(view: StudyView, summary: StudySummary) -> list[str]:
    """Return the systems of a study in alphabetical order, those of which only a part is known included."""
    return sorted({*summary.systems, *(part.system for part in view.parts)})


def verdicts(summary: StudySummary) -> list[list[str]]:
    """Return the verdict in sentences: of the study, or of its melts and quenches as long as there is none."""
    if summary.verdict is not None:
        return [sentences_of(summary.verdict.verdict)]
    return [sentences_of(f"{name}: {report.verdict}") for name, report in summary.melt_quench.items() if report.verdict]


def sentences_of(text: str) -> list[str]:
    """Return the sentences of a text."""
    return re.split(r"(?<=[.!?])\s+(?=[A-Z0-9])", text)


def system_page(view: StudyView, summary: StudySummary, name: str) -> SystemPage:
    """Return what the page shows of one system."""
    page = SystemPage(
        glass=summary.melt_quench.get(name),
        grid=summary.states.get(name),
        validation=summary.validation.get(name),
    )
    for part in view.of("melt_quench", name):
        page.against_temperature = temperature_figures(view, part, page.glass)
    if page.glass is not None:
        page.states, page.transitions = tables.state_table(page.glass), tables.transition_rows(page.glass)
        page.checks, page.legs = tables.check_rows(page.glass), tables.leg_rows(page.glass)
        page.trust, page.rates = tables.trust_in_words(page.glass), transition_figure(page.glass)
    structures = {part.state or part.name: part.name for part in view.of("structure", name)}
    reports = {state: summary.structure[part] for state, part in structures.items() if part in summary.structure}
    if reports:
        page.structure = structure_table(reports)
        curves = curves_of(view.of("structure", name))
        measured = next(iter(curves_of(view.of("validation", name)).values()), None)
        page.structure_figures, page.bars = structure_figures(name, curves, measured), ring_figures(name, curves)
    for part in view.of("states", name):
        add_grid(page, part)
    return page


def is_failed(part: PartState) -> bool:
    """Whether a part ended and not well."""
    return part.process_state not in RUNNING and (part.process_state != "finished" or bool(part.exit_status))


def grid_quantities(grid: StatesReport) -> list[str]:
    """Return the quantities that are known of any state of a grid."""
    return list(dict.fromkeys(name for state in grid.states for name in state.measured))


def missing_references(missing: dict[str, str]) -> list[str]:
    """Return the references that could not be used, with the reason of each."""
    return [f"{name} could not be used: {why}" for name, why in missing.items()]


def add_grid(page: SystemPage, part: Part) -> None:
    """Add what a grid of states found: causes of the change, and the structure of every state."""
    outputs = part.outputs("structure")
    called = {name: grid_state_in_words(page.grid, name) if page.grid else name for name in states_among(outputs)}
    reports = {
        called[name]: StructureReport.from_node(outputs[f"{name}__report"])
        for name in called
        if f"{name}__report" in outputs
    }
    curves = {
        called[name]: Curves.from_node(outputs[f"{name}__curves"]) for name in called if f"{name}__curves" in outputs
    }
    if page.grid is not None:
        page.changes = change_figures(page.grid)
    if reports:
        page.grid_structure = structure_table(reports)
    page.grid_figures = structure_figures(f"{part.name}-grid", curves)


def states_among(outputs: Mapping[str, Any]) -> list[str]:
    """Return the states that outputs such as ``300K_0GPa__report`` are of."""
    return list(dict.fromkeys(label.rpartition("__")[0] for label in outputs))


# -- headline numbers ----------------------------------------------------------------------------------------


def tiles(summary: StudySummary) -> list[dict[str, str]]:
    """Return the headline numbers of the first system: value with error, unit, description."""
    found = []
    for name, report in list(summary.melt_quench.items())[:1]:
        glass = slowest_glass(report)
        if glass:
            state = report.states[glass]
            of = f"of the {name} glass, quenched at {glass.partition('@')[2]} K/ps"
            found += [measured_tile(state.density, f"density {of}")]
            found += [measured_tile(state.coordination, f"N around a metal {of}")]
            if glass in report.tg:
                found.append(measured_tile(report.tg[glass].temperature, "glass transition at this rate"))
        if report.trust.share is not None:
            found.append(
                tile(f"{report.trust.share:.1%}", "of the sampled frames deviate by more than the trust level")
            )
    hours = summary.cost.core_hours
    if hours is not None:
        found.append(tile(f"{hours:.3g}", f"core hours, {counted(summary.cost.n_jobs, 'job')}", "h"))
    return [one for one in found if one["value"] != "–"] or [tile(clock(summary.cost.wall_s), "wall time")]


def slowest_glass(report: GlassReport) -> str:
    """Return the name of the glass of the slowest rate that has one; empty if there is none."""
    names = [f"glass@{rate:g}" for rate in sorted(report.rates)]
    return next((name for name in names if name in report.states), "")


def measured_tile(measured: Measured, what: str) -> dict[str, str]:
    """Return one headline figure with its error and what that stands on."""
    basis = basis_in_words(measured)
    return tile(value_in_words(measured, unit=False), f"{what} ({basis})" if basis else what, measured.unit)


def tile(value: str, what: str, unit: str = "") -> dict[str, str]:
    """Return one headline figure."""
    return {"value": value, "unit": unit, "what": what}
