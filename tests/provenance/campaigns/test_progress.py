"""What runs now, and how long the rest may take."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from synthetic_campaign import SyntheticCampaign

from aiida_zif.provenance.campaigns import progress, workload
from aiida_zif.provenance.campaigns.progress import Activity, current_activity, expected_remaining_s
from aiida_zif.provenance.campaigns.view import CampaignView, load_view
from aiida_zif.provenance.words import clock, readable

Factory = Callable[[], SyntheticCampaign]


def test_a_finished_campaign_does_nothing_and_needs_no_time(view: CampaignView) -> None:
    assert current_activity(view) == []
    assert expected_remaining_s(view) is None


def test_a_running_label_job_says_how_many_frames_of_how_many(
    labelling: SyntheticCampaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workload, "progress_reader", lambda stage: lambda folder: (2, None))
    (activity,) = current_activity(load_view(labelling.campaign))
    assert (activity.cycle, activity.stage, activity.name) == (1, "label", "zif4")
    assert (activity.done, activity.total, activity.unit) == (2, 6, "frames")
    assert activity.line.startswith("cycle 1: labelling zif4, 2 of 6 frames, ")


def test_a_job_whose_folder_is_elsewhere_gives_no_number(
    labelling: SyntheticCampaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workload, "local_folder", lambda job: None)
    (activity,) = current_activity(load_view(labelling.campaign))
    assert activity.done is None
    assert activity.detail


def test_a_reader_that_stumbles_over_a_half_written_file_does_not_break_the_view(
    labelling: SyntheticCampaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stumble(folder: Path) -> tuple[int, int | None]:
        raise ValueError(folder)

    monkeypatch.setattr(workload, "progress_reader", lambda stage: stumble)
    assert [activity.done for activity in current_activity(load_view(labelling.campaign))] == [None]


def test_the_expected_rest_shrinks_with_the_progress_of_a_job(
    labelling: SyntheticCampaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    rests = []
    monkeypatch.setattr(progress, "seconds_since", lambda moment: 4.0)
    for done in (0, 3, 6):
        monkeypatch.setattr(workload, "progress_reader", lambda stage, done=done: lambda folder: (done, None))
        rests.append(expected_remaining_s(load_view(labelling.campaign)))
    assert rests[0] > rests[1] > rests[2] > 0


def test_the_expected_rest_comes_from_the_durations_of_earlier_cycles(
    labelling: SyntheticCampaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "seconds_since", lambda moment: 0.0)
    # Left are label (6 frames at 4 s), train and test (110 s) of cycle 1; explore (60 s) and the same in cycle 2.
    rest = expected_remaining_s(load_view(labelling.campaign))
    assert rest == pytest.approx(24 + 110 + 60 + 24 + 110, rel=0.1)


def test_members_in_training_have_lines_with_their_steps(unfinished: Factory, tmp_path: Path) -> None:
    campaign = unfinished()
    campaign.begin()
    campaign.label_seed("zif4_seed_perturbed")
    campaign.state = campaign.state_dict(finished=False).store()
    chain, names = campaign.start_committee()
    (between,) = current_activity(load_view(campaign.campaign))
    assert (between.stage, between.done, between.total) == ("train", None, None)
    for index, name in enumerate(names[:2]):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "input.json").write_text(json.dumps({"training": {"numb_steps": 500}}))
        (folder / "lcurve.out").write_text(f"#  step      rmse_trn\n{100 * (index + 1)}  0.1\n")
        campaign.start_member(chain, name).set_remote_workdir(str(folder))
    activities = current_activity(load_view(campaign.campaign))
    assert [(a.name, a.done, a.total) for a in activities] == [("model_0", 100, 500), ("model_1", 200, 500)]


def test_before_anything_has_ended_a_prior_gives_the_rest(begun: SyntheticCampaign) -> None:
    rest = expected_remaining_s(load_view(begun.campaign))
    assert rest is not None
    assert rest > 60


def test_clock_and_names_read_well() -> None:
    assert [clock(s) for s in (0, 83, 3600, 7500)] == ["0 s", "1 min 23 s", "1 h 00 min", "2 h 05 min"]
    assert readable("zif4_seed_aimd_0") == "zif4 (seed aimd 0)"
    assert Activity(2, "label", "zif4", 4, 12, "frames", 83.0).line == (
        "cycle 2: labelling zif4, 4 of 12 frames, 1 min 23 s elapsed"
    )
