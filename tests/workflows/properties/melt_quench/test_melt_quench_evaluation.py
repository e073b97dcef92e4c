"""States, transitions, checks and the verdict from legs with known answers; legs that failed are left out and named."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest
from made_up_legs import DECADE, N_ATOMS, ONSET, TG_AT_10, density, leg_result, settings

from aiida_zif.plugins.data.measured import Measured
from aiida_zif.plugins.systems import load_system
from aiida_zif.workflows.properties.melt_quench.cost import cell_choice
from aiida_zif.workflows.properties.melt_quench.curves import LegCurves
from aiida_zif.workflows.properties.melt_quench.evaluation.legs import LegResult
from aiida_zif.workflows.properties.melt_quench.evaluation.memory import memory_of
from aiida_zif.workflows.properties.melt_quench.evaluation.report import Found, glass_report
from aiida_zif.workflows.properties.melt_quench.evaluation.states import states_of
from aiida_zif.workflows.properties.melt_quench.evaluation.transitions import glass_transitions, onset_of
from aiida_zif.workflows.properties.melt_quench.evaluation.verdict import verdict_of
from aiida_zif.workflows.properties.melt_quench.evaluation.voids import largest_voids
from aiida_zif.workflows.properties.melt_quench.naming import Leg
from aiida_zif.workflows.properties.melt_quench.plan import legs_of
from aiida_zif.workflows.properties.melt_quench.report import (
    ForceField,
    GlassReport,
    LegDone,
    LinkersKept,
    Memory,
    State,
    Trust,
    Void,
)

WANTED = settings(trust=0.3)
LEGS = [leg_result(leg, WANTED) for leg in legs_of(WANTED)]


@pytest.fixture(scope="module")
def zif4() -> Any:
    return load_system("zif-4")


def melted(atoms: Any, seed: int) -> np.ndarray:
    """Frames (4, n, 3) in which every linker and every metal is somewhere else."""
    from aiida_zif.plugins.analysis.network.linkers import find_linkers

    found = find_linkers(atoms.get_chemical_symbols(), atoms.positions, atoms.cell[:])
    random, frames = np.random.default_rng(seed), []
    for _ in range(4):
        positions = atoms.positions.copy()
        for group in [*found.atoms, *found.metals[:, None]]:
            positions[group] += random.uniform(0, 15.0, size=3)
        frames.append(positions)
    return np.array(frames)


def report_of(atoms: Any, legs: list[LegResult], **own: Any) -> GlassReport:
    """The report of some legs of ZIF-4; its melts are random unless they are given."""
    cells = np.tile(atoms.cell[:], (4, 1, 1))
    given: dict[str, Any] = {
        "symbols": atoms.get_chemical_symbols(),
        "crystal": (atoms.positions[None], atoms.cell[:][None]),
        "choice": cell_choice(WANTED, atoms.cell[:], len(atoms), 6.0),
        "force_field": ForceField(n_models=2, uuids=["a", "b"]),
        "legs": legs,
        "melts": {replica: (melted(atoms, replica), cells) for replica in range(3)},
        "crystal_voids": {replica: np.array([4.9, 5.0]) for replica in range(3)},
        "glass_voids": {rate: {replica: np.array([4.5]) for replica in range(3)} for rate in WANTED.rates},
        "n_returned": 9,
    }
    return glass_report(Found(**{**given, **own}), WANTED)


def test_states_have_their_values_errors_and_units() -> None:
    states = states_of(LEGS, WANTED, N_ATOMS)
    assert list(states) == ["crystal", "melt", "glass@5", "glass@20", "glass@50"]
    crystal = states["crystal"]
    assert crystal.density.value == pytest.approx(1.26, abs=0.002)
    assert crystal.density.error == pytest.approx(0.0003, abs=0.0004)
    assert (crystal.density.unit, crystal.enthalpy.unit) == ("g/cm³", "eV/atom")
    assert crystal.enthalpy.value == pytest.approx(-6.0e4 / N_ATOMS, abs=0.01)
    assert states["melt"].four_fold.value == pytest.approx(1 - (1500 - ONSET + 100) * 1e-3, abs=0.01)
    assert states["melt"].deviation is not None
    assert states["melt"].deviation.value == pytest.approx(0.25, abs=0.01)
    assert crystal.above_crystal is None


def test_the_enthalpy_above_the_crystal_is_paired_and_in_mev_an_atom() -> None:
    above = states_of(LEGS, WANTED, N_ATOMS)["glass@20"].above_crystal
    assert above is not None
    assert (above.unit, above.n) == ("meV/atom", 3)
    assert above.value is not None
    glass = [-400.0 * (density(Leg(replica, 20.0), "", np.array([300.0]))[0] - 1.36) + 0.5 for replica in range(3)]
    assert above.value == pytest.approx(np.mean(glass) / N_ATOMS * 1000.0, abs=1.0)
    assert above.error is not None


def test_without_a_committee_no_deviation_is_stated() -> None:
    legs = [leg_result(Leg(0), WANTED)]
    legs[0].series.means["deviation_mean"][:] = np.nan  # type: ignore[union-attr, index]
    assert states_of(legs, WANTED, N_ATOMS)["crystal"].deviation is None


def test_transitions_and_their_slope_are_those_that_were_put_in() -> None:
    found, slope = glass_transitions(LEGS, WANTED, "density")
    at_20 = found["glass@20"]
    assert at_20.temperature.value == pytest.approx(TG_AT_10 + DECADE * np.log10(2.0), abs=25.0)
    assert at_20.temperature.error == pytest.approx(60.0 / np.sqrt(3), rel=0.5)
    assert set(at_20.by_replica) == {"0", "1", "2"}
    assert "hyperbola" in at_20.method
    assert slope.slope.unit == "K per decade"
    assert slope.slope.value == pytest.approx(DECADE, abs=3 * (slope.slope.error or 0.0) + 1.0)
    assert slope.rates == [5.0, 20.0, 50.0]


def test_fewer_rates_give_no_slope_but_the_reason() -> None:
    few = settings(rates=[20.0, 50.0])
    _, slope = glass_transitions([leg_result(leg, few) for leg in legs_of(few)], few, "density")
    assert slope.slope.value is None
    assert slope.slope.remark.startswith("2 rates, at least 3")


def test_the_onset_is_where_a_tenth_has_fallen() -> None:
    onset = onset_of(LEGS, WANTED.seed)
    assert onset is not None
    assert onset.temperature.value == pytest.approx(ONSET, abs=15.0)
    assert onset.temperature.error is not None
    assert "metals with four N" in onset.method


def test_a_quench_that_broke_off_gives_no_transition_and_the_others_theirs() -> None:
    legs = [
        leg_result(one.leg, WANTED, ended="walltime", n_steps=100_000) if one.leg == Leg(1, 5.0) else one
        for one in LEGS
    ]
    found, _ = glass_transitions(legs, WANTED, "density")
    assert set(found["glass@5"].by_replica) == {"0", "2"}
    assert set(found["glass@20"].by_replica) == {"0", "1", "2"}
    assert states_of(legs, WANTED, N_ATOMS)["glass@5"].density.n == 2


def test_a_glass_by_every_check_is_called_one(zif4: Any) -> None:
    report = report_of(zif4, LEGS)
    assert report.is_glass is True
    assert report.verdict.startswith("This is a glass by all checks. All 12 trajectories were completed.")
    assert report.outcome == "completed"
    assert report.formula == "C96H96N64Zn16"
    assert report.trust.worst_stage == "melt"
    assert report.trust.share_by_stage["melt"] > 0 == report.trust.share_by_stage["quench"]
    assert any("272 atoms, 16 metals" in limit for limit in report.limits)
    assert any("isotropic barostat" in limit for limit in report.limits)
    assert any("5 million times faster" in limit for limit in report.limits)
    assert GlassReport.from_dict(report.as_dict()) == report


def test_a_melt_that_never_melted_is_said_to_be_none(zif4: Any) -> None:
    frozen = [leg_result(leg, WANTED, melts=False) for leg in legs_of(WANTED)]
    crystal = np.tile(zif4.positions, (4, 1, 1)), np.tile(zif4.cell[:], (4, 1, 1))
    report = report_of(zif4, frozen, melts=dict.fromkeys(range(3), crystal))
    assert report.is_glass is False
    assert report.verdict.startswith("This is no glass: the melt never melted.")
    assert "No melting was seen on heating or in the hold" in report.verdict
    assert report.onset is not None
    assert report.onset.temperature.value is None
    assert report.memory.forgot is False
    assert report.memory.bonds_kept.value == 1.0


def test_a_melt_that_keeps_the_net_is_no_glass(zif4: Any) -> None:
    crystal = np.tile(zif4.positions, (4, 1, 1)), np.tile(zif4.cell[:], (4, 1, 1))
    report = report_of(zif4, LEGS, melts={0: crystal, 1: (melted(zif4, 1), crystal[1])})
    assert report.is_glass is False
    assert "the melt did not forget the crystal" in report.verdict
    assert "1.00 of the metal-nitrogen bonds above chance, at most 0.25" in report.verdict


def test_a_hole_a_broken_linker_or_a_check_that_failed_changes_the_verdict(zif4: Any) -> None:
    hole = {rate: {0: np.array([4.5]), 1: np.array([11.0])} for rate in WANTED.rates}
    report = report_of(zif4, LEGS, glass_voids=hole)
    assert report.is_glass is False
    assert "There is a void in the glasses quenched at 5, 20, 50 K/ps" in report.verdict
    report = report_of(zif4, LEGS, glass_voids={})
    assert report.is_glass is None
    assert "Voids were not judged in the glasses quenched at 5, 20, 50 K/ps" in report.verdict
    broken = [leg_result(one.leg, WANTED, ended="linkers_broken", n_steps=200_000) for one in LEGS]
    report = report_of(zif4, broken)
    assert report.is_glass is False
    assert "a linker broke and stayed broken in melt_0" in report.verdict


OPEN = (True, False, None)


def judged(melted: Any, forgot: Any, done: bool, hole: Any, whole: Any) -> GlassReport:
    """A report of which every check came out as is said; None: it could not be made."""
    four_fold = {True: 0.6, False: 0.99}.get(melted)
    states = {"crystal": State(four_fold=Measured(value=1.0))}
    states |= {} if four_fold is None else {"melt": State(four_fold=Measured(value=four_fold))}
    return GlassReport(
        system="zif4", formula="", n_atoms=272, force_field=ForceField(n_models=2), n_replicas=1, rates=[20.0],
        legs=[LegDone(name="quench_0_at_20", replica=0, rate=20.0, ended="completed" if done else "walltime")],
        states=states, memory=Memory(forgot=forgot, why="why"), linkers=LinkersKept(passed=whole, why="why"),
        voids={"glass@20": Void(passed=None if hole is None else not hole, why="why")},
    )  # fmt: skip


@pytest.mark.parametrize("checks", list(product(OPEN, OPEN, (True, False), OPEN, OPEN)))
def test_it_is_a_glass_only_if_no_check_failed_and_none_is_open(checks: tuple[Any, ...]) -> None:
    melted, forgot, done, hole, whole = checks
    found = verdict_of(judged(*checks))
    # what forgot its crystal has melted, unless nothing is known of the melt
    has_melted = True if melted is not None and forgot else melted
    outcome = [has_melted, forgot, done, None if hole is None else not hole, whole]
    expected = False if False in outcome else None if None in outcome else True
    assert found.is_glass is expected, checks
    begins = {True: "This is a glass", False: "This is no glass", None: "Whether this is a glass is not decided"}
    assert found.words.startswith(begins[expected])


def test_a_glass_of_a_force_field_that_is_not_trusted_says_so_first() -> None:
    report = judged(True, True, True, False, True)
    doubted = report.model_copy(
        update={"trust": Trust(level=0.3, share=0.4, share_by_stage={"melt": 0.9, "quench": 0.1})}
    )
    assert "no model is trusted" in verdict_of(doubted).words.split(".")[0]
    assert "trusted" not in verdict_of(report).words.split(".")[0]


def test_errors_are_said_to_contain_no_spread_of_the_committee(zif4: Any) -> None:
    assert any("driven by its first model" in sentence for sentence in report_of(zif4, LEGS).limits)
    alone = report_of(zif4, LEGS, force_field=ForceField(n_models=1, uuids=["a"]))
    assert not any("driven by its first model" in sentence for sentence in alone.limits)


def test_a_state_that_still_changes_is_named_with_its_change() -> None:
    legs = [leg_result(leg, WANTED) for leg in legs_of(WANTED)]
    for one in legs:
        if not one.leg.is_melt:
            assert one.series is not None
            rows = one.series.stage == one.names.index("relax_npt")
            one.series.means["density"][rows] += np.linspace(0.0, 0.05, int(rows.sum()))
    states = states_of(legs, WANTED, N_ATOMS)
    assert states["glass@20"].drifting["density"].value == pytest.approx(0.0125, abs=0.002)
    assert "density" not in states["crystal"].drifting
    assert states_of(LEGS, WANTED, N_ATOMS)["glass@20"].drifting == {}


def test_legs_that_failed_are_named_and_those_behind_them_were_not_run(zif4: Any) -> None:
    legs = [LegResult(one.leg) if one.leg.replica == 2 else one for one in LEGS]
    report = report_of(zif4, legs)
    ended = {leg.name: leg.ended for leg in report.legs}
    assert (ended["melt_2"], ended["quench_2_at_5"], ended["quench_0_at_5"]) == ("failed", "not_run", "completed")
    assert report.outcome == "partly"
    assert "8 of 12 trajectories were completed (melt_2: failed, quench_2_at_5: not run" in report.verdict
    assert report.states["glass@20"].density.n == 2


def test_linkers_of_a_glass_that_was_never_made_are_left_open(zif4: Any) -> None:
    melts = [one if one.leg.is_melt else LegResult(one.leg) for one in LEGS]
    report = report_of(zif4, melts, glass_voids={})
    assert report.linkers.passed is None
    assert "Linkers: no frame of a glass was sampled." in report.verdict


def test_nothing_at_all_gives_a_report_that_says_so(zif4: Any) -> None:
    report = report_of(
        zif4, [LegResult(one.leg) for one in LEGS], melts={}, glass_voids={}, crystal_voids={}, n_returned=0
    )
    assert report.outcome == "failed"
    assert report.is_glass is not True
    assert report.states == {}
    assert "No replica completed its hold at the temperature of the melt." in report.verdict


def test_without_a_cage_size_the_memory_is_left_open(zif4: Any) -> None:
    frames = {0: (melted(zif4, 0), np.tile(zif4.cell[:], (4, 1, 1)))}
    crystal = zif4.positions[None], zif4.cell[:][None]
    known = memory_of(zif4.get_chemical_symbols(), crystal, frames, 4.94, WANTED)
    assert known.forgot is True
    assert known.bonds_by_chance == 1 / 16
    open_ = memory_of(zif4.get_chemical_symbols(), crystal, frames, None, WANTED)
    assert open_.forgot is None
    assert "cages is not known" in open_.why


def test_curves_of_all_legs_come_back_from_one_node(aiida_profile: object) -> None:
    curves = LegCurves({one.leg: one.series for one in LEGS if one.series is not None})
    found = LegCurves.from_node(curves.to_node())
    assert set(found.legs) == {one.leg for one in LEGS}
    np.testing.assert_array_equal(found.legs[Leg(1, 20.0)]["density"], curves.legs[Leg(1, 20.0)]["density"])


def test_the_cage_of_zif4_is_its_largest_void_and_an_unknown_element_has_none(zif4: Any) -> None:
    frames = zif4.positions[None], zif4.cell[:][None]
    assert largest_voids(zif4.get_chemical_symbols(), *frames)[0] == pytest.approx(5.14, abs=0.02)
    assert len(largest_voids(["Xe"] * len(zif4), *frames)) == 0
