"""The last section of a report: sources, settings, seeds and models of a campaign."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aiida_zif.provenance.campaigns.view import CampaignView, Step
from aiida_zif.provenance.lineage.import_remarks import import_remarks
from aiida_zif.provenance.queries.calls import inputs_of
from aiida_zif.provenance.queries.links import calcjobs_of, inputs_under, outputs_under
from aiida_zif.provenance.queries.trainings import seeds_of
from aiida_zif.provenance.report.settings_text import lines_of
from aiida_zif.provenance.words import aimd_in_words, perturbed_in_words, readable
from aiida_zif.workflows.campaign.schema.resources import Resources
from aiida_zif.workflows.campaign.settings import Settings
from aiida_zif.workflows.labelling.label_report import LabelReport
from aiida_zif.workflows.structures.recipe import StartRecipe


def label_sources(view: CampaignView) -> list[dict[str, Any]]:
    """Return one entry a labelling: where its frames came from, how many got a label, how many did not and why."""
    found = [
        {
            "source": f"imported, {block.label}",
            "use": use.replace("_", " "),
            "how": "; ".join([block.description or "from elsewhere", *import_remarks(block)]),
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
        report = step.read(LabelReport) or LabelReport(n_labelled=0)
        use = "held out" if view.is_held_out(step) else "training"
        source = f"{readable(step.name)}, cycle {step.cycle}" if step.cycle else readable(step.name)
        found.append(
            {
                "source": source,
                "use": use,
                "how": how_labelled(step) + recovered_in_words(report),
                "n_labelled": report.n_labelled,
                "n_reused": report.n_reused,
                "n_rejected": report.n_rejected,
                "wall_s": step.wall_s,
                "pk": step.pk,
            }
        )
    return found


def how_labelled(step: Step) -> str:
    """Say how the frames of a labelling were made."""
    report = step.read(LabelReport)
    if step.cycle and report is not None and report.mode == "batch":
        return "chosen and random frames"
    task, frames = step.node.inputs.task.get_dict(), step.node.inputs.frames
    if task["mode"] == "aimd":
        return f"{aimd_in_words(task)}, {stride_in_words(report, task)}"
    if frames.creator is None or "start" not in frames.creator.inputs:
        return "chosen and random frames" if step.cycle else "given frames"
    return f"the crystal{perturbed_in_words(StartRecipe.from_node(frames.creator.inputs.start))}"


def recovered_in_words(report: LabelReport) -> str:
    """Say of how many labels self-consistency was found another way, and which."""
    ways = [f"{count} by {name.replace('_', ' ')}" for name, count in report.recovered.items()]
    return f"; self-consistency recovered: {', '.join(ways)}" if ways else ""


def stride_in_words(report: LabelReport | None, task: dict[str, Any]) -> str:
    """Say which steps of an AIMD run are labelled, and why these; ``report`` is None as long as it runs."""
    measured, time = (report.stride, report.autocorrelation_fs) if report else (None, None)
    stride = measured or task.get("stride", 1)
    if stride == "auto":
        return "at a stride that is not measured yet"
    return f"one frame every {stride} steps" + (f" (autocorrelation time {time:.1f} fs)" if time else "")


def settings_lines(settings: Settings, sections: Sequence[str]) -> dict[str, list[tuple[str, str]]]:
    """Return the settings section by section, and after each what differs for a system that has its own."""
    found = {}
    for name in sections:
        if section := getattr(settings, name):
            found[name] = lines_of(section.model_dump(mode="json"))
        for system, own in settings.systems.items():
            if differing := getattr(own, name, None):
                found[f"{name} of {system}"] = lines_of(differing.model_dump(mode="json"))
    return found


def resource_lines(view: CampaignView) -> list[tuple[str, str]]:
    """Return the resources by stage."""
    return lines_of(Resources.from_node(view.node.inputs.resources).model_dump(mode="json"))


def training_seeds(view: CampaignView) -> list[dict[str, Any]]:
    """Return the seeds of every committee's members."""
    learnt = inputs_of((step.pk for step in view.of("train")), "dataset", view.node.backend)
    return [
        {
            "committee": step.cycle,
            "seeds": {name: seed for job in calcjobs_of([step.node]) for name, seed in seeds_of(job).items()},
            "n_blocks": sum(getattr(source, "n_blocks", 1) for source in learnt.get(step.pk, {}).values()),
        }
        for step in view.of("train")
    ]


def newest_models(view: CampaignView) -> list[dict[str, Any]]:
    """Return the members of the newest committee."""
    committees = (outputs_under(step.node, "committee") for step in reversed(view.of("train")))
    newest: dict[str, Any] = next(filter(None, committees), {})
    return [{"name": name, "pk": model.pk, "uuid": model.uuid} for name, model in newest.items()]


def formulas(view: CampaignView) -> str:
    """Return the systems with their formulas."""
    systems = sorted(view.node.inputs.systems.items())
    return "; ".join(f"{name}: {structure.get_formula('hill_compact')}" for name, structure in systems)
