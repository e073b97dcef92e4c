"""The page."""

from __future__ import annotations

import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from synthetic_campaign import SETTINGS, SyntheticCampaign

from aiida_zif.provenance.campaigns.view import CampaignView, load_view
from aiida_zif.provenance.report.campaign import svg_figures as figures
from aiida_zif.provenance.report.campaign.content import choice_table, page_content
from aiida_zif.provenance.report.campaign.figures import choice_ratio, histograms_of, walls_of
from aiida_zif.provenance.report.campaign.origin_section import settings_lines
from aiida_zif.provenance.report.page import write_report
from aiida_zif.provenance.report.settings_text import in_one_line, lines_of
from aiida_zif.workflows.campaign.settings import Settings

VOID = {"meta", "br", "path", "use", "rect", "img"}


class Balance(HTMLParser):
    """Counts elements that are opened and not closed."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag


@pytest.fixture(scope="module")
def page(view: CampaignView, tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("report") / "deep" / "report.html"
    write_report(view, path)
    return path.read_text(encoding="utf-8")


def test_the_page_is_well_formed(page: str) -> None:
    parser = Balance()
    parser.feed(page)
    assert parser.open == []


def test_the_page_needs_nothing_from_outside(page: str) -> None:
    assert not re.search(r"<(script|link|img|iframe)\b", page)
    links = re.findall(r'(?:src|href)="([^"]*)"', page) + re.findall(r"url\(([^)]*)\)", page)
    assert all(link.startswith("#") for link in links)


def test_the_page_has_all_five_figures_and_the_numbers_of_the_summary(
    page: str, view: CampaignView, summary: dict[str, Any]
) -> None:
    assert page.count("<svg") == 5
    assert summary["campaign_uuid"] in page
    assert f"{summary['iterations'][-1]['force_rmse_eV_per_A']:.3f}" in page
    assert "1 scf not converged" in page
    for reason, counts in choice_table(summary)["not_chosen"].items():
        cells = "".join(f'<td class="n">{count or "–"}</td>' for count in counts)
        assert f"<tr><td>{reason.replace('_', ' ')}</td>{cells}</tr>" in page
    assert f"aiida-zif export {view.node.pk} --format models" in page


def test_words_of_the_user_are_escaped(unfinished: Callable[[], SyntheticCampaign], tmp_path: Path) -> None:
    campaign = unfinished()
    campaign.settings = SETTINGS.model_copy(update={"name": "<script>alert(1)</script>"})
    campaign.begin()
    write_report(load_view(campaign.campaign), tmp_path / "report.html")
    assert "<script" not in (tmp_path / "report.html").read_text()


@pytest.mark.slow
@pytest.mark.parametrize("state", ["begun", "labelling"])
def test_an_unfinished_campaign_has_a_page_of_what_there_is(
    request: pytest.FixtureRequest, tmp_path: Path, state: str
) -> None:
    campaign = request.getfixturevalue(state)
    write_report(load_view(campaign.campaign), tmp_path / "report.html")
    assert "has not ended" in (tmp_path / "report.html").read_text()


def test_figures_are_the_same_each_time(summary: dict[str, Any]) -> None:
    iterations = summary["iterations"]
    assert figures.error_figure(iterations) == figures.error_figure(iterations)


def test_the_bars_of_time_add_up_to_the_whole(summary: dict[str, Any]) -> None:
    total = sum(sum(bar.values()) for bar in walls_of(summary).values())
    assert total == pytest.approx(summary["wall_s"], rel=0.02)


def test_the_gain_of_the_choice_is_a_headline(view: CampaignView) -> None:
    tiles = page_content(view)["tiles"]
    assert [tile["unit"] for tile in tiles] == ["eV/Å", "", "×", "", ""]


def test_the_gain_of_the_choice_is_taken_cycle_by_cycle() -> None:
    rows = [
        {"cycle": 1, "role": 0, "force_rmse": 2.0},
        {"cycle": 1, "role": 1, "force_rmse": 1.0},
        {"cycle": 2, "role": 0, "force_rmse": 0.3},
        {"cycle": 2, "role": 1, "force_rmse": 0.1},
        {"cycle": 3, "role": 0, "force_rmse": 0.3},
    ]
    found = choice_ratio(rows)
    assert found is not None
    assert (found["ratio"], found["n_cycles"]) == (pytest.approx(6**0.5), 2)


def test_shares_of_explored_frames_count_those_that_are_not_physical(view: CampaignView) -> None:
    for histogram in histograms_of(view).values():
        assert (histogram["counts"].sum(), histogram["n_explored"]) == (155, 160)


def test_the_headline_error_stands_beside_its_interval_and_the_forces(
    view: CampaignView, summary: dict[str, Any]
) -> None:
    words = page_content(view)["tiles"][0]["what"]
    low, high = summary["iterations"][-1]["force_rmse_interval_eV_per_A"]
    share = summary["iterations"][-1]["force_rmse_eV_per_A"] / summary["held_out"]["force_rms_eV_per_A"]
    assert f"95 % interval {low:.3f} to {high:.3f}" in words
    assert f"{share:.0%} of the RMS force of these frames" in words


def test_the_page_says_what_the_held_out_frames_are(page: str) -> None:
    assert "AIMD from the crystal, where training runs start too (500 K, 5 fs, frames 1 fs apart)" in page
    assert re.search(r"Distance to the nearest of 20 training frames.* 0\.\d{3} to 0\.\d{3} Å", page)
    said = page.replace("not independent samples", "").replace("assumes independent frames", "")
    assert "independent" not in said


def test_the_page_shows_what_was_reached_beside_what_was_asked(page: str) -> None:
    row = (
        '<td class="n">300</td><td class="n">310</td>\n<td class="n">0</td><td class="n">0.05</td><td class="n">40</td>'
    )
    assert row in page


def test_the_page_carries_the_caveat_of_its_protocol_source_licence_and_energy_reference(page: str) -> None:
    assert "the force field is not for use" in page
    assert "CC-BY-4.0" in page
    assert "10.1021/acs.jced.9b00835" in page
    assert "atomic energies are not subtracted" in page


def test_all_times_of_the_page_have_units(page: str) -> None:
    assert not re.search(r">\d+:\d\d<", page)


def test_settings_are_told_with_their_units() -> None:
    assert lines_of({"aimd": [{"temperature": 300.0, "steps": 1000000}], "rcut": 5.0, "queue": None}) == [
        ("aimd 1", "temperature 300 K, steps 1000000"),
        ("rcut", "5 Å"),
    ]
    assert in_one_line({"halt": {"force_deviation": 20.0}, "warm": True}) == "halt force deviation 20 eV/Å, warm yes"


def test_a_run_at_constant_volume_has_no_pressure_and_strides_count_steps() -> None:
    run = {"temperature": 300.0, "stride": 4, "ensemble": "nvt", "pressure": 0.0, "barostat_time": 300.0}
    assert in_one_line(run) == "temperature 300 K, stride 4 steps, ensemble nvt"
    assert in_one_line({"stride": "auto", "ensemble": "npt", "pressure": 0.5}) == (
        "stride auto, ensemble npt, pressure 0.5 GPa"
    )


def test_what_differs_for_a_system_is_among_the_settings() -> None:
    systems = {"a": {}, "b": {"limits": None, "selection": {"lower": 0.3}}}
    settings = Settings.from_dict({"selection": {"lower": 0.1, "per_cycle": 4}, "systems": systems})
    lines = settings_lines(settings, ["selection", "limits"])
    assert [(name, dict(of)["lower"], dict(of)["per_cycle"]) for name, of in lines.items()] == [
        ("selection", "0.1 eV/Å", "4"),
        ("selection of b", "0.3 eV/Å", "4"),
    ]


def test_a_campaign_that_runs_does_not_say_why_it_ended(labelling: SyntheticCampaign, tmp_path: Path) -> None:
    write_report(load_view(labelling.campaign), tmp_path / "report.html")
    assert "Reason of the end" not in (tmp_path / "report.html").read_text()
