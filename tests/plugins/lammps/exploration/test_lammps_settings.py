"""What may be asked of an exploration, and what is answered to the rest."""

from __future__ import annotations

from typing import Any

import pytest
from lammps_toy import PARAMETERS, RUNS

from aiida_zif.plugins.lammps.exploration.settings import Settings, check_runs

STAGE = {"kind": "nvt", "temperature": 300, "steps": 10}


def run(**changes: Any) -> dict[str, Any]:
    return {"label": "a", "start": 0, "seed": 1, "stages": [STAGE]} | changes


def stage(**changes: Any) -> dict[str, Any]:
    return run(stages=[STAGE | changes])


def test_defaults_fill_what_is_not_given() -> None:
    settings = Settings.from_dict({"halt": {"temperature": 900}})
    assert settings.halt.temperature == 900
    assert settings.halt.volume == (0.5, 2.0)
    assert Settings.from_dict(settings.as_dict()) == settings


def test_parameters_of_a_campaign_that_knew_neither_chemistry_nor_plumed_are_read() -> None:
    old = {"timestep": 0.5, "halt": {"temperature": 3000.0, "force_deviation": 20.0}, "chemistry": None, "plumed": None}
    assert Settings.from_dict(old).chemistry == Settings().chemistry
    assert Settings.from_dict({"schema": 1, **old}) == Settings.from_dict(old)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"timestep": 0}, "parameters.timestep"),
        ({"thermostat_time": 0.5}, "parameters.thermostat_time"),
        ({"timestep": float("nan")}, "parameters.timestep"),
        ({"sample_every": 2.5}, "parameters.sample_every"),
        ({"lower": 6.0}, "parameters.lower"),
        ({"keep": "best"}, "parameters.keep"),
        ({"n_control": -1}, "parameters.n_control"),
        ({"min_separation": -1.0}, "parameters.min_separation"),
        ({"halt": {"temperature": 0}}, "parameters.halt.temperature"),
        ({"halt": {"force_deviation": 1.0}}, "parameters.halt.force_deviation"),
        ({"halt": {"volume": [1.2, 2.0]}}, r"parameters.halt.volume\[0\]"),
        ({"halt": {"speed": 1}}, "parameters.halt.speed"),
        ({"chemistry": {"intact": 1}}, "parameters.chemistry.intact"),
        ({"chemistry": {"stretch": 1.0}}, "parameters.chemistry.stretch"),
        ({"chemistry": {"new_bond": 0}}, "parameters.chemistry.new_bond"),
        ({"chemistry": {"density": [1.2, 2.0]}}, r"parameters.chemistry.density\[0\]"),
        ({"chemistry": {"bonds": 3}}, "parameters.chemistry.bonds"),
        ({"preflight": -1}, "parameters.preflight"),
        ({"plumed": " "}, "parameters.plumed"),
        ({"step": 1}, "parameters.step"),
    ],
)
def test_impossible_parameter_is_named(given: dict[str, Any], field: str) -> None:
    with pytest.raises(ValueError, match=rf"^{field}: found .* allowed is "):
        Settings.from_dict(given)


@pytest.mark.parametrize(
    ("runs", "field"),
    [
        ([], "runs"),
        ([run(), run()], "runs"),
        ([run(label="a b\nquit")], r"runs\[0\].label"),
        ([run(start=1)], r"runs\[0\].start"),
        ([run(seed=0)], r"runs\[0\].seed"),
        ([run(stages=[])], r"runs\[0\].stages"),
        ([run(stages=[STAGE, {**STAGE, "kind": "equilibrate"}])], r"runs\[0\].stages"),
        ([run(stages=[{**STAGE, "kind": "equilibrate"}])], r"runs\[0\].stages"),
        (
            [run(stages=[{**STAGE, "kind": "equilibrate"}, {"kind": "minimise", "steps": 5}, STAGE])],
            r"runs\[0\].stages",
        ),
        ([run(stages=[STAGE, {"kind": "minimise", "steps": 5}])], r"runs\[0\].stages"),
        ([run(ensemble="nvt")], r"runs\[0\].ensemble"),
        ([run(driver=-1)], r"runs\[0\].driver"),
        ([stage(kind="nph")], r"runs\[0\].stages\[0\].kind"),
        ([stage(steps=0)], r"runs\[0\].stages\[0\].steps"),
        ([stage(temperature=-5)], r"runs\[0\].stages\[0\].temperature"),
        ([stage(temperature=[1, 2, 3])], r"runs\[0\].stages\[0\].temperature"),
        ([stage(kind="npt")], r"runs\[0\].stages\[0\].pressure"),
        ([stage(pressure=1.0)], r"runs\[0\].stages\[0\].pressure"),
        ([stage(kind="npt", pressure=0, coupling="xyz")], r"runs\[0\].stages\[0\].coupling"),
        ([stage(temperature=3000)], r"runs\[0\].stages.temperature"),
    ],
)
def test_impossible_run_is_named(runs: list[dict[str, Any]], field: str) -> None:
    with pytest.raises(ValueError, match=rf"^{field}: found .* allowed is "):
        check_runs(runs, Settings(), n_frames=1)


def test_runs_count_the_steps_of_dynamics_only() -> None:
    runs = check_runs(RUNS, Settings.from_dict(PARAMETERS), n_frames=1)
    assert [item.steps for item in runs] == [63, 100, 60]
