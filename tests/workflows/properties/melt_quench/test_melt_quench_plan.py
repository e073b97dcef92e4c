"""Legs, their names, seeds and stages follow from the settings and nothing else."""

from __future__ import annotations

import pytest
from made_up_legs import settings

from aiida_zif.plugins.lammps.production.settings import Settings, check_stages
from aiida_zif.workflows.properties.melt_quench.naming import Leg
from aiida_zif.workflows.properties.melt_quench.plan import (
    MELT_STAGES,
    QUENCH_STAGES,
    legs_of,
    parameters_of,
    schedule_in_words,
    seed_of,
    stages_of,
)


@pytest.mark.parametrize("leg", [Leg(0), Leg(12), Leg(0, 20.0), Leg(3, 2.5), Leg(0, 1e-5), Leg(0, 123456.0)])
def test_a_leg_is_read_from_its_name(leg: Leg) -> None:
    assert Leg.parse(leg.label()) == leg
    assert leg.label().isidentifier()
    assert leg.output().isidentifier()


@pytest.mark.parametrize("name", ["melt", "melt_0_at_5", "quench_0", "quench_0_at_x", "times"])
def test_what_is_no_leg_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="a trajectory such as"):
        Leg.parse(name)


def test_melts_come_first_and_the_longest_quenches_next() -> None:
    labels = [leg.label() for leg in legs_of(settings(replicas=2))]
    assert labels[:4] == ["melt_0", "melt_1", "quench_0_at_5", "quench_1_at_5"]
    assert len(labels) == 8


def test_every_leg_has_a_seed_of_its_own_that_other_legs_do_not_change() -> None:
    few, many = settings(), settings(replicas=5, rates=[1.0, 5.0, 20.0, 50.0])
    seeds = [seed_of(many, leg) for leg in legs_of(many)]
    assert len(set(seeds)) == len(seeds)
    assert all(seed_of(few, leg) == seed_of(many, leg) for leg in legs_of(few))
    assert seed_of(settings(seed=5), Leg(0)) != seed_of(few, Leg(0))


def test_stages_and_parameters_are_those_that_production_takes() -> None:
    wanted = settings(coupling="aniso", pressure=0.1, trust=0.4)
    for leg in legs_of(wanted):
        parameters = Settings.from_dict(parameters_of(wanted, leg, 2))
        stages = check_stages(stages_of(wanted, leg), parameters)
        assert [stage.called for stage in stages] == list(MELT_STAGES if leg.is_melt else QUENCH_STAGES)
        assert parameters.trust == 0.4
        assert all(stage.coupling == "aniso" for stage in stages if stage.pressure)
    assert [stage["snapshots"] for stage in stages_of(wanted, Leg(0)) if "snapshots" in stage] == [10, 10]


def test_a_quench_has_as_many_steps_as_its_rate_says() -> None:
    quench = stages_of(settings(), Leg(0, 20.0))[0]
    assert quench["temperature"] == [1500.0, 300.0]
    assert quench["steps"] * 0.5e-3 * 20.0 == 1200.0


def test_only_melts_compare_pressure_with_energy() -> None:
    assert parameters_of(settings(), Leg(0), 2)["pressure_check"]
    assert not parameters_of(settings(), Leg(0, 20.0), 2)["pressure_check"]


def test_the_schedule_is_said_as_it_is_run() -> None:
    text = " / ".join(schedule_in_words(settings()))
    assert "heat to 1500 K in 50 ps (24 K/ps)" in text
    assert "quench to 300 K at 5, 20, 50 K/ps" in text


def test_one_model_is_given_no_trust_level() -> None:
    assert parameters_of(settings(trust=0.4), Leg(0), 1)["trust"] is None
