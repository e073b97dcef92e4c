"""The report of a campaign: one HTML page without anything from outside."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from aiida_zif.provenance import figures
from aiida_zif.provenance.campaign_view import CampaignView, Step, calcjobs_of, inputs_under, outputs_under
from aiida_zif.provenance.judgement import calibration_points, judgement_lines
from aiida_zif.provenance.origin import aimd_in_words, creation_label, perturbed_in_words
from aiida_zif.provenance.progress import clock, readable
from aiida_zif.provenance.reliability_figure import reliability_figure
from aiida_zif.provenance.status import in_words, number, pair
from aiida_zif.provenance.summary import summarise

TEMPLATE = "report.html.j2"

UNITS = {
    "temperature": "K",
    "temperatures": "K",
    "pressure": "GPa",
    "pressures": "GPa",
    "timestep": "fs",
    "thermostat_time": "fs",
    "barostat_time": "fs",
    "time_constant": "fs",
    "displacement": "Å",
    "rcut": "Å",
    "lower": "eV/Å",
    "upper": "eV/Å",
    "target_error": "eV/Å",
    "force_deviation": "eV/Å",
    "walltime": "s",
}
SECTIONS = (
    "seed_data", "held_out", "training", "exploration", "selection", "convergence", "limits", "failure_budget",
)  # fmt: skip


def write_report(view: CampaignView, path: Path) -> None:
    """Write the report of a campaign, finished or not.

    :param view: the campaign, freshly loaded.
    :param path: of the HTML file; its folder is made if missing.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(render(view), encoding="utf-8")


