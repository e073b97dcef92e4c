"""The summary of a campaign as plain values: `summary.json`, and the table of `status`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from aiida_zif.plugins.deepmd.testing.evaluation import Evaluation
from aiida_zif.plugins.deepmd.testing.frame_errors import FrameErrors, errors_of
from aiida_zif.provenance.campaigns.failed_jobs import failed_jobs
from aiida_zif.provenance.campaigns.held_out import error_interval, force_rms, held_out_blocks, held_out_source
from aiida_zif.provenance.campaigns.judgement import calibration_of, latest_verdict, verdict_summary
from aiida_zif.provenance.campaigns.reached import explored_runs
from aiida_zif.provenance.campaigns.software import executables_of, software_of
from aiida_zif.provenance.campaigns.summary_model import Summary
from aiida_zif.provenance.campaigns.utilisation import engine_of
from aiida_zif.provenance.campaigns.view import CampaignView
from aiida_zif.provenance.intervals import error_ratio
from aiida_zif.provenance.lineage.structure_sources import energy_reference, record_of_node
from aiida_zif.provenance.queries.calls import inputs_of, output_arrays
from aiida_zif.provenance.queries.known_extension import went_on_from
from aiida_zif.provenance.queries.links import inputs_under, outputs_under
from aiida_zif.workflows.active_learning.selection.choice_report import Choice
from aiida_zif.workflows.active_learning.selection.comparison import CHOSEN, CONTROL, Comparison
from aiida_zif.workflows.labelling.label_report import LabelReport
from aiida_zif.workflows.protocols.loading import available_protocols

ERRORS = ("force_rmse_eV_per_A", "energy_rmse_meV_per_atom", "virial_rmse_meV_per_atom")
"""Of a test; labels without virials have none of theirs."""

RANGES = {f"{quantity}_rmse_range_meV_per_atom": f"{quantity}_rmse_meV_per_atom" for quantity in ("energy", "virial")}
"""Range over the members → error."""

IMPORTED = ("training", "held_out")


def summarise(view: CampaignView) -> dict[str, Any]:
    """Return the summary of a campaign as plain values, see `docs/summary.schema.json`."""
    return summary_of(view).as_dict()


def summary_of(view: CampaignView) -> Summary:
    """Return the summary of a campaign, finished or not."""
    node, settings = view.node, view.settings
    learnt = frames_learnt(view)
    runs, errors = explored_runs(view), frame_errors(view)
    iterations = [summarise_iteration(view, cycle, learnt, runs, errors) for cycle in range(view.last_cycle + 1)]
    held_out = held_out_blocks(view)
    verdict = latest_verdict(view)
    return Summary.model_validate(
        {
            "name": settings.name,
            "system": ", ".join(sorted(settings.systems)),
            "n_atoms": {name: len(structure.sites) for name, structure in sorted(node.inputs.systems.items())},
            "protocol": {
                "name": settings.protocol,
                "description": available_protocols().get(settings.protocol, ""),
            },
            "structures": {name: record_of_node(node) for name, node in sorted(node.inputs.systems.items())},
            "level_of_theory": level_line(view),
            "energy_reference": energy_reference(some_blocks(view)),
            "seed": settings.seed,
            "n_models": settings.training.models,
            "imported": {use: imported_frames(view, use) for use in IMPORTED},
            "seed_labels": seed_labelling(view),
            "goes_on_from": before_of(view),
            "iterations": [iteration for iteration in iterations if iteration is not None],
            "held_out": {
                "n_frames": sum(block.n_frames for block in held_out),
                "source": held_out_source(settings),
                "force_rms_eV_per_A": force_rms(held_out),
            },
            "stop_reason": verdict.stop_reason if verdict else None,
            "verdict": verdict_summary(verdict),
            "calibration": calibration_of(view),
            "state": node.process_state.value if node.process_state else "unknown",
            "exit_status": node.exit_status,
            "exit_message": node.exit_message,
            "total_labels": sum(report.n_labelled for report in view.reports("label", LabelReport)),
            "n_reused": sum(report.n_reused for report in view.reports("label", LabelReport)),
            **recoveries(view),
            "failed_jobs": failed_jobs(view),
            "wall_s": round(view.elapsed_s, 1),
            "engine": engine_of(view),
            "campaign_uuid": node.uuid,
            "pk": node.pk,
            "versions": software_of([int(node.pk or 0)]),
            "executables": executables_of([int(node.pk or 0)]),
        }
    )


def frame_errors(view: CampaignView) -> dict[int, FrameErrors]:
    """Return the errors of every test frame by frame, by its pk."""
    arrays = output_arrays((step.pk for step in view.of("test")), "errors")
    return {pk: errors_of(found) for pk, found in arrays.items()}


def frames_learnt(view: CampaignView) -> dict[int, int]:
    """Return the number of training frames of every committee, by the PK of its training."""
    sources = inputs_of((step.pk for step in view.of("train")), "dataset", view.node.backend)
    return {pk: sum(source.n_frames for source in found.values()) for pk, found in sources.items()}


def summarise_iteration(
    view: CampaignView, cycle: int, learnt: dict[int, int], runs: dict[int, Any], errors: dict[int, FrameErrors]
) -> dict[str, Any] | None:
    """Return the figures of one iteration: the committee trained in it, and what it went on to find.

    :param learnt: of :func:`frames_learnt`.
    :param runs: of :func:`~.reached.explored_runs`.
    :param errors: frame by frame of every test, by its pk.

    Iteration i trains on all labels so far, then explores and has its choice labelled (cycle i + 1). The last
    iteration of a finished campaign only trains.
    """
    trainings, tests = view.of("train", cycle), view.of("test", cycle)
    if not trainings:
        return None
    following, newest = cycle + 1, errors.get(tests[-1].pk, {}) if tests else {}
    selections = view.reports("select", Choice, following)
    reports = view.reports("label", LabelReport, following)
    rejected: dict[str, int] = {}
    for report in reports:
        add_counts(rejected, report.n_rejected)
    not_chosen: dict[str, int] = {}
    runs_ended: dict[str, int] = {}
    for selection in selections:
        add_counts(not_chosen, selection.not_chosen)
        add_counts(runs_ended, selection.runs_ended)
    return {
        "iteration": cycle,
        "n_train_frames": learnt.get(trainings[-1].pk, 0),
        **held_out_errors((tests[-1].read(Evaluation) if tests else None) or Evaluation()),
        "force_rmse_interval_eV_per_A": error_interval(newest, view.settings.seed),
        "max_force_deviation": deviation_quantiles(selections),
        "n_explored": sum(report.n_explored for report in selections),
        "n_with_deviation": sum(sum(report.histogram.counts) for report in selections),
        "n_candidate": sum(report.n_candidate for report in selections),
        "n_accurate": sum(report.n_accurate for report in selections),
        "n_failed": sum(report.n_failed for report in selections),
        "n_selected": sum(report.n_selected for report in selections),
        "n_control": sum(report.n_control for report in selections),
        "n_not_chosen": not_chosen,
        "n_runs_ended": runs_ended,
        "n_labelled": sum(report.n_labelled for report in reports),
        "n_reused": sum(report.n_reused for report in reports),
        "n_rejected": rejected,
        "true_force_error_eV_per_A": choice_errors(view, following),
        "choice_ratio": error_ratio([compared_errors(view, following)]),
        "reached": runs.get(following, []),
        "wall_s": {
            "train": round(view.wall_s("train", cycle), 1),
            "test": round(view.wall_s("test", cycle), 1),
            "explore": round(view.wall_s("explore", following), 1),
            "select": round(view.wall_s("select", following), 1),
            "label": round(view.wall_s("label", following), 1),
        },
    }


def held_out_errors(report: Evaluation) -> dict[str, Any]:
    """Return the errors on the held-out frames, mean over the members of the committee and each member's.

    :param report: of the test.
    """
    blocks = list(report.blocks.values())
    if not blocks:
        return {**dict.fromkeys((*ERRORS, *RANGES)), "force_rmse_per_model": {}}
    errors = [{model: one.known() for model, one in block.models.items()} for block in blocks]
    known = [key for key in ERRORS if all(key in model for block in errors for model in block.values())]
    weights = [block.n_frames for block in blocks]
    members = {
        key: {model: pooled([block[model][key] for block in errors], weights) for model in errors[0]} for key in known
    }
    return {
        **{key: float(np.mean(list(members[key].values()))) if key in known else None for key in ERRORS},
        **{name: span(members[key]) if key in known else None for name, key in RANGES.items()},
        "force_rmse_per_model": members["force_rmse_eV_per_A"],
    }


def span(values: Mapping[str, float]) -> list[float]:
    """Return the smallest and the largest value."""
    return [min(values.values()), max(values.values())]


def pooled(rmse: list[float], n_frames: list[int]) -> float:
    """Return the RMSE over several blocks from that of each, weighted by their frames."""
    return float(np.sqrt(np.average(np.square(rmse), weights=n_frames)))


def compared_errors(view: CampaignView, cycle: int) -> tuple[list[float], list[float]]:
    """Return the true force RMSE of each chosen and each random frame of one cycle in eV/Å, before it was learnt."""
    found = view.reports("compare", Comparison, cycle)
    chosen, random = ([error for one in found for error in one.errors(role)] for role in (CHOSEN, CONTROL))
    return chosen, random


def choice_errors(view: CampaignView, cycle: int) -> dict[str, float | None]:
    """Return the true force RMSE over all chosen and over all random frames of one cycle in eV/Å."""
    errors = zip(("chosen", "random"), compared_errors(view, cycle), strict=True)
    return {name: float(np.sqrt(np.mean(np.square(values)))) if values else None for name, values in errors}


def deviation_quantiles(selections: Sequence[Choice]) -> dict[str, float | None]:
    """Return quantiles of the maximum force deviation over the explored frames that are physical, in eV/Å.

    With several systems each quantile is the largest of any system: the campaign is as sure as its worst one.
    """
    return {
        key: max((value for one in selections if (value := getattr(one.deviation, key)) is not None), default=None)
        for key in ("q50", "q90", "q99")
    }


def recoveries(view: CampaignView) -> dict[str, Any]:
    """Return the labels that needed another way to self-consistency, by rung, and how many of them are flagged."""
    reports = view.reports("label", LabelReport)
    by_rung: dict[str, int] = {}
    for report in reports:
        add_counts(by_rung, report.recovered)
    return {"n_recovered": by_rung, "n_flagged": sum(report.n_flagged for report in reports)}


def imported_frames(view: CampaignView, use: str) -> int:
    """Return the number of imported frames, for training or held out."""
    return sum(block.n_frames for block in inputs_under(view.node, f"imported__{use}").values())


def some_blocks(view: CampaignView) -> list[Any]:
    """Return one block of every way in which the labels of a campaign came: computed, and imported."""
    imported = [block for use in IMPORTED for block in inputs_under(view.node, f"imported__{use}").values()][:1]
    computed = (block for step in view.of("label") for block in outputs_under(step.node, "blocks").values())
    return [*imported, *([first] if (first := next(computed, None)) is not None else [])]


def before_of(view: CampaignView) -> dict[str, Any] | None:
    """Return which campaign another one goes on from, and the frames that a study did not trust; None if from none."""
    before = went_on_from(view.node)
    if before is None:
        return None
    untrusted = inputs_under(view.node, "untrusted").values()
    n_frames, pks = sum(frames.n_frames for frames in untrusted), [frames.pk for frames in untrusted]
    return {"pk": before.pk, "name": before.label, "untrusted": pks, "n_untrusted": n_frames}


def seed_labelling(view: CampaignView) -> dict[str, Any]:
    """Return what the first labelling brought, task by task, and how long it took."""
    steps = [(step.name, step.read(LabelReport)) for step in view.of("label", view.first_cycle)]
    reports = {name: report for name, report in steps if report is not None}
    return {
        "n_labelled": {name: report.n_labelled for name, report in reports.items()},
        "n_reused": sum(report.n_reused for report in reports.values()),
        "n_rejected": {name: report.n_rejected for name, report in reports.items() if report.n_rejected},
        "wall_s": round(view.wall_s("label", view.first_cycle), 1),
    }


def level_line(view: CampaignView) -> str:
    """Return the level of theory as the labelled blocks state it."""
    for step in view.of("label"):
        for job in (node for node in step.node.called if "labelled" in node.outputs):
            return str(job.outputs.labelled.level_of_theory["line"])
    for block in inputs_under(view.node, "imported__training").values() if view.settings.only_trains else ():
        return str(block.level_of_theory["line"])
    return str(view.settings.level_of_theory.name)


def add_counts(total: dict[str, int], counts: dict[str, int]) -> None:
    """Add counts by reason to a running total."""
    for reason, count in counts.items():
        total[reason] = total.get(reason, 0) + int(count)
