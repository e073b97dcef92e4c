"""When a campaign ends, and what it says of it."""

from __future__ import annotations

from typing import Any, get_args

import numpy as np
import pytest
from aiida import orm

from aiida_zif.plugins.lammps.harvest.observables import STRUCTURE
from aiida_zif.workflows.active_learning.judging.criteria import remembered
from aiida_zif.workflows.active_learning.judging.judge import decide, judge, open_campaign
from aiida_zif.workflows.active_learning.state.history import CycleRecord
from aiida_zif.workflows.active_learning.state.quarantine import Standing
from aiida_zif.workflows.active_learning.state.verdict import Criterion, Verdict
from aiida_zif.workflows.campaign.schema.campaign_file import Limits
from aiida_zif.workflows.campaign.schema.convergence import Convergence, Observable
from aiida_zif.workflows.campaign.schema.stored import by_shape

LIMITS = Limits(cycles=6, labels=100)
NOTHING_ASKED: dict[str, Any] = {
    "cycles": 2,
    "deviation": None,
    "held_out_error": None,
    "accurate_share": None,
    "observable": None,
    "patience": 3,
}
EDGES = [0.0, 0.1, 0.2, 0.4]


def record(n_selected: int = 8, n_labelled: int = 8, accurate: float = 0.5, **found: Any) -> CycleRecord:
    """What one cycle found."""
    base = {
        "n_selected": n_selected,
        "n_labelled": n_labelled,
        "accurate_share": {"zif4": accurate},
        "histograms": {"zif4": {"edges": EDGES, "counts": [90, 10, 0]}},
        "observables": {},
        "held_out": {"rmse": 0.2, "low": 0.18, "high": 0.22},
    }
    return CycleRecord.from_dict(base | found)


def verdict_on(*history: CycleRecord, n_labels: int = 20, **asked: Any) -> Verdict:
    """The verdict on some cycles."""
    return decide(LIMITS, by_shape(Convergence, NOTHING_ASKED | asked), history, n_labels)


def entry(decision: Verdict, name: str) -> Criterion:
    """One criterion of a verdict."""
    found = decision.criterion(name)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("history", "n_labels", "reason"),
    [
        ([record()], 20, None),
        ([record(0)], 20, "nothing_left_to_label"),
        ([record(accurate=0.1 * i) for i in range(6)], 20, "max_cycles"),
        ([record()], 100, "max_labels"),
        ([*[record(accurate=0.1 * i) for i in range(5)], record(0)], 100, "nothing_left_to_label"),
    ],
)
def test_the_verdict_names_the_criterion_that_ended_it(history: Any, n_labels: int, reason: str | None) -> None:
    decision = verdict_on(*history, n_labels=n_labels)
    assert decision.stop_reason == reason
    assert decision.finished is (reason is not None)


def test_every_criterion_is_listed_with_what_was_found() -> None:
    decision = verdict_on(record(), accurate_share={"above": 0.9})
    assert [e.name for e in decision.criteria] == [
        "accurate_share",
        "nothing_left_to_label",
        "not_learning",
        "max_labels",
        "max_cycles",
    ]
    assert entry(decision, "max_labels").model_dump(exclude={"words"}) == {
        "name": "max_labels",
        "met": False,
        "found": 20,
        "limit": 100,
    }


def test_a_campaign_that_asks_for_nothing_never_converges() -> None:
    assert verdict_on(record(accurate=1.0), record(accurate=1.0)).stop_reason is None


def test_all_criteria_must_hold_in_each_of_the_last_cycles() -> None:
    asked = {"accurate_share": {"above": 0.9}, "held_out_error": {"below": 0.25, "confidence": 0.95}}
    good, bad = record(accurate=0.95), record(accurate=0.8)
    assert verdict_on(good, **asked).stop_reason is None
    assert verdict_on(good, bad, good, **asked).stop_reason is None
    assert verdict_on(bad, good, good, **asked).stop_reason == "converged"


def test_the_verdict_says_which_criterion_blocks() -> None:
    asked = {"accurate_share": {"above": 0.9}, "held_out_error": {"below": 0.21, "confidence": 0.95}}
    decision = verdict_on(record(accurate=0.95), record(accurate=0.95), **asked)
    assert entry(decision, "accurate_share").met
    assert not entry(decision, "held_out_error").met
    assert decision.blocking == entry(decision, "held_out_error").words
    assert "at 95% confidence at most 0.22, 0.21 asked, held in 0 of the last 2 cycles" in decision.blocking


