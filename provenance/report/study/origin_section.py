"""The last section of a study's report: force field, systems, settings, software."""

from __future__ import annotations

from typing import Any

from aiida_zif.plugins.words import counted
from aiida_zif.provenance.report.settings_text import UNITS, lines_of
from aiida_zif.provenance.studies.summary_model import ForceField, StudySummary
from aiida_zif.provenance.studies.view import StudyView
from aiida_zif.provenance.values import basis_in_words, value_in_words

Lines = list[tuple[str, str]]

OF_ALL = UNITS | {
    "bin": "Å", "bond": "Å", "r_max": "Å", "probe": "Å", "q_max": "Å⁻¹", "q_min": "Å⁻¹", "q_step": "Å⁻¹",
    "trust": "eV/Å", "coordination_cutoff": "Å",
}  # fmt: skip
UNITS_OF: dict[str, dict[str, str]] = {
    "melt_quench": OF_ALL | {
        **dict.fromkeys(("start_temperature", "melt_temperature", "glass_temperature"), "K"), "rates": "K/ps",
        **dict.fromkeys(("thermalisation", "equilibration", "heating", "hold", "relax_npt", "relax_nvt"), "ps"),
        "sample_every": "steps",
    },
    "structure": OF_ALL,
    "states": OF_ALL | {"equilibration": "fs", "sampling": "fs"},
    "validation": OF_ALL,
}  # fmt: skip
"""Units of the settings of every section that the page shows, in their order."""


def boxes(view: StudyView, summary: StudySummary) -> dict[str, Lines]:
    """Return the boxes of the section by title, each as lines of name and value."""
    found: dict[str, Lines] = {"Force field": force_field_lines(summary.force_field)}
    found["Models"] = [(model.label, model_in_words(model)) for model in summary.force_field.models]
    for name, system in summary.systems.items():
        found[f"Structure of {name}"] = [
            ("cell given", f"{system.formula}, {counted(system.n_atoms, 'atom')}"),
            ("source", system.source),
            ("licence", system.licence),
        ]
    for section, units in UNITS_OF.items():
        chosen = getattr(view.settings, section)
        if chosen is not None:
            found[f"Settings: {section.replace('_', ' ')}"] = lines_of(chosen.model_dump(mode="json"), units)
    found["Seeds"] = seed_lines(summary)
    found["Cost"] = cost_lines(summary)
    found["Versions at run time"] = [*summary.versions.items(), *summary.executables.items()]
    return {title: lines for title, lines in found.items() if lines}


def force_field_lines(field: ForceField) -> Lines:
    """Return what drove the molecular dynamics."""
    error = field.held_out_error
    words = value_in_words(error)
    basis = "; ".join(filter(None, (basis_in_words(error), error.remark)))
    lines = [("what", field.line)]
    if not field.models:
        return lines
    lines += [("campaign", f"{one.name} <{one.pk}>") for one in field.campaigns]
    lines.append(("level of theory", field.level_of_theory or "not known"))
    lines.append(("labelled frames", str(field.n_labels) if field.n_labels else "none in this profile"))
    lines.append(("force RMSE, held-out frames", f"{words} ({basis})" if error.value is not None else error.remark))
    lines.append(("elements", " ".join(field.type_map)))
    lines += [("cut-off", f"{field.rcut_A:g} Å")] if field.rcut_A else []
    return lines


def model_in_words(model: Any) -> str:
    """Return one member: node, seed, frames, origin."""
    parts = [f"{model.name} <{model.pk}>"]
    parts += [f"seed {model.seed}"] if model.seed is not None else []
    parts += [counted(model.n_frames, "frame")] if model.n_frames is not None else []
    return "; ".join([*parts, model.origin])


def seed_lines(summary: StudySummary) -> Lines:
    """Return the seed of the study, and those of its trajectories."""
    lines = [("study", str(summary.seed))]
    for system, report in summary.melt_quench.items():
        seeds = [f"{leg.name} {leg.seed}" for leg in report.legs if leg.seed is not None]
        lines += [(system, ", ".join(seeds))] if seeds else []
    return lines


def cost_lines(summary: StudySummary) -> Lines:
    """Return what the study took."""
    cost = summary.cost
    hours = "not known" if cost.core_hours is None else f"{cost.core_hours:.3g}"
    left_out = cost.n_jobs - cost.n_timed
    partly = (
        f" (without {counted(left_out, 'job')} that said no time)" if cost.core_hours is not None and left_out else ""
    )
    return [("core hours", hours + partly), ("jobs", str(cost.n_jobs))]
