"""The figures of a report, and their data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from aiida_zif.plugins.selection.calibration import Relation
from aiida_zif.provenance.campaigns.judgement import calibration_points
from aiida_zif.provenance.campaigns.view import CampaignView
from aiida_zif.provenance.intervals import error_ratio
from aiida_zif.provenance.report.campaign import svg_figures as figures
from aiida_zif.provenance.report.campaign.reliability_figure import reliability_figure
from aiida_zif.workflows.active_learning.selection.choice_report import Choice
from aiida_zif.workflows.active_learning.selection.comparison import Comparison


def draw_figures(view: CampaignView, summary: dict[str, Any], rows: list[dict[str, Any]]) -> dict[str, str]:
    """Return the figures for which there are numbers, by name."""
    from markupsafe import Markup

    iterations = summary["iterations"]
    found: dict[str, str] = {}
    if any(iteration["force_rmse_eV_per_A"] is not None for iteration in iterations):
        found["errors"] = figures.error_figure(iterations)
    histograms = histograms_of(view)
    if histograms:
        selection = view.settings.selection
        found["deviation"] = figures.deviation_figure(histograms, selection.lower, selection.upper)
    if rows:
        found["choice"] = figures.choice_figure(rows)
    if iterations:
        found["time"] = figures.time_figure(walls_of(summary))
    # Drawn here from numbers alone, so there is nothing to escape.
    return {name: Markup(figure) for name, figure in found.items()}


def draw_reliability(view: CampaignView, relations: Mapping[str, Relation | None]) -> dict[str, str]:
    """Return the reliability plot of every system for which there is a relation."""
    from markupsafe import Markup

    curves = {name: relation for name, relation in relations.items() if relation is not None}
    points = calibration_points(view) if curves else []
    return {
        name: Markup(reliability_figure(curve, [point for point in points if point.system == name], name))
        for name, curve in curves.items()
    }


def histograms_of(view: CampaignView) -> dict[int, dict[str, Any]]:
    """Return the histogram of deviations of every cycle, over all systems, and ``n_explored``, with broken frames."""
    found: dict[int, dict[str, Any]] = {}
    for step in view.of("select"):
        choice = step.read(Choice)
        if choice is None:
            continue
        counts, explored = np.asarray(choice.histogram.counts), choice.n_explored
        if step.cycle in found:
            counts, explored = counts + found[step.cycle]["counts"], explored + found[step.cycle]["n_explored"]
        found[step.cycle] = {"edges": choice.histogram.edges, "counts": counts, "n_explored": explored}
    return found


def compared_frames(view: CampaignView) -> list[dict[str, Any]]:
    """Return deviation and true error of every labelled frame of the cycles, chosen and random."""
    found = [(step.cycle, step.read(Comparison)) for step in view.of("compare")]
    return [
        {**frame.model_dump(exclude_unset=True), "cycle": cycle} for cycle, one in found if one for frame in one.frames
    ]


def walls_of(summary: dict[str, Any]) -> dict[str, dict[str, float]]:
    """Return the seconds of every stage by cycle; a cycle explores, labels, trains and tests."""
    walls: dict[str, dict[str, float]] = {"first labels": {"label": summary["seed_labels"]["wall_s"]}}
    for iteration in summary["iterations"]:
        cycle, wall = iteration["iteration"], iteration["wall_s"]
        bar = walls.setdefault(f"cycle {cycle}" if cycle else "first labels", {})
        bar |= {stage: wall[stage] for stage in ("train", "test")}
        if wall["explore"]:
            walls[f"cycle {cycle + 1}"] = {stage: wall[stage] for stage in ("explore", "select", "label")}
    between = summary["wall_s"] - sum(sum(bar.values()) for bar in walls.values())
    if between > 0.01 * summary["wall_s"]:
        walls["between stages"] = {"other": between}
    return walls


def choice_ratio(rows: list[dict[str, Any]]) -> dict[str, Any] | None:
    """Return the true force RMSE of chosen over that of random frames, over all cycles, see :func:`error_ratio`."""
    cycles = sorted({row["cycle"] for row in rows})
    errors = [
        [[r["force_rmse"] for r in rows if r["cycle"] == cycle and r["role"] == role] for role in (0, 1)]
        for cycle in cycles
    ]
    return error_ratio([(chosen, random) for chosen, random in errors])