def test_the_worst_system_decides() -> None:
    shares = {"zif4": 0.99, "zif8": 0.5}
    decision = verdict_on(record(accurate_share=shares), cycles=1, accurate_share={"above": 0.9})
    assert entry(decision, "accurate_share").found == 0.5
    assert "zif8" in decision.blocking


def test_a_quantile_of_the_deviation_is_read_from_the_histogram() -> None:
    decision = verdict_on(record(), cycles=1, deviation={"quantile": 0.95, "below": 0.16})
    assert entry(decision, "deviation").found == pytest.approx(0.15)
    assert decision.stop_reason == "converged"


def test_without_held_out_frames_their_criterion_is_not_met() -> None:
    decision = verdict_on(record(held_out=None), cycles=1, held_out_error={"below": 1.0, "confidence": 0.95})
    assert decision.stop_reason is None
    assert "too few held-out frames" in decision.blocking


# -- an observable ---------------------------------------------------------------------------------------------


def density(*values: float, drivers: tuple[int | None, ...] = (0, 1, 2)) -> CycleRecord:
    """A record of runs at one condition, each driven by another member."""
    runs = [
        {"system": "zif4", "run": "300K_0GPa", "driver": driver, "mean": value}
        for value, driver in zip(values, drivers, strict=False)
    ]
    return record(observables={"density": runs})


@pytest.mark.parametrize("cycles", [1, 2, 3])
def test_a_verdict_on_what_is_remembered_is_that_on_everything(cycles: int) -> None:
    asked: dict[str, Any] = {**STABLE, "cycles": cycles, "deviation": {"quantile": 0.95, "below": 0.16}}
    everything, kept = list[CycleRecord](), list[CycleRecord]()
    for rise in range(6):
        newest = density(1.2, 1.2 + 0.01 * rise)
        everything, kept = [*everything, newest], [*kept, newest]
        assert verdict_on(*kept, **asked).criteria == verdict_on(*everything, **asked).criteria
        kept = remembered(kept, cycles)
    assert sum(bool(record.histograms) for record in kept) == max(cycles, 2) - 1
    assert [record.held_out for record in kept] == [record.held_out for record in everything]


STABLE = {"observable": {"name": "density", "tolerance": 0.02}}


def test_an_observable_that_agrees_between_cycles_and_members_is_converged() -> None:
    assert verdict_on(density(1.2, 1.21), density(1.2, 1.19), **STABLE).stop_reason == "converged"


@pytest.mark.parametrize(
    "history", [(density(1.2), density(1.4, drivers=(1,))), (density(1.2, 1.4), density(1.2, 1.2))]
)
def test_an_observable_that_differs_blocks(history: Any) -> None:
    decision = verdict_on(*history, **STABLE)
    assert decision.stop_reason is None
    assert "density of zif4 at 300K_0GPa differs by" in decision.blocking


@pytest.mark.parametrize(
    ("history", "words"),
    [
        ((record(), record()), "no run reported density"),
        ((density(1.2),), "known of 1 cycles only"),
        ((density(1.2), density(1.2)), "one member of the committee only"),
        ((density(1.2, drivers=(None,)), density(1.2, drivers=(None,))), "one member of the committee only"),
    ],
)
def test_an_observable_that_is_not_known_well_enough_says_so(history: Any, words: str) -> None:
    decision = verdict_on(*history, **STABLE)
    assert decision.stop_reason is None
    assert words in decision.blocking


# -- learning nothing ------------------------------------------------------------------------------------------


def errors(*rmse: float, accurate: float = 0.3, **found: Any) -> list[CycleRecord]:
    """Cycles of which each paid for labels and found this held-out error."""
    return [record(held_out={"rmse": e, "low": e, "high": e}, accurate=accurate, **found) for e in rmse]


def test_labels_that_teach_nothing_end_the_campaign_and_say_so() -> None:
    decision = verdict_on(*errors(0.2, 0.2, 0.21, 0.199))
    assert decision.stop_reason == "not_learning"
    words = entry(decision, "not_learning").words
    assert "24 labels of the last 3 cycles taught nothing" in words
    assert "from 0.2 to 0.199 eV/Å" in words


