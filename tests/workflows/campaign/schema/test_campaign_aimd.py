"""What a campaign file may ask of an AIMD run."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from aiida_zif.workflows.campaign.schema.aimd import AimdRun

RUN = {"temperature": "300 K", "timestep": "0.5 fs", "steps": 1000, "stride": "auto"}


def test_a_ramp_is_a_list_of_two_and_becomes_plain_numbers() -> None:
    run = AimdRun.model_validate(RUN | {"temperature": ["300 K", "527 °C"], "ensemble": "npt", "pressure": "1 kbar"})
    values = run.model_dump(mode="json")
    assert values["temperature"] == [300.0, pytest.approx(800.15)]
    assert (values["pressure"], values["stride"], values["thermostat"]) == (pytest.approx(0.1), "auto", "csvr")


@pytest.mark.parametrize(
    ("values", "field", "allowed"),
    [
        ({"temperature": ["300 K"]}, "temperature", "a list of two"),
        ({"temperature": ["300 K", "hot"]}, "temperature", "a temperature with its unit"),
        ({"pressure": "1 GPa"}, "pressure", "ensemble npt only"),
        ({"pressure": ["0 GPa", "1 GPa"]}, "pressure", "ensemble npt only"),
        ({"stride": 0}, "stride", "at least 1, or auto"),
        ({"stride": "often"}, "stride", "at least 1, or auto"),
        ({"stride": 1001}, "stride", "at most the steps of the run"),
        ({"steps": 40}, "stride", "auto of 50 steps or more"),
        ({"temperature": ["300 K", "800 K"], "steps": 30, "stride": 3}, "steps", "at least 40 steps for a ramp"),
        ({"ensemble": "npt", "thermostat": "langevin"}, "thermostat", "csvr or nose"),
        ({"thermostat_time": "0.5 fs"}, "thermostat_time", "at least two time steps"),
    ],
)
def test_an_impossible_run_is_refused_with_what_is_allowed(values: dict[str, Any], field: str, allowed: str) -> None:
    with pytest.raises(ValidationError) as refused:
        AimdRun.model_validate(RUN | values)
    (error,) = refused.value.errors()
    assert (error["ctx"].get("field") or error["loc"][0]) == field
    assert allowed in error["ctx"]["allowed"]
    assert error["ctx"]["fix"]
