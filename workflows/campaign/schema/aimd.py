"""AIMD runs in a campaign file (no AiiDA)."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, StrictBool, model_validator
from pydantic_core import PydanticCustomError

from aiida_zif.plugins.cp2k.aimd.segments import SHORTEST_STAIR
from aiida_zif.plugins.cp2k.task import FEWEST_STEPS, target_in_words
from aiida_zif.workflows.campaign.schema.dynamics import check_times
from aiida_zif.workflows.campaign.schema.section import Count, Section, Steps, refuse
from aiida_zif.workflows.user_input.quantities import MdTime, PressureRamp, TemperatureRamp, TimeStep


def _stride_in_a_word(value: Any) -> Any:
    if value == "auto" or (isinstance(value, int) and not isinstance(value, bool) and value > 0):
        return value
    context = {"allowed": "a whole number of steps, at least 1, or auto", "fix": "write 'stride: auto' if in doubt"}
    raise PydanticCustomError("quantity", "found no stride", context)


Stride = Annotated[Count | Literal["auto"], BeforeValidator(_stride_in_a_word)]


class AimdRun(Section):
    """One AIMD run from the crystal; every stride-th step becomes a label."""

    temperature: TemperatureRamp = Field(description="target temperature; of a ramp a list, [beginning, end]")
    timestep: TimeStep = Field(0.5, description="time step")
    steps: Steps = Field(description="number of steps")
    stride: Stride = Field(description="label every so many steps; auto measures how many make frames independent")
    ensemble: Literal["nvt", "npt"] = Field("nvt", description="ensemble; nvt keeps the crystal's own cell")
    deuterium: StrictBool = Field(False, description="give hydrogen the mass of deuterium")
    thermostat: Literal["csvr", "nose", "langevin"] = Field("csvr", description="thermostat; langevin for nvt only")
    thermostat_time: MdTime = Field(50.0, description="time constant of the thermostat")
    pressure: PressureRamp = Field(0.0, description="target pressure (npt); of a ramp a list, [beginning, end]")
    barostat_time: MdTime = Field(300.0, description="time constant of the barostat (npt)")

    @model_validator(mode="after")
    def _labels_something(self) -> AimdRun:
        if self.stride == "auto":
            if self.steps < FEWEST_STEPS:
                fix = f"take more steps, or a number such as 'stride: {max(1, self.steps // 5)}'"
                raise refuse("stride", f"auto of {self.steps} steps", f"auto of {FEWEST_STEPS} steps or more", fix)
        elif self.stride > self.steps:
            fix = "take more steps or a smaller stride"
            raise refuse("stride", f"{self.stride} of {self.steps} steps", "at most the steps of the run", fix)
        return self

    @model_validator(mode="after")
    def _can_be_run(self) -> AimdRun:
        if self.ensemble == "nvt" and self.pressure != 0.0:
            found = f"{target_in_words(self.pressure, 'GPa')} with ensemble nvt"
            fix = "write 'ensemble: npt', or leave the pressure out"
            raise refuse("pressure", found, "a pressure with ensemble npt only", fix)
        if self.ensemble == "npt" and self.thermostat == "langevin":
            raise refuse("thermostat", "langevin with ensemble npt", "csvr or nose with ensemble npt", "take csvr")
        ramp = isinstance(self.temperature, list) or isinstance(self.pressure, list)
        if ramp and self.steps < 2 * SHORTEST_STAIR:
            found, allowed = f"a ramp of {self.steps} steps", f"at least {2 * SHORTEST_STAIR} steps for a ramp"
            raise refuse("steps", found, allowed, "take more steps, or one temperature and one pressure")
        check_times(self.timestep, self.thermostat_time, self.barostat_time)
        return self