def render(view: CampaignView) -> str:
    """Return the page."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    loader = PackageLoader("aiida_zif.provenance", "")
    environment = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {"clock": clock, "number": number, "in_words": in_words, "pair": pair}
    return environment.get_template(TEMPLATE).render(**page_content(view))


def page_content(view: CampaignView) -> dict[str, Any]:
    """Return everything that the template prints."""
    summary = summarise(view)
    rows = compared_frames(view)
    return {
        "summary": summary,
        "finished": view.node.is_terminated,
        "begun": f"{view.node.ctime:%Y-%m-%d %H:%M}",
        "tiles": tiles(summary, rows),
        "figures": draw_figures(view, summary, rows),
        "sources": label_sources(view),
        "choices": choice_table(summary),
        "judgement": judgement_lines(summary),
        "reliability": draw_reliability(view, summary["calibration"]),
        "settings": {name: lines_of(view.settings[name]) for name in SECTIONS if view.settings.get(name)},
        "resources": lines_of(view.node.inputs.resources.get_dict()),
        "seeds": training_seeds(view),
        "models": newest_models(view),
        "chemistry": {"structure": formulas(view), "type map": " ".join(view.settings.get("type_map") or [])},
        "next_steps": next_steps(view, summary),
    }


# -- figures -------------------------------------------------------------------------------------------------


def draw_figures(view: CampaignView, summary: dict[str, Any], rows: list[dict[str, Any]]) -> dict[str, str]:
    """Return the figures for which there are numbers, by name."""
    from markupsafe import Markup

    iterations = summary["iterations"]
    found: dict[str, str] = {}
    if any(iteration["force_rmse_eV_per_A"] is not None for iteration in iterations):
        found["errors"] = figures.error_figure(iterations)
    histograms = histograms_of(view)
    if histograms:
        selection = view.settings["selection"]
        found["deviation"] = figures.deviation_figure(histograms, selection["lower"], selection["upper"])
    if rows:
        found["choice"] = figures.choice_figure(rows)
    if iterations:
        found["time"] = figures.time_figure(walls_of(summary))
    # Drawn here from numbers alone, so there is nothing to escape.
    return {name: Markup(figure) for name, figure in found.items()}


def draw_reliability(view: CampaignView, calibration: dict[str, Any] | None) -> dict[str, str]:
    """Return the reliability plot of every system for which there is a relation."""
    from markupsafe import Markup

    curves = {name: curve for name, curve in (calibration or {"systems": {}})["systems"].items() if curve is not None}
    points = calibration_points(view) if curves else []
    return {
        name: Markup(reliability_figure(curve, [point for point in points if point["system"] == name], name))
        for name, curve in curves.items()
    }


def histograms_of(view: CampaignView) -> dict[int, dict[str, Any]]:
    """Return the histogram of deviations of every cycle, over all systems."""
    found: dict[int, dict[str, Any]] = {}
    for step in view.of("select"):
        if not step.report:
            continue
        histogram = step.report["histogram"]
        counts = np.asarray(histogram["counts"])
        if step.cycle in found:
            counts = counts + found[step.cycle]["counts"]
        found[step.cycle] = {"edges": histogram["edges"], "counts": counts}
    return found


def compared_frames(view: CampaignView) -> list[dict[str, Any]]:
    """Return deviation and true error of every labelled frame of the cycles, chosen and random."""
    return [{**row, "cycle": step.cycle} for step in view.of("compare") for row in step.report.get("frames", [])]


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


def choice_table(summary: dict[str, Any]) -> dict[str, Any]:
    """Return what became of all explored frames: the cycles, and a row of counts for every reason."""
    found = [iteration for iteration in summary["iterations"] if iteration["n_explored"]]
    reasons = sorted({reason for iteration in found for reason in iteration["n_not_chosen"]})
    counts = {reason: [iteration["n_not_chosen"].get(reason, 0) for iteration in found] for reason in reasons}
    return {
        "cycles": [iteration["iteration"] + 1 for iteration in found],
        "n_selected": [iteration["n_selected"] for iteration in found],
        "n_explored": [iteration["n_explored"] for iteration in found],
        "not_chosen": dict(sorted(counts.items(), key=lambda item: -sum(item[1]))),
    }


# -- words and numbers ---------------------------------------------------------------------------------------


def tiles(summary: dict[str, Any], rows: list[dict[str, Any]]) -> list[dict[str, str]]:
    """Return the headline figures: value, unit, what it is."""
    errors = [i["force_rmse_eV_per_A"] for i in summary["iterations"] if i["force_rmse_eV_per_A"] is not None]
    found = []
    if errors:
        change = f", from {errors[0]:.3f} after the first labels" if len(errors) > 1 else ""
        found.append(tile(f"{errors[-1]:.3f}", f"held-out force RMSE{change}", "eV/Å"))
    reused = f", {summary['n_reused']} of them re-used" if summary["n_reused"] else ""
    found.append(tile(str(summary["total_labels"]), f"frames labelled by CP2K, held-out included{reused}"))
    ratios = choice_ratios(rows)
    if ratios:
        gain = float(np.exp(np.mean(np.log(ratios))))
        found.append(tile(f"{gain:.2f}", "true error of chosen over that of random frames, mean of the cycles", "×"))
    explored = sum(iteration["n_explored"] for iteration in summary["iterations"])
    found.append(tile(f"{explored:,}", f"frames explored by committees of {summary['n_models']} models"))
    return [*found, tile(clock(summary["wall_s"]), "wall time")]


def choice_ratios(rows: list[dict[str, Any]]) -> list[float]:
    """Return for every cycle the true force RMSE of chosen over that of random frames, where both are known."""
    ratios = []
    for cycle in sorted({row["cycle"] for row in rows}):
        errors = [[r["force_rmse"] for r in rows if r["cycle"] == cycle and r["role"] == role] for role in (0, 1)]
        if all(errors):
            chosen, random = (float(np.sqrt(np.mean(np.square(values)))) for values in errors)
            ratios.append(chosen / random)
    return ratios


def tile(value: str, what: str, unit: str = "") -> dict[str, str]:
    """Return one headline figure."""
    return {"value": value, "unit": unit, "what": what}


def label_sources(view: CampaignView) -> list[dict[str, Any]]:
    """Return one entry a labelling: where its frames came from, how many got a label, how many did not and why."""
    found = [
        {
            "source": f"imported, {block.label}",
            "use": use.replace("_", " "),
            "how": block.description or "from elsewhere",
            "n_labelled": block.n_frames,
            "n_reused": 0,
            "n_rejected": {},
            "wall_s": 0.0,
            "pk": block.pk,
        }
        for use in ("training", "held_out")
        for block in inputs_under(view.node, f"imported__{use}").values()
    ]
    for step in view.of("label"):
        report = step.report
        use = "held out" if view.is_held_out(step) else "training"
        source = f"{readable(step.name)}, cycle {step.cycle}" if step.cycle else readable(step.name)
        found.append(
            {
                "source": source,
                "use": use,
                "how": how_labelled(step) + recovered_in_words(report),
                "n_labelled": report.get("n_labelled", 0),
                "n_reused": report.get("n_reused", 0),
                "n_rejected": report.get("n_rejected", {}),
                "wall_s": step.wall_s,
                "pk": step.node.pk,
            }
        )
    return found


def how_labelled(step: Step) -> str:
    """Say how the frames of a labelling were made."""
    task, frames = step.node.inputs.task.get_dict(), step.node.inputs.frames
    if task["mode"] == "aimd":
        return f"{aimd_in_words(task)}, {stride_in_words(step)}"
    if frames.creator is None or "start" not in frames.creator.inputs:
        return "chosen and random frames" if step.cycle else "given frames"
    return f"the crystal{perturbed_in_words(frames.creator.inputs.start['perturbed'])}"


def recovered_in_words(report: dict[str, Any]) -> str:
    """Say of how many labels self-consistency was found another way, and which."""
    ways = [f"{count} by {name.replace('_', ' ')}" for name, count in report.get("recovered", {}).items()]
    return f"; self-consistency recovered: {', '.join(ways)}" if ways else ""


def stride_in_words(step: Step) -> str:
    """Say which steps of an AIMD run are labelled, and why these."""
    report = step.report
    time, stride = report.get("autocorrelation_fs"), report.get("stride") or step.node.inputs.task.get("stride", 1)
    if stride == "auto":
        return "at a stride that is still to be measured"
    return f"every {stride}th" + (f" (autocorrelation time {time:.1f} fs)" if time else "")


def lines_of(section: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the settings of a section as lines of name and value with its unit."""
    lines = []
    for name, value in section.items():
        if isinstance(value, list) and any(isinstance(item, dict) for item in value):
            lines += [(f"{name} {index}", in_one_line(item)) for index, item in enumerate(value, start=1)]
        elif value is not None and (words := in_one_line(value, UNITS.get(name, ""))):
            lines.append((name, words))
    return lines


