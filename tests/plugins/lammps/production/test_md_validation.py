"""Wrong inputs of a production run are refused with field, found, allowed and fix, before anything is stored."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from aiida import orm

from aiida_zif.plugins.lammps.production.validation import validate

Factory = Callable[..., Any]
NVT = {"kind": "nvt", "temperature": 300, "steps": 100}


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"stages": []}, "stages", "at least one stage of MD"),
        ({"stages": [NVT, {"kind": "minimise", "steps": 5}]}, "stages", "minimise as the first only"),
        ({"stages": [{**NVT, "temperature": 3500}]}, "stages[0].temperature", "below parameters.halt.temperature"),
        ({"stages": [{**NVT, "snapshots": 6}]}, "stages[0].snapshots", "at most 5"),
        ({"stages": [{**NVT, "pressure": 1}]}, "stages[0].pressure", "take kind npt"),
        ({"parameters": {"timestep": 4.0, "barostat_time": 60.0}}, "parameters.barostat_time", "time steps"),
        ({"parameters": {"sample_every": 10, "deviation_every": 25}}, "parameters.deviation_every", "a multiple of"),
        (
            {"parameters": {"trust": 1.0, "halt": {"force_deviation": 0.5}}},
            "parameters.halt.force_deviation",
            "at least",
        ),
        ({"parameters": {"trusst": 1.0}}, "parameters.trusst", "did you mean 'trust'?"),
    ],
)
def test_wrong_trajectory(md_inputs: dict[str, Any], changes: dict[str, Any], field: str, words: str) -> None:
    nodes = {"stages": orm.List(changes["stages"])} if "stages" in changes else {}
    if "parameters" in changes:
        nodes["parameters"] = orm.Dict(changes["parameters"])
    said = validate(md_inputs | nodes, None)
    assert said is not None
    assert said.startswith(f"{field}: found ")
    assert words in said
    assert "fix: " in said


def test_wrong_models(md_inputs: dict[str, Any], generate_model: Factory) -> None:
    assert validate(md_inputs, None) is None
    committee = {"a": generate_model(0, ["C", "H", "N", "Zn"]), "b": generate_model(1, ["H", "C", "N", "Zn"])}
    said = validate(md_inputs | {"committee": committee}, None)
    assert said is not None
    assert said.startswith("committee.b: found type_map ['H', 'C', 'N', 'Zn'], allowed is that of committee.a")
    without = {"a": generate_model(0, ["C", "H", "N"])}
    said = validate(md_inputs | {"committee": without, "parameters": orm.Dict({})}, None)
    assert said == (
        "frames: found Zn, allowed are the elements of the models, C, H, N; fix: take models that were trained on them"
    )
    alone = {"a": generate_model(0, ["C", "H", "N", "Zn"])}
    said = validate(md_inputs | {"committee": alone}, None)
    assert said is not None
    assert said.startswith("parameters.trust: found 0.12 eV/Å, allowed is none with one model")
