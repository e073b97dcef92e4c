"""Verdicts of every version are read; what is stored is what was stored before, and the number of the definition."""

from __future__ import annotations

from typing import Any

import pytest

from aiida_zif.plugins.data.record import RecordError
from aiida_zif.workflows.active_learning.state.quarantine import STRIKES, Standing, opened, taking_part, updated
from aiida_zif.workflows.active_learning.state.verdict import Verdict, newest_verdict

FIRST_VERSION: dict[str, Any] = {
    "cycle": 2,
    "n_labels": 30,
    "finished": True,
    "stop_reason": "max_cycles",
    "criteria": [{"name": "max_cycles", "met": True, "found": 2, "limit": 2}],
}

FULL: dict[str, Any] = {
    **FIRST_VERSION,
    "blocking": "zif8 failed and gets another chance",
    "criteria": [{"name": "accurate_share", "met": False, "found": None, "limit": 0.9, "words": "no frame"}],
    "history": [
        {
            "n_selected": 8,
            "n_labelled": 7,
            "accurate_share": {"zif4": 0.5},
            "histograms": {"zif4": {"edges": [0.0, 0.1, 0.2], "counts": [90, 10]}},
            "observables": {"density": [{"system": "zif4", "run": "300K_0GPa", "driver": 1, "mean": 1.2}]},
            "held_out": {"rmse": 0.2, "low": 0.18, "high": 0.22},
            "least_accurate": {"zif4": 0.25},
            "stages": {"zif4": 0},
        }
    ],
    "systems": {"zif8": {"failures": 1, "cause": "not one frame got a label", "quarantined": False}},
}


def test_a_verdict_of_the_first_version_is_read() -> None:
    verdict = Verdict.from_dict(FIRST_VERSION)
    assert (verdict.cycle, verdict.stop_reason, verdict.history, verdict.systems) == (2, "max_cycles", [], {})
    assert verdict.criteria[0].words == ""


def test_a_verdict_without_a_number_keeps_its_content() -> None:
    assert Verdict.from_dict(FULL).as_dict() == {"schema": 1, **FULL}


def test_a_cycle_whose_distributions_were_dropped_is_read() -> None:
    cycle = {key: value for key, value in FULL["history"][0].items() if key not in ("histograms", "observables")}
    (record,) = Verdict.from_dict({**FULL, "history": [cycle]}).history
    assert (record.histograms, record.observables, record.least_accurate) == ({}, {}, {"zif4": 0.25})


def test_counts_stay_whole_numbers_and_limits_stay_what_they_were() -> None:
    stored = Verdict.from_dict(FIRST_VERSION).as_dict()
    assert type(stored["criteria"][0]["found"]) is int
    assert type(Verdict.from_dict(FULL).as_dict()["criteria"][0]["limit"]) is float


def test_a_verdict_of_a_newer_version_is_refused() -> None:
    with pytest.raises(RecordError, match="update aiida-zif"):
        Verdict.from_dict({**FULL, "schema": 2})


def test_the_context_of_an_earlier_version_names_its_verdict_state() -> None:
    assert newest_verdict({}) is None
    old, new = object(), object()
    assert newest_verdict({"state": old}) is old
    assert newest_verdict({"state": old, "verdict": new}) is new


def test_a_system_takes_part_until_it_fails_too_often_in_a_row() -> None:
    names, systems = ["zif8", "zif4"], opened({"zif4": None, "zif8": None})
    assert taking_part(names, {}) == taking_part(names, systems) == ["zif4", "zif8"]
    for _ in range(STRIKES):
        systems = updated(systems, {"zif4": None, "zif8": "no frame came back"})
    assert taking_part(names, systems) == ["zif4"]
    assert updated(systems, {"zif4": None})["zif8"] == Standing(
        failures=STRIKES, cause="no frame came back", quarantined=True
    )