def in_one_line(value: Any, unit: str = "") -> str:
    """Return a setting with its unit; of a group of settings each with its name."""
    if isinstance(value, dict):
        parts = [f"{name.replace('_', ' ')} {in_one_line(v, UNITS.get(name, ''))}" for name, v in value.items()]
        return ", ".join(part for part, v in zip(parts, value.values(), strict=True) if v is not None)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return f"{', '.join(in_one_line(item) for item in value)} {unit}".strip()
    return f"{value:g} {unit}".strip() if isinstance(value, float) else f"{value} {unit}".strip()


def training_seeds(view: CampaignView) -> list[dict[str, Any]]:
    """Return the seeds of every committee's members."""
    return [
        {
            "committee": step.cycle,
            "seeds": {creation_label(job): job.inputs.seed.value for job in calcjobs_of([step.node])},
            "n_blocks": len(inputs_under(step.node, "dataset")),
        }
        for step in view.of("train")
    ]


def newest_models(view: CampaignView) -> list[dict[str, Any]]:
    """Return the members of the newest committee."""
    committees = [outputs_under(step.node, "committee") for step in view.of("train")]
    newest: dict[str, Any] = next((committee for committee in reversed(committees) if committee), {})
    return [{"name": name, "pk": model.pk, "uuid": model.uuid} for name, model in newest.items()]


def formulas(view: CampaignView) -> str:
    """Return the systems with their formulas."""
    systems = sorted(view.node.inputs.systems.items())
    return "; ".join(f"{name}: {structure.get_formula('hill_compact')}" for name, structure in systems)


def next_steps(view: CampaignView, summary: dict[str, Any]) -> list[dict[str, str]]:
    """Return what one may do now: why, and the command."""
    pk, models = view.node.pk, newest_models(view)
    if not view.node.is_terminated:
        return [advice("The campaign is running. Follow it:", f"aiida-zif watch {pk}")]
    steps = []
    if not view.node.is_finished_ok:
        steps.append(advice("It did not end well. See what its processes say:", f"verdi process report {pk}"))
    if summary["exit_status"] in (501, 502):
        steps.append(advice(str(summary["exit_message"]), "aiida-zif run CAMPAIGN.yaml --fresh"))
    if summary["stop_reason"] in ("max_cycles", "max_labels"):
        why = "It ended at its limits, not for want of candidates. To go further, raise its limits and run it anew:"
        steps.append(advice(why, "aiida-zif run CAMPAIGN.yaml --fresh"))
    if models:
        steps += [
            advice("Take the force field to LAMMPS:", f"aiida-zif export {pk} --format models --output models"),
            advice("Ask where a model comes from:", f"aiida-zif lineage {models[0]['pk']}"),
        ]
    return [
        *steps,
        advice("Take the labelled frames out:", f"aiida-zif export {pk} --format extxyz --output frames"),
        advice("Hand everything over with its provenance:", f"verdi archive create campaign-{pk}.aiida -N {pk}"),
    ]


def advice(why: str, command: str) -> dict[str, str]:
    """Return one thing to do."""
    return {"why": why, "command": command}
