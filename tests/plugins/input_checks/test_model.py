"""One definition of a model serves jobs, in plain numbers, and files, in texts with units."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import Field

from aiida_zif.plugins.input_checks.model import Checked, Count, refuse
from aiida_zif.plugins.input_checks.quantities import Force, Temperature, TemperatureRamp, WrittenWithUnits
from aiida_zif.plugins.input_checks.refusal import refusal_text


class Heating(Checked):
    """Of a job."""

    target: TemperatureRamp
    steps: Count = Field(default=10, description="MD steps")
    limits: list[Temperature] = []
    force: Force | None = None


class HeatingInFile(WrittenWithUnits, Heating):
    """Of a file."""


WRITTEN = {"target": ["300 K", "1 kK"], "limits": ["27 °C"], "force": "100 meV/Å"}
PLAIN = {"target": [300, 1000.0], "limits": [300.15], "force": 0.1}


def test_texts_and_numbers_are_the_same_values() -> None:
    written, plain = HeatingInFile.model_validate(WRITTEN), Heating.read(PLAIN, "heating")
    assert written.model_dump() == plain.model_dump()
    assert plain.target == (300.0, 1000.0)
    assert Heating.read(written.model_dump(mode="json"), "heating") == plain


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        (
            {"target": "300 K"},
            "heating.target: found '300 K', allowed is a number in K, above 0 K up to 5000 K; fix",
        ),
        ({"target": [1, 2, 3]}, "fix: write for example [300, 300]"),
        ({"limits": [300, -1]}, "heating.limits[1]: found -1, allowed is a number in K, above 0 K up to 5000 K; fix: "),
        (
            {"force": float("nan")},
            "heating.force: found nan, allowed is a number in eV/Å, above 0 eV/Å up to 1000 eV/Å",
        ),
        ({"force": True}, "heating.force: found True, allowed is a number in eV/Å"),
        ({"steps": 2.0}, "heating.steps: found 2.0, allowed is a whole number, at least 1; fix: write 2: a whole"),
        ({"step": 2}, "heating.step: found the key 'step', allowed is target, steps, limits, force; fix: did you mean"),
    ],
)
def test_a_wrong_number_is_answered_with_field_found_allowed_and_fix(changes: dict[str, Any], text: str) -> None:
    with pytest.raises(ValueError, match=r"^heating") as refused:
        Heating.read(PLAIN | changes, "heating")
    assert text in str(refused.value)
    assert "; fix: " in str(refused.value)


def test_everything_that_is_wrong_is_said_at_once() -> None:
    with pytest.raises(ValueError, match=r"^heating") as refused:
        Heating.read({"steps": 0, "force": 2e3}, "heating")
    fields = [line.partition(":")[0] for line in str(refused.value).splitlines()]
    assert fields == ["heating.target", "heating.steps", "heating.force"]


def test_a_number_without_its_unit_is_refused_in_a_file_only() -> None:
    with pytest.raises(ValueError, match="found a bare number"):
        HeatingInFile.model_validate(WRITTEN | {"force": 0.1})
    assert HeatingInFile.model_json_schema()["properties"]["target"]["anyOf"][0]["type"] == "string"
    assert Heating.model_json_schema()["properties"]["target"]["anyOf"][0]["type"] == "number"


def test_a_rule_of_a_model_names_its_field() -> None:
    from pydantic import ValidationError, model_validator

    class Short(Heating):
        @model_validator(mode="after")
        def _is_short(self) -> Short:
            if self.steps > 5:
                raise refuse("steps", f"{self.steps}", "at most 5", "take fewer")
            return self

    with pytest.raises(ValidationError) as refused:
        Short.model_validate(PLAIN)
    assert refusal_text(refused.value, {}) == "steps: found 10, allowed is at most 5; fix: take fewer"
