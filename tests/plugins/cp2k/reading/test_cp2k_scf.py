"""What is said of a self-consistency loop follows from its slope and its end, and chooses the rung."""

from __future__ import annotations

import numpy as np
import pytest
from cp2k_cases import FIXTURES

from aiida_zif.plugins.cp2k.levels import available_levels, load_level
from aiida_zif.plugins.cp2k.levels.recovery import Rung, ladder_of, next_rung, read_rung, recovery_faults
from aiida_zif.plugins.cp2k.reading.outputs import read_main_output
from aiida_zif.plugins.cp2k.reading.scf import VERDICTS, above_threshold, convergence_in, diagnose

ROWS = {
    "     2 OT DIIS     0.80E-01    0.0     0.00905422       -12.9780576678 -3.12E-02": 0.00905422,
    "     3 OT CG       0.12E+00    0.0     0.00725896       -12.9788554786 -3.20E-02": 0.00725896,
    "     1 NoMix/Diag. 0.20E+00    0.0     0.49780913       -12.9468732127 -1.29E+01": 0.49780913,
    "     2 Mixing/Diag.0.20E+00    0.0     0.67975352       -12.8977501653  4.91E-02": 0.67975352,
    "   112 Broy./Diag. 0.20E+00   12.0     0.02940479       -12.9759341913 -1.27E-03": 0.02940479,
    "     9 OT DIIS     0.80E-01    0.0 **************       -12.9780576678 -3.12E-02": float("inf"),
}
"""Rows of CP2K 2023.1, the last one with a number that does not fit."""

NO_ROWS = [
    "     2 OT LS       0.12E+00    0.0                      -12.9767616078",
    "  Step     Update method      Time    Convergence         Total energy    Change",
    "  outer SCF iter =    1 RMS gradient =   0.36E-02 energy =        -12.9800926765",
    "     1 C        4.321    1.234    2.345    0.123    0.456",
    "",
]


@pytest.mark.parametrize(("row", "value"), ROWS.items())
def test_the_convergence_of_every_method_is_read(row: str, value: float) -> None:
    assert convergence_in(row) == value


@pytest.mark.parametrize("row", NO_ROWS)
def test_other_lines_have_no_convergence(row: str) -> None:
    assert convergence_in(row) is None


def test_the_loop_of_every_frame_is_read_from_a_real_output() -> None:
    main = read_main_output((FIXTURES / "scf" / "aiida.out").read_text(), first_step=1)
    assert main.evaluations[1].convergence == (0.04145558, 0.00905422, 0.00364014, 0.00077663, 0.00047483, 0.0001027)
    assert diagnose(main.evaluations[1].convergence, 1e-6).verdict == "converging_slowly"
    assert all(len(one.convergence) == one.scf_steps for one in main.evaluations.values())


def test_the_loop_in_which_a_run_ended_is_kept() -> None:
    text = (FIXTURES / "scf" / "aiida.out").read_text()
    cut = text[: text.rindex("     2 OT DIIS")]
    main = read_main_output(cut, first_step=1)
    assert len(main.evaluations) == 1
    assert len(main.unfinished) == 4


def loop(slope: float, end: float, scatter: float = 0.0, steps: int = 60) -> list[float]:
    """A loop with this slope in decades a step, that ends at this value."""
    noise = scatter * np.where(np.arange(steps) % 2, 1.0, -1.0)
    noise[-1] = 0.0
    return list(10.0 ** (np.log10(end) - slope * np.arange(steps)[::-1] + noise))


@pytest.mark.parametrize(
    ("values", "verdict"),
    [
        (loop(-0.05, 3e-6), "nearly_there"),
        (loop(0.0, 5e-6), "nearly_there"),
        (loop(-0.05, 1e-3), "converging_slowly"),
        (loop(0.0, 1e-3), "stalled"),
        (loop(-0.005, 1e-3), "stalled"),
        (loop(0.0, 1e-3, 0.6), "oscillating"),
        (loop(-0.05, 1e-3, 0.6), "converging_slowly"),
        (loop(0.05, 1e-1), "diverging"),
        (loop(0.05, 5e-6), "diverging"),
        ([*loop(-0.1, 1e-4), float("nan")], "diverging"),
        ([*loop(-0.1, 1e-4), float("inf")], "diverging"),
        ([], "diverging"),
        ([0.1, 0.01], "converging_slowly"),
    ],
)
def test_slope_and_end_decide(values: list[float], verdict: str) -> None:
    assert diagnose(values, 1e-6).verdict == verdict


def test_only_the_last_part_of_a_loop_counts() -> None:
    assert diagnose([*loop(-0.1, 1e-3, steps=30), *[1e-3] * 40], 1e-6).verdict == "stalled"


def test_slope_and_distance_are_those_of_the_loop() -> None:
    found = diagnose(loop(-0.05, 1e-3), 1e-6)
    assert found.slope == pytest.approx(-0.05)
    assert found.missing == pytest.approx(3.0)
    assert found.in_words() == "converging slowly after 60 steps: 3.0 decades left, -0.050 a step"


LADDER = [Rung("first", ("nearly_there",), {}), Rung("second", ("stalled",), {}), Rung("any", (), {})]


