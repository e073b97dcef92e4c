"""The pieces that a trajectory consists of (no AiiDA)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from aiida_zif.plugins.input_checks.model import Checked, Steps, refuse
from aiida_zif.plugins.input_checks.quantities import PRESSURE, TEMPERATURE, Ramp, ends_of

Coupling = Literal["iso", "aniso", "tri"]
BEFORE_SAMPLING = ("minimise", "equilibrate")
"""Kinds of stages that bring a start to its temperature; their frames are no part of what was explored."""
MAX_SEED = 2**31 - 1

Temperatures = Annotated[tuple[float, float], Ramp(TEMPERATURE), AfterValidator(ends_of)]
Pressures = Annotated[tuple[float, float], Ramp(PRESSURE), AfterValidator(ends_of)]
Label = Annotated[
    str,
    Field(pattern=r"^[A-Za-z0-9_.+-]+$", json_schema_extra={"x-allowed": "letters, digits and _ . + - only"}),
]


class Stage(Checked):
    """One piece of a run; ``npt`` holds or ramps the pressure, the others do so where one is given.

    ``equilibrate`` is MD with a strong thermostat, at one temperature, whose frames are not sampled.

    :param steps: MD steps (for ``minimise`` the largest number of iterations).
    :param temperature: K at the start and at the end; None for ``minimise``.
    :param pressure: GPa at the start and at the end; None at constant cell.
    :param coupling: how the cell may change: ``iso``, ``aniso`` (lengths) or ``tri`` (lengths and angles).
    """

    kind: Literal["minimise", "equilibrate", "nvt", "npt", "ramp", "hold"]
    steps: Steps
    temperature: Temperatures | None = None
    pressure: Pressures | None = None
    coupling: Coupling = "tri"

    @model_validator(mode="after")
    def _has_its_targets(self) -> Stage:
        if self.kind == "minimise":
            return self
        if self.temperature is None:
            raise refuse("temperature", "nothing", TEMPERATURE.plainly, "add the temperature of the MD")
        if self.kind == "npt" and self.pressure is None:
            raise refuse("pressure", "nothing", PRESSURE.plainly, "add the pressure, or take kind nvt")
        if self.kind == "nvt" and self.pressure is not None:
            raise refuse("pressure", f"{self.pressure}", "no pressure with kind nvt", "take kind npt")
        return self
