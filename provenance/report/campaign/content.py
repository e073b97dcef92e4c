"""The values on the page of a campaign, for its template."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from aiida_zif.plugins.words import counted, counts_in_words
from aiida_zif.provenance.campaigns.failed_jobs import what
from aiida_zif.provenance.campaigns.held_out import distance_in_words, nearest_training_frames
from aiida_zif.provenance.campaigns.judgement import calibration_lines, relations_in, verdict_rows
from aiida_zif.provenance.campaigns.reached import asked_in_words, mean_in_words
from aiida_zif.provenance.campaigns.summary import summarise
from aiida_zif.provenance.campaigns.view import CampaignView
from aiida_zif.provenance.lineage.structure_sources import in_lines
from aiida_zif.provenance.report.campaign.figures import (
    choice_ratio,
    compared_frames,
    draw_figures,
    draw_reliability,
)
from aiida_zif.provenance.report.campaign.origin_section import (
    formulas,
    label_sources,
    newest_models,
    resource_lines,
    settings_lines,
    training_seeds,
)
from aiida_zif.provenance.words import clock, number, pair

if TYPE_CHECKING:
    from markupsafe import Markup

SECTIONS = (
    "seed_data", "held_out", "training", "exploration", "selection", "convergence", "limits", "failure_budget",
)  # fmt: skip


def ends_below(ends: Sequence[float | None] | None, digits: int) -> Markup:
    """Return the ends of an interval for the second line of a cell, nothing where there is no interval."""
    from markupsafe import Markup

    if ends is None or None in ends:
        return Markup("")
    return Markup("<small>[{}]</small>").format(", ".join(f"{end:.{digits}f}" for end in ends))


def filters() -> dict[str, Any]:
    """Return what the template calls on its values."""
    return {
        "clock": clock, "number": number, "counts": counts_in_words, "pair": pair, "what": what, "ends": ends_below,
        "asked": asked_in_words, "mean": mean_in_words,
    }  # fmt: skip


def page_content(view: CampaignView) -> dict[str, Any]:
    """Return the values for the template."""
    summary = summarise(view)
    rows = compared_frames(view)
    return {
        "summary": summary,
        "finished": view.node.is_terminated,
        "begun": f"{view.node.ctime.astimezone():%Y-%m-%d %H:%M %Z}",
        "tiles": tiles(summary, rows),
        "distance": distance_in_words(nearest_training_frames(view)) if view.of("test") else "",
        "figures": draw_figures(view, summary, rows),
        "sources": label_sources(view),
        "choices": choice_table(summary),
        "verdict": verdict_rows(summary),
        "calibration": calibration_lines(summary),
        "reliability": draw_reliability(view, relations_in(summary)),
        "settings": settings_lines(view.settings, SECTIONS),
        "resources": resource_lines(view),
        "seeds": training_seeds(view),
        "models": newest_models(view),
        "structures": {name: in_lines(record) for name, record in summary["structures"].items()},
        "chemistry": {"structure": formulas(view), "type map": " ".join(view.settings.type_map or [])},
        "next_steps": next_steps(view, summary),
    }


def choice_table(summary: dict[str, Any]) -> dict[str, Any]:
    """Return what happened to the explored frames: the cycles, and one row of counts per reason."""
    found = [iteration for iteration in summary["iterations"] if iteration["n_explored"]]
    reasons = sorted({reason for iteration in found for reason in iteration["n_not_chosen"]})
    counts = {reason: [iteration["n_not_chosen"].get(reason, 0) for iteration in found] for reason in reasons}
    return {
        "cycles": [iteration["iteration"] + 1 for iteration in found],
        "n_selected": [iteration["n_selected"] for iteration in found],
        "n_explored": [iteration["n_explored"] for iteration in found],
        "not_chosen": dict(sorted(counts.items(), key=lambda item: -sum(item[1]))),
    }


def tiles(summary: dict[str, Any], rows: list[dict[str, Any]]) -> list[dict[str, str]]:
    """Return the headline numbers: value, unit, description."""
    errors = [i["force_rmse_eV_per_A"] for i in summary["iterations"] if i["force_rmse_eV_per_A"] is not None]
    found = []
    if errors:
        found.append(tile(f"{errors[-1]:.3f}", error_in_words(summary, errors), "eV/Å"))
    reused = f", {summary['n_reused']} of them reused" if summary["n_reused"] else ""
    found.append(tile(str(summary["total_labels"]), f"frames labelled by CP2K, held-out included{reused}"))
    ratio = choice_ratio(rows)
    if ratio is not None:
        found.append(tile(f"{ratio['ratio']:.2f}", gain_in_words(ratio), "×"))
    explored = sum(iteration["n_explored"] for iteration in summary["iterations"])
    found.append(tile(f"{explored:,}", f"frames explored by committees of {summary['n_models']} models"))
    return [*found, tile(clock(summary["wall_s"]), "wall time")]


def error_in_words(summary: dict[str, Any], errors: list[float]) -> str:
    """Return the held-out error as text, with its interval and its ratio to the RMS force."""
    newest = next(i for i in reversed(summary["iterations"]) if i["force_rmse_eV_per_A"] is not None)
    parts = ["held-out force RMSE, mean of the members"]
    if newest["force_rmse_interval_eV_per_A"] is not None:
        low, high = newest["force_rmse_interval_eV_per_A"]
        parts.append(f"95 % interval {low:.3f} to {high:.3f}")
    scale = summary["held_out"]["force_rms_eV_per_A"]
    if scale:
        parts.append(f"{errors[-1] / scale:.0%} of the RMS force of these frames, {scale:.3g} eV/Å")
    return "; ".join([*parts, *([f"{errors[0]:.3f} after the first labels"] if len(errors) > 1 else [])])


def gain_in_words(ratio: dict[str, Any]) -> str:
    """Return the ratio of the true errors of chosen and random frames as text, with its interval."""
    frames, cycles = counted(ratio["n_first"], "chosen frame"), counted(ratio["n_cycles"], "cycle")
    of = f"{frames}, {ratio['n_second']} random, {cycles}"
    words = f"true force error of chosen over that of random frames, geometric mean of the cycles ({of})"
    if ratio["low"] is None:
        return f"{words}; too few frames for an interval"
    same = "; not significant" if ratio["low"] <= 1 <= ratio["high"] else ""
    return f"{words}; 95 % interval {ratio['low']:.2f} to {ratio['high']:.2f}{same}"


def tile(value: str, what: str, unit: str = "") -> dict[str, str]:
    """Return one headline figure."""
    return {"value": value, "unit": unit, "what": what}


def next_steps(view: CampaignView, summary: dict[str, Any]) -> list[dict[str, str]]:
    """Return suggestions for next steps: reason and command."""
    pk, models = view.node.pk, newest_models(view)
    if not view.node.is_terminated:
        return [advice("The campaign is running. Follow it:", f"aiida-zif watch {pk}")]
    steps = []
    if not view.node.is_finished_ok:
        steps.append(advice("It failed. Read the messages of its processes:", f"verdi process report {pk}"))
    if summary["exit_status"] in (501, 502):
        steps.append(advice(str(summary["exit_message"]), "aiida-zif run CAMPAIGN.yaml --fresh"))
    if summary["stop_reason"] in ("max_cycles", "max_labels"):
        why = "It reached its limits and was not converged. To continue, raise the limits and run it again:"
        steps.append(advice(why, "aiida-zif run CAMPAIGN.yaml --fresh"))
    if models:
        steps += [
            advice("Export the models for LAMMPS:", f"aiida-zif export {pk} --format models --output models"),
            advice("Show the provenance of a model:", f"aiida-zif lineage {models[0]['pk']}"),
        ]
    return [
        *steps,
        advice("Export the labelled frames:", f"aiida-zif export {pk} --format extxyz --output frames"),
        advice("Export the campaign with full provenance:", f"verdi archive create campaign-{pk}.aiida -N {pk}"),
    ]


def advice(why: str, command: str) -> dict[str, str]:
    """Return one suggestion."""
    return {"why": why, "command": command}
