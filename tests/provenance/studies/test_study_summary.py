"""The figures of a study, and how far a running one is."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import synthetic_study_numbers as numbers
from synthetic_study import SETTINGS, SyntheticStudy

from aiida_zif.plugins.lammps.production.progress import Progress
from aiida_zif.provenance.studies import progress
from aiida_zif.provenance.studies.advice import next_steps, safe_name
from aiida_zif.provenance.studies.curves import leg_series
from aiida_zif.provenance.studies.force_field import held_out_error
from aiida_zif.provenance.studies.summary import summarise, summary_of
from aiida_zif.provenance.studies.summary_model import StudySummary
from aiida_zif.provenance.studies.view import StudyView, load_study
from aiida_zif.provenance.studies.words import grid_state_in_words, state_in_words
from aiida_zif.workflows.properties.melt_quench.naming import Leg

SCHEMA = Path(__file__).parents[3] / "docs" / "study-summary.schema.json"


@pytest.fixture(scope="module")
def summary(study_view: StudyView) -> StudySummary:
    return summary_of(study_view)


def test_the_schema_in_the_documentation_is_that_of_the_code() -> None:
    assert json.loads(SCHEMA.read_text()) == StudySummary.published_schema()


def test_the_summary_is_json_and_reads_back(study_view: StudyView) -> None:
    content = json.loads(json.dumps(summarise(study_view), allow_nan=False))
    assert content["schema"] == StudySummary.schema_number
    assert StudySummary.from_dict(content).as_dict() == content


def test_the_records_of_the_parts_are_in_it_as_they_are(summary: StudySummary, study: SyntheticStudy) -> None:
    process = {name: chain.uuid for name, chain in study.chains.items()}
    pairs = [
        (summary.melt_quench["zif4"], numbers.glass_report(process)),
        (summary.structure["zif4_glass_20"], numbers.structure_report("glass_20")),
        (summary.states["zif4"], numbers.states_report()),
        (summary.validation["zif4"], numbers.validation_report()),
    ]
    for found, given in pairs:
        assert rounded(found.as_dict()) == rounded(given.as_dict())


def rounded(value: Any) -> Any:
    """Values without the last digits of numbers, which the database does not keep."""
    if isinstance(value, dict):
        return {key: rounded(one) for key, one in value.items()}
    if isinstance(value, list):
        return [rounded(one) for one in value]
    return round(value, 9) if isinstance(value, float) else value


def test_the_force_field_is_that_of_the_campaign(summary: StudySummary, study: SyntheticStudy) -> None:
    field = summary.force_field
    assert [model.pk for model in field.models] == [model.pk for model in study.committee.values()]
    assert [model.seed for model in field.models] == [200, 201, 202]
    assert (field.n_labels, field.level_of_theory) == (20, "GFN1-xTB (CP2K), EPS_SCF 1e-6")
    assert [one.pk for one in field.campaigns] == [study.made.campaign.pk]
    assert field.held_out_error.value == pytest.approx(0.21, abs=0.02)
    assert (field.held_out_error.n, field.held_out_error.unit) == (5, "eV/Å")


def test_one_model_of_a_committee_has_its_own_error_and_no_spread(study: SyntheticStudy) -> None:
    one = held_out_error({"a": study.made.committee["model_0"]}, 1)
    assert one.value is not None
    assert one.committee is None
    assert held_out_error({}, 1).value is None


def test_untrusted_frames_and_parts_are_listed_with_their_nodes(summary: StudySummary, study: SyntheticStudy) -> None:
    assert [(one.system, one.n_frames, one.pk) for one in summary.untrusted] == [
        ("zif4", 4, study.melt.outputs.untrusted.pk)
    ]
    assert [part.name for part in summary.parts if part.section == "structure"] == [
        "zif4_crystal", "zif4_glass_20", "zif4_glass_100"
    ]  # fmt: skip
    assert all(part.exit_status == 0 for part in summary.parts)


def test_curves_are_those_of_the_trajectories_in_the_order_of_the_rates(study_view: StudyView) -> None:
    (part,) = study_view.of("melt_quench")
    legs = leg_series(study_view, part)
    assert [one.leg for one in legs[:4]] == [Leg(0), Leg(1), Leg(2), Leg(0, 20.0)]
    assert set(legs[3].ramps().stage) == {0}
    assert legs[0].stage_names[0] == "crystal"


def test_a_part_that_ran_again_stands_for_itself(new_study: Callable[[], SyntheticStudy]) -> None:
    study = new_study()
    study.begin()
    first = study.child("structure", "zif4_glass_2p5", {})
    second = study.child("structure", "zif4_glass_2p5", {})
    study.settle()
    (part,) = load_study(study.campaign).parts
    assert (part.call.pk, part.system, part.state) == (second.pk, "zif4", "glass_2p5")
    assert first.pk != second.pk


# -- next steps ----------------------------------------------------------------------------------------------


def test_untrusted_frames_lead_to_the_campaign_that_made_the_models(
    summary: StudySummary, study: SyntheticStudy
) -> None:
    commands = [step["command"] for step in next_steps(summary)]
    assert commands[0] == f"aiida-zif extend {study.made.campaign.pk} --from {study.campaign.pk}"
    imported = summary.model_copy(update={"force_field": summary.force_field.model_copy(update={"campaigns": []})})
    assert next_steps(imported)[0]["command"] == f"aiida-zif extend CAMPAIGN --from {study.campaign.pk}"


def test_a_study_that_failed_says_how_to_go_on(summary: StudySummary) -> None:
    failed = summary.model_copy(update={"exit_status": 360, "untrusted": []})
    assert [step["command"] for step in next_steps(failed)][:2] == [
        f"verdi process report {summary.pk}", "aiida-zif run STUDY.yaml"
    ]  # fmt: skip


def test_names_in_commands_are_one_word() -> None:
    assert safe_name("my glass; rm -rf /") == "my-glass--rm--rf--"


@pytest.mark.parametrize(
    ("name", "words"),
    [("glass@20", "glass, 20 K/ps"), ("glass_2p5", "glass, 2.5 K/ps"), ("crystal", "crystal"), ("glass_x", "glass x")],
)
def test_states_are_called_by_what_they_are(name: str, words: str) -> None:
    assert state_in_words(name) == words


def test_states_of_a_grid_are_called_by_temperature_and_pressure() -> None:
    report = numbers.states_report()
    assert grid_state_in_words(report, "600K_0p5GPa") == "600 K, 0.5 GPa"
    assert grid_state_in_words(report, "600K_0p5GPa_replica_1") == "600 K, 0.5 GPa (replica 1)"
    assert grid_state_in_words(report, "other_state") == "other state"


# -- progress ------------------------------------------------------------------------------------------------


@pytest.fixture
def running(new_study: Callable[[], SyntheticStudy]) -> SyntheticStudy:
    """A study whose first melt has ended and whose second runs."""
    study = new_study()
    study.begin()
    study.begin_melt()
    study.leg(Leg(0), study.start)
    study.start_leg(Leg(1), study.start)
    study.settle()
    return study


def test_the_share_of_steps_and_the_time_left_follow_from_what_is_done(
    running: SyntheticStudy, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = Progress(3600, 7200, 1.8, "heating", 640.0, 1.234, 0.21, 0.05)
    monkeypatch.setattr(progress, "job_progress", lambda job: found)
    view = load_study(running.campaign)
    done, planned = progress.work_of(view)
    chosen = SETTINGS.melt_quench
    assert chosen is not None
    melts = 3 * sum(map(chosen.steps_of, (chosen.thermalisation, chosen.equilibration, chosen.heating, chosen.hold)))
    relax = chosen.steps_of(chosen.relax_npt) + chosen.steps_of(chosen.relax_nvt)
    quenches = 3 * sum(chosen.steps_of(chosen.quench(rate)) + relax for rate in chosen.rates)
    grid = 12 * round((5000 + 10000) / 0.5)
    assert (done, planned) == (7200 + 3600, melts + quenches + grid)
    (activity,) = progress.current_activity(view)
    assert activity.line.startswith(
        "melt quench of zif4: melt 1, 3600 of 7200 steps (1.8 ps), heating, 640 K, 1.234 g/cm³, "
        "deviation 0.21 eV/Å, 5.0% above the trust level, "
    )
    monkeypatch.setattr(progress, "work_of", lambda view: (100, 400))
    elapsed = view.elapsed_s
    left = progress.expected_remaining_s(view)
    assert left is not None
    assert 0 < left < 4 * elapsed + 60


def test_a_job_without_a_folder_here_says_its_state(running: SyntheticStudy) -> None:
    (activity,) = progress.current_activity(load_study(running.campaign))
    assert activity.progress is None
    assert "melt 1, created" in activity.line


def test_too_little_done_gives_no_time_left(running: SyntheticStudy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "work_of", lambda view: (1, 10**6))
    assert progress.expected_remaining_s(load_study(running.campaign)) is None


def test_a_finished_study_runs_nothing(study_view: StudyView) -> None:
    assert progress.current_activity(study_view) == []
    assert progress.expected_remaining_s(study_view) is None