@pytest.mark.parametrize(
    "history",
    [
        errors(0.2, 0.2, 0.2),
        errors(0.2, 0.2, 0.19, 0.2),
        [*errors(0.2), *errors(0.2, 0.2, 0.2, accurate=0.4)],
        [*errors(0.2, 0.2, 0.2), record(n_labelled=0)],
        [record(held_out=None)] * 5,
        [*errors(0.2, 0.2, accurate=0.9), *errors(0.2, 0.2, 0.2, stages={"zif4": 1})],
    ],
)
def test_a_campaign_that_may_still_learn_goes_on(history: Any) -> None:
    assert verdict_on(*history).stop_reason is None


# -- nodes -----------------------------------------------------------------------------------------------------


@pytest.fixture
def settings(aiida_profile: object) -> orm.Dict:
    """Two systems."""
    return orm.Dict(
        {
            "seed": 1,
            "systems": {"zif4": {}, "zif8": {}},
            "seed_data": {"aimd": [{"steps": 4}], "perturbed": None},
            "held_out": {"aimd": []},
            "labelling": {"gates": {}},
            "exploration": {"stages": None},
            "convergence": NOTHING_ASKED,
            "limits": LIMITS.model_dump(),
            "failure_budget": {"label": 0.3, "hopeless": 0.95},
        }
    ).store()


def opened(settings: orm.Dict, **reports: dict[str, Any]) -> Verdict:
    """The verdict before the first cycle."""
    nodes = {f"{name}_seed_aimd_0": orm.Dict(report) for name, report in reports.items()}
    return Verdict.from_node(open_campaign(settings=settings, **nodes))


GOOD, BAD = {"n_labelled": 9, "n_rejected": {"scf": 1}}, {"n_labelled": 1, "n_rejected": {"scf_not_converged": 9}}
SELECTION = {
    "n_selected": 5,
    "n_explored": 100,
    "n_accurate": 60,
    "n_candidate": 40,
    "n_failed": 0,
    "histogram": {"edges": EDGES, "counts": [60, 40, 0]},
}


EXPLORED = {"n_explored": 18, "n_accurate": 10, "n_candidate": 8, "n_failed": 0}


def judged(settings: orm.Dict, before: Verdict, errors: Any = None, **evidence: dict[str, Any]) -> Verdict:
    """The verdict after one more cycle."""
    nodes: dict[str, Any] = {name: orm.Dict(values) for name, values in evidence.items()}
    nodes |= {"errors": errors} if errors is not None else {}
    return Verdict.from_node(judge(settings=settings, verdict=orm.Dict(before.as_dict()), **nodes))


def test_a_system_whose_first_labels_fail_is_left_out_from_the_beginning(settings: orm.Dict) -> None:
    verdict = opened(settings, zif4=GOOD, zif8=BAD)
    assert verdict.systems["zif4"] == Standing()
    assert verdict.systems["zif8"].quarantined
    assert "seed_aimd_0: 9 of 10 frames got no label (9 scf not converged)" in verdict.systems["zif8"].cause


def test_a_first_labelling_without_a_report_is_a_failure(settings: orm.Dict) -> None:
    assert opened(settings, zif4=GOOD).systems["zif8"].quarantined


def test_a_system_that_fails_twice_in_a_row_is_left_out(settings: orm.Dict) -> None:
    verdict = opened(settings, zif4=GOOD, zif8=GOOD)
    for cycle in (1, 2):
        verdict = judged(settings, verdict, selection_zif4=SELECTION, labelling_zif4=GOOD)
        assert verdict.systems["zif8"].failures == cycle
        assert verdict.systems["zif8"].quarantined is (cycle == 2)
    assert "returned no frame" in verdict.systems["zif8"].cause
    assert not verdict.finished
    assert verdict.n_labels == 9 * 4


def test_a_system_is_left_out_with_the_cause_of_its_failure(settings: orm.Dict) -> None:
    seen = {"n_explored": 9, "n_accurate": 9}
    runs = [{"label": "300K_0GPa", "ended": "crashed", **seen}, {"label": "600K", "ended": "completed", **seen}]
    lost = {**EXPLORED, "runs": runs}
    verdict = judged(settings, opened(settings, zif4=GOOD, zif8=GOOD), exploration_zif8=lost)
    assert verdict.systems["zif8"].cause == "MD runs were lost: 300K_0GPa"
    hopeless = {**SELECTION, "n_failed": 96}
    verdict = judged(settings, opened(settings, zif4=GOOD, zif8=GOOD), selection_zif8=hopeless)
    assert verdict.systems["zif8"].cause.startswith("96 of 100 frames are above the upper level")