@pytest.mark.parametrize(
    ("tried", "verdict", "name"),
    [
        (None, "nearly_there", "first"),
        (None, "stalled", "second"),
        (None, "diverging", "any"),
        ("first", "nearly_there", "any"),
        ("second", "nearly_there", "any"),
        ("any", "stalled", None),
    ],
)
def test_the_next_rung_is_the_first_above_for_such_a_loop(tried: str | None, verdict: str, name: str | None) -> None:
    rung = next_rung(LADDER, tried, verdict)
    assert (rung.name if rung else None) == name


@pytest.mark.parametrize("name", available_levels())
def test_every_shipped_level_has_a_sound_ladder(name: str) -> None:
    level = load_level(name)
    assert not list(recovery_faults(level.settings["recovery"]))
    ladder = ladder_of(level)
    assert [rung.changes_physics for rung in ladder] == [False] * (len(ladder) - 1) + [True]
    for verdict in VERDICTS:
        assert next_rung(ladder, None, verdict) is not None


@pytest.mark.parametrize("name", [name for name in available_levels() if name != "gfn1-xtb"])
def test_a_rung_never_starts_from_the_wavefunction_of_a_frame_that_failed(name: str) -> None:
    for rung in ladder_of(load_level(name)):
        assert rung.settings["FORCE_EVAL"]["DFT"]["QS"] == {"EXTRAPOLATION": "USE_GUESS"}


def test_a_ladder_leaves_the_hash_of_its_level_alone() -> None:
    level = load_level("pbe-d3")
    without = {key: value for key, value in level.settings.items() if key != "recovery"}
    assert type(level)(level.name, "", level.elements, without).hash == level.hash


def test_a_rung_survives_its_node() -> None:
    rung = ladder_of(load_level("gfn1-xtb"))[-1]
    assert read_rung(rung.as_dict()) == rung


SCF = {"FORCE_EVAL": {"DFT": {"SCF": {"MAX_SCF": 40}}}}


@pytest.mark.parametrize(
    ("content", "place", "found"),
    [
        ({}, "", "{}"),
        ([{"name": "a"}], "0.settings", "nothing"),
        ([{"name": "a", "settings": SCF, "verdict": []}], "0.verdict", "the key 'verdict'"),
        ([{"name": "a", "settings": SCF, "verdicts": ["slow"]}], "0.verdicts", "'slow'"),
        ([{"name": "a", "settings": SCF}] * 2, "1.name", "'a'"),
        ([{"name": "a", "settings": {"GLOBAL": {"SEED": 3}}}], "0.settings.GLOBAL.SEED", "3"),
        (
            [{"name": "a", "settings": {"FORCE_EVAL": {"DFT": {"SCF": {"EPS_SCF": 1e-3}}}}}],
            "0.settings.FORCE_EVAL.DFT.SCF.EPS_SCF",
            "0.001",
        ),
        (
            [{"name": "a", "settings": {"FORCE_EVAL": {"DFT": {"SCF": {"SMEAR": {"_": "ON"}}}}}}],
            "0.settings.FORCE_EVAL.DFT.SCF.SMEAR._",
            "'ON'",
        ),
        (
            [{"name": "a", "settings": {"FORCE_EVAL": {"DFT": {"SCF": {"OT": {"MINIMISER": "CG"}}}}}}],
            "0.settings.FORCE_EVAL.DFT.SCF.OT.MINIMISER",
            "the unknown key MINIMISER",
        ),
    ],
)
def test_a_ladder_that_would_not_do_is_refused_with_its_place(content: object, place: str, found: str) -> None:
    fault = next(recovery_faults(content))
    assert (".".join(fault.path), fault.found) == (place, found)


def test_a_rung_may_smear_if_it_says_so() -> None:
    smear = {"FORCE_EVAL": {"DFT": {"SCF": {"ADDED_MOS": 8, "SMEAR": {"_": "ON"}}}}}
    assert not list(recovery_faults([{"name": "a", "settings": smear, "changes_physics": True}]))


@pytest.mark.parametrize(
    ("last", "threshold", "above"),
    [
        (6.5e-7, 1e-6, None),
        (4.8e-4, 1e-6, 4.8e-4),
        (1e-6, 1e-6, None),
        (1.01e-6, 1e-6, 1.01e-6),
        (0.0, 1e-9, None),
        (1e-8, 1e-8, None),
        (2e-8, 1e-8, 2e-8),
        (float("inf"), 1e-6, float("inf")),
    ],
)
def test_the_last_change_is_compared_with_the_threshold_asked_for(
    last: float, threshold: float, above: float | None
) -> None:
    assert above_threshold([0.5, last], threshold) == above


@pytest.mark.parametrize(
    "method", ["OT DIIS", "OT CG  ", "OT SD  ", "OT BROY", "P_Mix/Diag.", "Broy./Diag.", "DIIS/Diag.", "P_Mix/Lanc."]
)
def test_rows_of_all_solvers_are_read(method: str) -> None:
    row = f"     3 {method:11s} 0.40E+00    0.1     0.00364014       -12.9800926765 -2.04E-03"
    assert convergence_in(row) == pytest.approx(0.00364014)
