"""Two numbers may be compared only where everything is alike that they depend on, and the words say what is not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from aiida_zif.plugins.data.measured import Measured
from aiida_zif.workflows.properties.validation.comparing import Circumstances, judged, z_score
from aiida_zif.workflows.properties.validation.facts import Facts, literature

OURS = Circumstances("PBE-D3", 300.0, "glass", 20.0, 272, 1.39)
CRYSTAL = replace(OURS, phase="crystal", rate=None, density=1.21)
MEASURED = Circumstances("", 304.0, "glass", None, None, None, is_measured=True)


def test_the_same_circumstances_may_be_compared() -> None:
    comparable, why = judged("mean_ring_size", OURS, OURS)
    assert comparable
    assert "level of theory" in why


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"level": "GFN1-xTB"}, "level of theory: PBE-D3 here, GFN1-xTB there"),
        ({"level": ""}, "not known"),
        ({"density": 1.58}, "density: 1.390 g/cm³ here, 1.580 there"),
        ({"n_atoms": 2176}, "size: 272 atoms here, 2176 there"),
        ({"rate": 100.0}, "schedule: 20 K/ps here, 100 K/ps there"),
        ({"rate": None}, "rate that is not stated"),
    ],
)
def test_what_differs_is_said_and_forbids_the_comparison(change: dict[str, object], word: str) -> None:
    comparable, why = judged("mean_ring_size", OURS, replace(OURS, **change))
    assert not comparable
    assert word in why


def test_a_quantity_is_not_judged_by_what_it_does_not_depend_on() -> None:
    assert judged("bond_length", OURS, replace(OURS, density=1.58, n_atoms=29376, rate=None))[0]
    assert not judged("bond_length", OURS, replace(OURS, temperature=1500.0))[0]


def test_a_measurement_has_no_level_but_a_quench_of_the_laboratory() -> None:
    comparable, why = judged("scattering_peak", OURS, MEASURED)
    assert not comparable
    assert "a quench of the laboratory" in why
    assert "a macroscopic sample" in why
    allowed, words = judged("density", CRYSTAL, replace(MEASURED, phase="crystal", temperature=300.0))
    assert allowed
    assert "error of the labels" in words


def test_the_score_needs_both_errors() -> None:
    ours = Measured(value=1.3, error=0.03)
    assert z_score(ours, Measured(value=1.2, error=0.04)) == pytest.approx(2.0)
    assert z_score(ours, Measured(value=1.2)) is None
    assert z_score(ours, None) is None


def test_literature_is_whole_and_of_known_quantities() -> None:
    facts = literature()
    assert len(facts.facts) > 40
    assert {fact.source for fact in facts.facts} == set(facts.sources)
    assert all(fact.how for fact in facts.facts)
    assert Facts.from_dict(facts.as_dict()) == facts


def test_a_fact_without_a_source_is_refused() -> None:
    content = literature().as_dict()
    content["facts"][0]["source"] = "hearsay"
    with pytest.raises(ValueError, match="hearsay"):
        Facts.from_dict(content)
