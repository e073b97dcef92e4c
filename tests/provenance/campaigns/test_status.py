"""The table in the terminal."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
from rich.console import Console
from synthetic_campaign import SyntheticCampaign

from aiida_zif.cli.results.status_table import (
    campaign_rows,
    print_campaigns,
    print_status,
    ratio_in_words,
    recovery_lines,
    rows_of,
    status_json,
    with_interval,
)
from aiida_zif.plugins.words import counts_in_words
from aiida_zif.provenance.campaigns.summary import summarise
from aiida_zif.provenance.campaigns.view import CampaignView, load_view
from aiida_zif.provenance.words import number, pair


def printed(view: CampaignView, width: int = 150) -> str:
    buffer = io.StringIO()
    print_status(view, Console(file=buffer, width=width))
    return buffer.getvalue()


def test_one_line_a_committee(view: CampaignView, summary: dict[str, Any]) -> None:
    rows = rows_of(view, summary)
    assert [row[0] for row in rows] == ["0", "1", "2"]
    assert [row[4] for row in rows] == ["1", "2", "–"]
    assert [row[-1] for row in rows] == ["done", "done", "final"]


def test_the_reasons_of_frames_left_out_are_told(view: CampaignView, summary: dict[str, Any]) -> None:
    text = printed(view)
    told = dict(line.split(": ", 1) for line in text.splitlines() if line.startswith("not chosen in cycle"))
    for iteration in summary["iterations"][:-1]:
        assert told[f"not chosen in cycle {iteration['iteration'] + 1}"] == counts_in_words(iteration["n_not_chosen"])
    assert "5 broken linker" in told["not chosen in cycle 1"]
    assert "no label in cycle 1: 1 scf not converged" in text
    assert "MD runs of cycle 1: 3 completed, 1 grounded" in text


def test_labels_that_needed_another_way_to_self_consistency_are_told(view: CampaignView) -> None:
    assert "self-consistency recovered: 2 small steps" in printed(view)
    (line,) = recovery_lines({"n_recovered": {"smearing": 1, "more_steps": 3}, "n_flagged": 1})
    assert line.endswith("3 more steps, 1 smearing; 1 of them flagged, for their rung changes the energy")


@pytest.mark.parametrize("width", [60, 80, 150])
def test_no_number_is_cut_off_whatever_the_width(view: CampaignView, width: int) -> None:
    text = printed(view, width)
    assert "…" not in text
    assert "0.210" in text


def test_what_runs_now_is_told_with_the_expected_rest(labelling: SyntheticCampaign) -> None:
    view = load_view(labelling.campaign)
    text = printed(view)
    assert "cycle 1: labelling zif4" in text
    assert "left, if all cycles are needed" in text
    assert rows_of(view, summarise(view))[0][-1] == "labelling"
    assert status_json(view)["running"][0]["stage"] == "label"


def test_a_campaign_that_failed_says_with_which_exit_code(unfinished: Callable[[], SyntheticCampaign]) -> None:
    campaign = unfinished()
    campaign.begin()
    campaign.fail(301, "zif4: [310] not one frame")
    assert "ended with [301] zif4: [310] not one frame" in printed(load_view(campaign.campaign))


def test_a_campaign_that_has_only_begun_can_be_shown(begun: SyntheticCampaign) -> None:
    assert "none yet" in printed(load_view(begun.campaign))


def test_all_campaigns_have_a_line_each(view: CampaignView) -> None:
    buffer = io.StringIO()
    print_campaigns(campaign_rows([view.node]), Console(file=buffer, width=120))
    assert f"{view.node.pk}" in buffer.getvalue()
    assert "2 of 2" in buffer.getvalue()


def test_numbers_and_counts_read_well() -> None:
    assert [number(x) for x in (None, 0.12345, 12.345, 14.01, 123.4)] == ["–", "0.123", "12.3", "14.0", "123"]
    assert [pair(None, None), pair(0.5, None)] == ["–", "0.50 / –"]
    assert counts_in_words({"a_b": 1, "c": 3, "d": 0}) == "3 c, 1 a b"


def test_held_out_frames_the_scale_of_their_forces_and_the_caveat_are_told(
    view: CampaignView, summary: dict[str, Any]
) -> None:
    text = printed(view, 10_000)
    scale = summary["held_out"]["force_rms_eV_per_A"]
    assert "held out: 5 frames, AIMD from the crystal, where training runs start too (500 K, 5 fs" in text
    assert f"root mean square of their forces {scale:.3g} eV/Å" in text
    assert "the force field is not for use" in text
    assert "deviations of cycle 1: known of 155 of 160 explored frames" in text
    assert "reached in cycle 1 (mean of the physical frames): zif4 300K_0GPa 310 K (target 300), 0.05 GPa" in text


def test_an_error_and_a_ratio_stand_with_their_intervals() -> None:
    assert with_interval("0.138", [0.1201, 0.1502]) == "0.138 [0.120, 0.150]"
    assert with_interval("0.138", None) == "0.138"
    assert ratio_in_words(None) == "–"
    assert ratio_in_words({"ratio": 1.258, "low": 0.852, "high": 1.874}) == "1.26 [0.85, 1.87]"
    assert ratio_in_words({"ratio": 1.258, "low": None, "high": None}) == "1.26"