def test_a_system_that_could_not_afford_a_label_is_not_taken_for_accurate(settings: orm.Dict) -> None:
    poor = {**SELECTION, "n_selected": 0, "not_chosen": {"over_budget": 7}}
    verdict = judged(settings, opened(settings, zif4=GOOD, zif8=GOOD), selection_zif4=poor)
    assert "zif4" not in verdict.history[-1].least_accurate


def test_one_failure_is_forgiven(settings: orm.Dict) -> None:
    verdict = opened(settings, zif4=GOOD, zif8=GOOD)
    both = {f"selection_{name}": SELECTION for name in ("zif4", "zif8")}
    verdict = judged(settings, verdict, **both, labelling_zif4=GOOD, labelling_zif8=BAD)
    assert verdict.systems["zif8"].failures == 1
    verdict = judged(settings, verdict, **both, labelling_zif4=GOOD, labelling_zif8=GOOD)
    assert verdict.systems["zif8"] == Standing()


def test_the_silence_of_a_system_that_failed_is_not_taken_for_knowledge(settings: orm.Dict) -> None:
    nothing = {**SELECTION, "n_selected": 0}
    verdict = judged(settings, opened(settings, zif4=GOOD, zif8=GOOD), selection_zif4=nothing)
    assert not verdict.finished
    verdict = judged(settings, verdict, selection_zif4=nothing)
    assert verdict.stop_reason == "nothing_left_to_label"
    assert verdict.systems["zif8"].quarantined


def test_held_out_errors_and_observables_reach_the_verdict(settings: orm.Dict) -> None:
    asked = {"held_out_error": {"below": 0.2, "confidence": 0.9}, "observable": {"name": "density", "tolerance": 0.01}}
    values = settings.get_dict() | {"convergence": NOTHING_ASKED | asked}
    array = orm.ArrayData()
    array.set_array("c00_zif4__force_rmse", np.full((3, 20), 0.1))
    array.set_array("c00_zif4__max_force_deviation", np.full(20, 0.1))
    runs = [
        {
            "label": "300K",
            "n_accurate": 5,
            "n_explored": 9,
            "driver": index,
            "observables": {"density": {"mean": 1.2, "error": 0.01}},
        }
        for index in (0, 1)
    ]
    verdict = opened(settings, zif4=GOOD, zif8=GOOD)
    for _ in range(2):
        verdict = judged(
            orm.Dict(values),
            verdict,
            errors=array,
            selection_zif4=SELECTION,
            labelling_zif4=GOOD,
            exploration_zif4={**EXPLORED, "runs": [*runs, {"label": "600K", "n_accurate": 5, "n_explored": 9}]},
        )
    assert verdict.stop_reason == "converged"
    held_out = verdict.history[-1].held_out
    assert held_out is not None
    assert held_out.high == pytest.approx(0.1)


def test_a_campaign_does_not_end_before_the_last_stage_of_a_curriculum(settings: orm.Dict) -> None:
    stages = [{"accurate": 0.9, "cycles": None}, {"accurate": 0.9, "cycles": None}]
    values = settings.get_dict() | {"systems": {"zif4": {}}, "exploration": {"stages": stages}}
    nothing = {**SELECTION, "n_selected": 0}
    runs = {**EXPLORED, "runs": [{"label": "300K", "n_accurate": 5, "n_explored": 10}]}
    verdict = opened(orm.Dict(values), zif4=GOOD)
    verdict = judged(orm.Dict(values), verdict, selection_zif4=SELECTION, labelling_zif4=GOOD, exploration_zif4=runs)
    assert "further stages" in verdict.blocking
    for reason in (None, "nothing_left_to_label"):  # the second stage has to be explored before it can be known
        verdict = judged(orm.Dict(values), verdict, selection_zif4=nothing, exploration_zif4=runs)
        assert verdict.stop_reason == reason


def test_a_campaign_may_ask_for_every_observable_that_is_measured() -> None:
    assert get_args(Observable.model_fields["name"].annotation) == STRUCTURE
