"""The page of a study."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import synthetic_study_numbers as numbers
from synthetic_study import SETTINGS, SyntheticStudy

from aiida_zif.plugins.data.measured import Measured
from aiida_zif.provenance.report.page import render, write_report
from aiida_zif.provenance.report.study import state_tables as tables
from aiida_zif.provenance.report.study.content import page_content, tiles
from aiida_zif.provenance.report.study.structure_curves import of_metals_first, structure_figures
from aiida_zif.provenance.report.study.structure_tables import structure_table
from aiida_zif.provenance.report.study.temperature_figures import Line, mean_line, rate_figure, temperature_figure
from aiida_zif.provenance.studies.summary import summary_of
from aiida_zif.provenance.studies.view import StudyView, load_study
from aiida_zif.provenance.values import basis_in_words, value_in_words
from aiida_zif.workflows.properties.melt_quench import report as glass
from aiida_zif.workflows.properties.melt_quench.naming import Leg
from aiida_zif.workflows.properties.structure.curves import Curve, Curves

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
def page(study_view: StudyView, tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("report") / "deep" / "report.html"
    write_report(study_view, path)
    return path.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def words(page: str) -> str:
    """What a reader sees: no tags, no figures, single blanks."""
    bare = re.sub(r"<(style|svg).*?</\1>", " ", page, flags=re.DOTALL)
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", bare)))


def test_the_page_is_well_formed(page: str) -> None:
    parser = Balance()
    parser.feed(page)
    assert parser.open == []
    assert page.startswith("<!DOCTYPE html>")


def test_the_page_needs_nothing_from_outside(page: str) -> None:
    assert not re.search(r"<(script|link|img|iframe)\b", page)
    links = re.findall(r'(?:src|href)="([^"]*)"', page) + re.findall(r"url\(([^)]*)\)", page)
    assert all(link.startswith("#") for link in links)


def test_identifiers_of_figures_do_not_clash(page: str) -> None:
    identifiers = re.findall(r'\bid="([^"]+)"', page)
    references = set(re.findall(r'href="#([^"]+)"', page))
    clashing = {name for name in references if identifiers.count(name) > 1}
    assert {name for name in clashing if not name.startswith("DejaVu")} == set()  # glyphs are the same in all figures


def test_verdict_and_limits_come_before_every_number(words: str) -> None:
    begin = [words.index(text) for text in ("froze to a glass", "What this study cannot say", "density of the zif4")]
    assert begin == sorted(begin)
    for limit in ("Relaxation at 0 K closes the pores", "A cell of 272 atoms cannot", "nothing is extrapolated"):
        assert limit in words
        assert words.index(limit) < words.index("density of the zif4")


def test_every_value_of_every_state_stands_in_the_table_with_its_error(page: str) -> None:
    report = numbers.glass_report({})
    for state in report.states.values():
        for name in tables.QUANTITIES:
            measured = getattr(state, name)
            if measured is not None:
                assert f'<td class="n">{value_in_words(measured, unit=False)}' in page, name


def test_units_head_the_columns(words: str) -> None:
    for head in ("density g/cm³", "temperature K", "enthalpy above the crystal meV/atom", "force deviation eV/Å"):
        assert head in words


def test_what_errors_stand_on_is_said_once(words: str) -> None:
    assert "± is the standard error, from 3 replicas unless stated below the value" in words
    states = words[words.index("state temperature") : words.index("The enthalpy above the crystal")]
    assert "3 replicas" not in states
    assert "models ± 0.0060" in states


def test_transitions_have_method_replicas_and_no_extrapolation(words: str) -> None:
    assert "1043 ± 18 K 3 replicas" in words
    assert "84 ± 17 K per decade fit, 9 points" in words
    assert "by replica: 0: 803 ± 30; 1: –" in words
    assert "not continued beyond the rates that were run" in words


def test_checks_say_passed_and_why(words: str) -> None:
    assert "passed the melt forgot the crystal all three criteria hold" in words
    assert "metal–N bonds kept 0.310 ± 0.040 (0.06 by chance)" in words
    assert "largest sphere 5.10 ± 0.20 Å, crystal 4.94 Å, allowed 7.41 Å" in words


def test_untrusted_frames_are_counted_placed_and_lead_to_the_next_command(words: str, study: SyntheticStudy) -> None:
    counts = (
        "27 of 4,320 sampled frames (0.6%) deviate by more than the trust level, 0.5 eV/Å; 12 of them were returned"
    )
    assert counts in words
    assert "melt 7.5 %" in words
    assert f"aiida-zif extend {study.made.campaign.pk} --from {study.campaign.pk}" in words


def test_the_structure_stands_beside_what_random_orientations_give(words: str) -> None:
    assert "p2 sharing a metal mean of (3cos²−1)/2 between normals of linkers at one metal -0.108 ± 0.012" in words
    assert "for random orientations 0.000 ± 0.031" in words


def test_rings_have_their_definition_once(words: str) -> None:
    assert words.count("shortest-path rings of the linker graph up to 14 metals") == 1
    assert "Rings of the linker graph." in words


def test_a_value_that_could_not_be_measured_says_why(words: str) -> None:
    assert "bond lifetime, Zn-N: no bond broke within the run: longer than 25 ps" in words


def test_the_change_of_structure_has_shares_errors_and_the_rest(words: str) -> None:
    assert "600 K, 0 GPa x-ray" in words
    assert "ring reorientation 0.460 ± 0.060" in words
    assert "rest 0.260 ± 0.070" in words
    assert "within the noise, no shares" in words
    assert "600 K, 0.5 GPa (replica 2) failed: linkers broken" in words


def test_comparisons_say_whether_they_may_be_made(words: str) -> None:
    assert "-0.009 ± 0.016 literature published deep potential, 5 K/ps, 2176 atoms no four times slower" in words
    assert "+0.040 ± 0.036 1.1 standard errors published AIMD" in words
    assert "my-fq could not be used: no point between 0.8 and 20 Å⁻¹" in words


def test_the_force_field_has_labels_error_seeds_and_level(words: str, study: SyntheticStudy) -> None:
    assert "committee of 3 deep potentials of campaign zif4-test" in words
    assert "labelled frames 20" in words
    assert re.search(r"force RMSE, held-out frames 0\.2\d+ ± 0\.0\d+ eV/Å \(bootstrap, 5 samples", words)
    assert "seed 200; 20 frames; trained here with DeePMD-kit 3.2.0" in words
    assert "GFN1-xTB (CP2K)" in words


def test_settings_have_units(words: str) -> None:
    assert "rates 20, 50, 100 K/ps" in words
    assert "melt temperature 1500 K" in words
    assert "hold 50 ps" in words
    assert "r max 10 Å" in words


def test_there_is_a_figure_of_everything(page: str) -> None:
    titles = re.findall(r'<figure role="img" aria-label="([^"]+)"', page)
    for wanted in (
        "Density against temperature.", "Enthalpy against temperature.", "Coordination against temperature.",
        "Deviation of the committee against temperature.", "Glass transition against the rate of the quench.",
        "Partial pair distribution Zn-N.", "Angle N-Zn-N.", "Angle Zn-centre-Zn.", "F(Q), x-ray.", "F(Q), neutron.",
        "D(r), x-ray.", "Rings of the linker graph.", "Causes of the change of structure.",
    ):  # fmt: skip
        assert wanted in titles
    assert page.count("<svg") == len(titles)


def test_all_times_of_the_page_have_units(page: str) -> None:
    assert not re.search(r">\d+:\d\d<", page)


# -- studies of which less is there --------------------------------------------------------------------------


@pytest.fixture
def begun(new_study: Callable[[], SyntheticStudy]) -> SyntheticStudy:
    study = new_study()
    study.begin()
    study.begin_melt()
    return study


def test_a_study_that_has_only_begun_has_a_page(begun: SyntheticStudy) -> None:
    begun.settle()
    page = render(load_study(begun.campaign))
    assert "has not ended" in page
    assert "No verdict yet." in page
    assert f"aiida-zif watch {begun.campaign.pk}" in page


def test_a_running_study_shows_the_curves_of_finished_trajectories(begun: SyntheticStudy) -> None:
    begun.leg(Leg(0), begun.start)
    begun.start_leg(Leg(1), begun.start)
    begun.settle()
    page = render(load_study(begun.campaign))
    assert "Density against temperature." in page
    assert "Crystal, melt and glass" not in page


def test_a_failed_leg_is_named_with_its_cause(begun: SyntheticStudy) -> None:
    begun.leg(Leg(0), begun.start)
    job = begun.start_leg(Leg(1), begun.start)
    job.set_process_state("finished")
    job.set_exit_status(400)
    job.set_exit_message("out of walltime")
    job.seal()
    broken = glass.LegDone(name="melt_1", replica=1, ended="linkers_broken", detail="linker 3 lost H at step 1200")
    begun.close_melt(legs=[broken], is_glass=None, verdict="no glass: <b>melt_1</b> ended with broken linkers")
    begun.fail(360, "no quench came to its end")
    page = render(load_study(begun.campaign))
    assert "linker 3 lost H at step 1200" in page
    assert "ended with exit code 360: no quench came to its end" in page
    assert "Failed jobs" in page
    assert "&lt;b&gt;melt_1&lt;/b&gt;" in page


def test_a_study_that_was_killed_says_so(begun: SyntheticStudy) -> None:
    begun.campaign.set_process_state("killed")
    begun.campaign.seal()
    begun.settle()
    assert "ended without a result: killed" in render(load_study(begun.campaign))


def test_words_of_others_are_escaped(new_study: Callable[[], SyntheticStudy]) -> None:
    study = new_study()
    study.begin({**SETTINGS.as_dict(), "name": "<script>alert(1)</script>"})
    study.begin_melt()
    study.leg(Leg(0), study.start)
    hostile = glass.Memory(why='<img src="x" onerror="alert(1)">', forgot=False)
    study.close_melt(memory=hostile, limits=["<script>alert(2)</script>"], system="$x_{$")
    study.settle()
    page = render(load_study(study.campaign))
    assert "<script" not in page
    assert "<img" not in page
    assert "&lt;script&gt;alert(2)" in page


def test_very_long_names_do_not_break_the_page(new_study: Callable[[], SyntheticStudy]) -> None:
    study = new_study()
    study.begin({**SETTINGS.as_dict(), "name": "x" * 80})
    study.begin_melt()
    study.leg(Leg(0), study.start)
    study.close_melt(verdict="y" * 400)
    study.settle()
    parser = Balance()
    parser.feed(render(load_study(study.campaign)))
    assert parser.open == []


def test_numbers_that_are_missing_are_dashes_everywhere(new_study: Callable[[], SyntheticStudy]) -> None:
    study = new_study()
    study.begin()
    study.begin_melt()
    study.leg(Leg(0), study.start)
    nothing = glass.State(density=Measured(unit="g/cm³", remark="no look at constant pressure"))
    study.close_melt(states={"crystal": nothing}, tg={}, onset=None, rate_slope=None, trust=glass.Trust(), voids={})
    study.settle()
    page = render(load_study(study.campaign))
    assert "Density of crystal: no look at constant pressure" in page
    assert "There is one model" in page
    assert "nan" not in re.sub(r"<svg.*?</svg>", "", page, flags=re.DOTALL).lower().replace("provenance", "")


# -- tables and figures from numbers -------------------------------------------------------------------------


def test_only_columns_of_which_something_is_known_are_shown() -> None:
    state = glass.State(density=Measured(value=1.2, unit="g/cm³"))
    report = numbers.glass_report({}, states={"crystal": state})
    table = tables.state_table(report)
    assert [column.head for column in table.columns] == ["density"]
    assert table.usual == ""
    assert basis_in_words(state.density) == "no error"


def test_a_remark_on_several_values_is_written_once() -> None:
    remark = "blocks of one replica: a lower bound"
    state = glass.State(
        density=Measured(value=1.2, unit="g/cm³", remark=remark), coordination=Measured(value=4.0, remark=remark)
    )
    table = tables.state_table(numbers.glass_report({}, states={"crystal": state, "melt": state}))
    assert len(table.remarks) == 1
    assert table.remarks[0].startswith("Density of crystal, N around a metal of crystal, density of melt")


@pytest.mark.parametrize(("passed", "words"), [(True, "passed"), (False, "not passed"), (None, "not decided")])
def test_a_check_that_could_not_be_made_is_not_passed(passed: bool | None, words: str) -> None:
    report = numbers.glass_report({}, memory=glass.Memory(forgot=passed, why="x"))
    assert tables.check_rows(report)[0]["state"] == words


def test_states_that_lack_a_quantity_keep_their_column() -> None:
    reports = {"crystal": numbers.structure_report("crystal"), "glass_20": numbers.structure_report("glass_20")}
    lines = structure_table(reports).groups["dynamics"]
    assert [value is None for value in lines[0].values] == [True, False]
    assert structure_table(reports).states == ["crystal", "glass, 20 K/ps"]


def test_the_mean_of_replicas_leaves_out_those_that_ended_early() -> None:
    temperatures = np.array([300.0, 600.0])
    lines = [
        Line(0, 20.0, temperatures, np.array([1.0, 2.0])),
        Line(1, 20.0, temperatures, np.array([3.0, 4.0])),
        Line(2, 20.0, temperatures[:1], np.array([9.0])),
    ]
    x, y = mean_line(lines)
    np.testing.assert_array_equal(x, temperatures)
    np.testing.assert_array_equal(y, [2.0, 3.0])


def test_figures_bear_nan_single_points_and_missing_errors() -> None:
    line = Line(0, None, np.array([300.0]), np.array([np.nan]))
    assert "<svg" in temperature_figure([line], "density", "x", level=0.5)
    tg = {20.0: Measured(value=800.0), 50.0: Measured(unit="K"), 100.0: Measured(value=850.0, error=3.0)}
    assert "<svg" in rate_figure(tg, None, "x")
    x = np.array([1.0, 2.0])
    empty = Curves({"g/Zn-N": Curve(x, np.full(2, np.nan), np.full(2, np.nan)), "odd_kind": Curve(x, x, x)})
    assert len(structure_figures("$zif$", {"crystal": empty, "strange state $": empty})) == 2


def test_figures_are_the_same_each_time(study_view: StudyView) -> None:
    assert render(study_view) == render(study_view)


def test_pairs_with_a_metal_come_first() -> None:
    assert of_metals_first(["C-C", "C-N", "Zn-N", "H-H", "Zn-Zn"]) == ["Zn-Zn", "Zn-N", "C-C", "C-N", "H-H"]


def test_headline_numbers_have_errors_and_units(study_view: StudyView) -> None:
    found: list[dict[str, Any]] = tiles(summary_of(study_view))
    assert found[0] == {
        "value": "1.378 ± 0.012",
        "unit": "g/cm³",
        "what": "density of the zif4 glass, quenched at 20 K/ps (3 replicas)",
    }


def test_all_sections_are_on_the_page_of_their_system(study_view: StudyView) -> None:
    (page,) = page_content(study_view)["systems"].values()
    assert all((page.glass, page.structure, page.grid, page.validation, page.changes))


def test_a_report_lands_where_it_was_asked_for(study_view: StudyView, tmp_path: Path) -> None:
    write_report(study_view, tmp_path / "a" / "b.html")
    assert (tmp_path / "a" / "b.html").is_file()


def test_measured_curves_are_drawn_beside_those_of_the_same_name_only() -> None:
    x = np.linspace(1, 20, 40)
    ours = Curves({name: Curve(x, np.sin(x), np.full(40, 0.1)) for name in ("F/x-ray", "F/neutron")})
    measured = {"F/x-ray/published": Curve(x, np.cos(x), np.full(40, np.nan))}
    captions = {one.title: one.caption for one in structure_figures("zif4", {"glass_20": ours}, measured)}
    assert captions["F(Q), x-ray."] == "Bands are standard errors. Circles are measured."
    assert captions["F(Q), neutron."] == "Bands are standard errors."
