"""The figures of a campaign."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from synthetic_campaign import SyntheticCampaign

from aiida_zif.plugins.data.dataset import blocks_in
from aiida_zif.plugins.deepmd.testing.evaluation import Evaluation
from aiida_zif.provenance.campaigns.held_out import held_out_source
from aiida_zif.provenance.campaigns.summary import held_out_errors, pooled, summarise
from aiida_zif.provenance.campaigns.summary_model import Summary
from aiida_zif.provenance.campaigns.view import CampaignView, load_view
from aiida_zif.provenance.queries.campaigns import find_campaigns
from aiida_zif.provenance.queries.links import inputs_under
from aiida_zif.workflows.campaign.settings import Settings

SCHEMA = Path(__file__).parents[3] / "docs" / "summary.schema.json"


def test_the_schema_in_the_documentation_is_that_of_the_code() -> None:
    assert json.loads(SCHEMA.read_text()) == Summary.published_schema()


def test_the_summary_of_a_finished_campaign_fits_its_schema(summary: dict[str, Any]) -> None:
    content = json.loads(json.dumps(summary, allow_nan=False))
    assert content["schema"] == Summary.schema_number
    assert Summary.from_dict(content).as_dict() == content


@pytest.mark.parametrize("state", ["begun", "labelling"])
def test_the_summary_of_an_unfinished_campaign_fits_its_schema(request: pytest.FixtureRequest, state: str) -> None:
    campaign = request.getfixturevalue(state)
    Summary.from_dict(summarise(load_view(campaign.campaign)))


def test_every_explored_frame_is_counted_once(summary: dict[str, Any]) -> None:
    for iteration in summary["iterations"]:
        parts = [iteration[f"n_{kind}"] for kind in ("accurate", "candidate", "failed")]
        assert iteration["n_explored"] == sum(parts)


def test_every_explored_frame_is_chosen_or_has_a_reason(summary: dict[str, Any]) -> None:
    for iteration in summary["iterations"]:
        assert iteration["n_explored"] == iteration["n_selected"] + sum(iteration["n_not_chosen"].values())


def test_iterations_train_on_more_and_more_frames_and_err_less(summary: dict[str, Any]) -> None:
    iterations = summary["iterations"]
    assert [i["n_train_frames"] for i in iterations] == [10, 15, 20]
    assert [i["force_rmse_eV_per_A"] for i in iterations] == pytest.approx([0.61, 0.31, 0.21])
    assert iterations[0]["force_rmse_per_model"] == pytest.approx({"model_0": 0.6, "model_1": 0.61, "model_2": 0.62})
    lowest, highest = iterations[0]["energy_rmse_range_meV_per_atom"]
    assert lowest <= iterations[0]["energy_rmse_meV_per_atom"] <= highest


def test_rejected_frames_are_counted_by_reason(summary: dict[str, Any]) -> None:
    assert summary["iterations"][0]["n_rejected"] == {"scf_not_converged": 1}


def test_total_labels_hold_the_held_out_ones_too(summary: dict[str, Any]) -> None:
    assert summary["total_labels"] == 25
    assert summary["held_out"]["n_frames"] == 5


def test_labels_whose_self_consistency_was_found_another_way_are_counted(summary: dict[str, Any]) -> None:
    assert summary["n_recovered"] == {"small_steps": 2}
    assert summary["n_flagged"] == 0


def test_blocks_are_pooled_by_their_frames() -> None:
    assert pooled([1.0, 2.0], [3, 1]) == pytest.approx((7 / 4) ** 0.5)


def test_inputs_of_a_namespace_come_by_their_labels(view: CampaignView) -> None:
    training = view.of("train", 1)[-1].node
    assert list(blocks_in(inputs_under(training, "dataset"))) == [
        "c00_zif4_seed_aimd_0_attempt_0",
        "c00_zif4_seed_perturbed_attempt_0",
        "c01_zif4_attempt_0",
    ]


def test_held_out_labels_are_told_from_others(view: CampaignView) -> None:
    assert [step.name for step in view.of("label") if view.is_held_out(step)] == ["zif4_held_out_0"]


def test_campaigns_are_found_by_name_and_by_being_unfinished(view: CampaignView, begun: SyntheticCampaign) -> None:
    begun_at = [node.ctime for node in find_campaigns()]
    assert begun_at == sorted(begun_at, reverse=True)
    unfinished = [node.pk for node in find_campaigns(unfinished=True)]
    assert begun.campaign.pk in unfinished
    assert view.node.pk not in unfinished
    assert find_campaigns(label="no such name") == []


def test_labels_that_were_not_computed_are_counted_apart(view: CampaignView, summary: dict[str, Any]) -> None:
    from aiida_zif.cli.results.status_table import reason_lines, seed_line

    assert (summary["n_reused"], summary["seed_labels"]["n_reused"]) == (0, 0)
    assert "reused" not in seed_line(summary)
    steps = [
        replace(step, report={**step.report, "n_reused": 2 if step.cycle == 1 else 1})
        if step.stage == "label"
        else step
        for step in view.steps
    ]
    figures = summarise(replace(view, steps=steps))
    n_first = len(figures["seed_labels"]["n_labelled"])
    assert [iteration["n_reused"] for iteration in figures["iterations"]] == [2, 1, 0]
    assert (figures["seed_labels"]["n_reused"], figures["n_reused"]) == (n_first, n_first + 3)
    assert figures["total_labels"] == summary["total_labels"]
    assert f"{n_first} of them reused" in seed_line(figures)
    assert any("reused in cycle 1: 2 labels" in line for line in reason_lines(figures))


def test_a_held_out_error_lies_in_its_interval_and_virials_have_theirs(summary: dict[str, Any]) -> None:
    for iteration in summary["iterations"]:
        low, high = iteration["force_rmse_interval_eV_per_A"]
        assert low < iteration["force_rmse_eV_per_A"] < high
        assert iteration["virial_rmse_meV_per_atom"] == pytest.approx(21.0)


def test_labels_without_virials_have_no_virial_error() -> None:
    models = {"model_0": {"force_rmse_eV_per_A": 0.2, "energy_rmse_meV_per_atom": 3.0}}
    found = held_out_errors(Evaluation.from_dict({"a": {"n_frames": 2, "models": models}}))
    assert (found["force_rmse_eV_per_A"], found["virial_rmse_meV_per_atom"]) == (pytest.approx(0.2), None)


def test_the_scale_of_the_forces_is_that_of_the_held_out_labels(
    finished: SyntheticCampaign, summary: dict[str, Any]
) -> None:
    forces = np.concatenate([block.forces for block in finished.held_out.values()])
    assert summary["held_out"]["force_rms_eV_per_A"] == pytest.approx(np.sqrt(np.mean(forces**2)))


def test_deviations_are_counted_apart_from_explored_frames(summary: dict[str, Any]) -> None:
    first = summary["iterations"][0]
    assert (first["n_explored"], first["n_with_deviation"]) == (160, 155)


def test_a_run_says_what_it_was_asked_and_what_it_reached(summary: dict[str, Any]) -> None:
    runs = summary["iterations"][0]["reached"]
    assert [run["run"] for run in runs] == ["300K_0GPa", "300K_0.5GPa", "600K_0GPa", "600K_0.5GPa"]
    assert runs[0]["temperature"] == {"asked": [300.0, 300.0], "mean": 310.2, "error": None}
    assert summary["iterations"][-1]["reached"] == []


def test_the_choice_has_a_ratio_with_an_interval(summary: dict[str, Any]) -> None:
    ratio, errors = summary["iterations"][0]["choice_ratio"], summary["iterations"][0]["true_force_error_eV_per_A"]
    assert ratio["ratio"] == pytest.approx(errors["chosen"] / errors["random"])


def test_structures_state_source_and_licence(summary: dict[str, Any]) -> None:
    assert summary["structures"]["zif4"]["licence"] == "CC-BY-4.0"
    assert summary["protocol"]["description"].endswith("the force field is not for use.")
    assert summary["energy_reference"].startswith("total energy of the valence electrons")


def test_held_out_frames_are_described_system_by_system_where_they_differ() -> None:
    runs = {"aimd": [{"temperature": 600.0, "timestep": 1.0, "steps": 24, "stride": 4}]}
    other = {"aimd": [{"temperature": 450.0, "timestep": 0.5, "steps": 500, "stride": "auto"}], "imported": ["salem"]}
    same = held_out_source(Settings.from_dict({"held_out": runs, "systems": {"a": {}, "b": {}}}))
    assert same == (
        "AIMD from the crystal, where training runs start too (600 K, 24 fs, frames 4 fs apart); in no training set"
    )
    different = held_out_source(Settings.from_dict({"held_out": runs, "systems": {"a": {}, "b": {"held_out": other}}}))
    assert "a: AIMD from" in different
    assert "b: AIMD from the crystal, where training runs start too (450 K, 250 fs, frames spaced by" in different
    assert "imported frames (salem)" in different
