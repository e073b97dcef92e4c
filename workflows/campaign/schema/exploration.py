"""Exploration in a campaign file: conditions, stages, what stops a run, what a frame must keep (no AiiDA)."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, StrictBool, model_validator

from aiida_zif.plugins.cp2k.task import target_in_words
from aiida_zif.workflows.campaign.schema.dynamics import check_times
from aiida_zif.workflows.campaign.schema.section import Count, Section, Share, Steps, Whole, refuse
from aiida_zif.workflows.user_input.quantities import (
    Force,
    MdTime,
    PressureRamp,
    RunawayTemperature,
    TemperatureRamp,
    TimeStep,
)

Factor = Annotated[float, Field(gt=1, le=10)]
Part = Annotated[float, Field(gt=0, lt=1)]
Temperatures = Annotated[list[TemperatureRamp], Field(min_length=1)]
Pressures = Annotated[list[PressureRamp], Field(min_length=1)]


class Halt(Section):
    """When an exploring run is stopped as hopeless."""

    temperature: RunawayTemperature = Field(description="instantaneous temperature")
    force_deviation: Force = Field(description="maximum force deviation")


class Chemistry(Section):
    """What a frame must keep of the crystal; a metal may change its linkers."""

    intact: StrictBool = Field(description="no bond of a linker is lost, none between linkers appears")
    stretch: Factor = Field(description="a bond is lost beyond this times the sum of covalent radii")
    new_bond: Annotated[float, Field(gt=0, lt=1.3)] = Field(
        description="a bond has appeared below this times the sum of covalent radii"
    )
    density: tuple[Part, Factor] = Field(description="smallest and largest density, as multiples of the crystal's")
    cell_shape: Factor = Field(description="largest ratio of two principal stretches of the cell")


class CurriculumStage(Section):
    """One stage of a curriculum; what it does not say is that of the exploration."""

    temperatures: Temperatures | None = Field(None, description="target temperatures")
    pressures: Pressures | None = Field(None, description="target pressures")
    ensemble: Literal["npt", "nvt"] | None = Field(None, description="ensemble")
    coupling: Literal["iso", "aniso", "tri"] | None = Field(None, description="which components of the cell move")
    steps: Steps | None = Field(None, description="MD steps of every run")
    accurate: Share = Field(0.95, description="left when the share of accurate frames is above this in every run")
    cycles: Count | None = Field(None, description="left after so many cycles at the latest")


class Exploration(Section):
    """MD driven by the committee, at every temperature and every pressure."""

    temperatures: Temperatures = Field(description="target temperatures; a ramp is a list, [beginning, end]")
    pressures: Pressures = Field(description="target pressures; a ramp is a list, [beginning, end]")
    ensemble: Literal["npt", "nvt"] = Field(description="ensemble")
    coupling: Literal["iso", "aniso", "tri"] = Field(description="which components of the cell move (npt)")
    steps: Steps = Field(description="MD steps of every run that are sampled")
    equilibration: Whole = Field(description="MD steps of every run before these, with a strong thermostat; 0: none")
    timestep: TimeStep = Field(description="MD time step")
    sample_every: Count = Field(description="look at the deviation every so many steps")
    thermostat_time: MdTime = Field(description="time constant of the thermostat")
    barostat_time: MdTime = Field(description="time constant of the barostat")
    halt: Halt = Field(description="when a run is stopped as hopeless")
    chemistry: Chemistry = Field(description="what a frame must keep of the crystal")
    stages: list[CurriculumStage] | None = Field(
        None, min_length=1, description="a curriculum: one stage after the other, each with conditions that differ"
    )
    plumed: str | None = Field(None, description="input file of PLUMED, which then biases every run")
    uncertain_starts: Share = Field(description="share of the runs that start where the committee erred most")
    preflight: Whole = Field(description="MD steps of the crystal that a new committee must survive first; 0: none")

    @model_validator(mode="after")
    def _every_stage_can_be_run(self) -> Exploration:
        check_times(self.timestep, self.thermostat_time, self.barostat_time)
        if not self.stages:
            _check_conditions(self.model_dump(), "")
        for index, stage in enumerate(self.stages or []):
            own = stage.model_dump(exclude_none=True)
            _check_conditions({**self.model_dump(), **own}, f"stages.{index}.")
        return self


def _check_conditions(values: dict[str, Any], at: str) -> None:
    """Refuse conditions that cannot be run; ``at`` is where they stand in the section."""
    steps, every = values["steps"], values["sample_every"]
    if every > steps:
        found = f"{every} of {steps} steps"
        field = f"{at}steps" if at else "sample_every"
        raise refuse(field, found, "at most the steps of the run", "take more steps or sample more often")
    if steps % every:
        fix = f"write for example 'steps: {steps - steps % every}'"
        raise refuse(f"{at}steps", f"{steps}", f"a multiple of sample_every, {every}", fix)
    for field in ("temperatures", "pressures"):
        conditions = [str(value) for value in values[field]]
        if len(set(conditions)) < len(conditions):
            raise refuse(f"{at}{field}", "the same value twice", "every value once", "remove the second one")
    if values["ensemble"] == "nvt" and len(values["pressures"]) > 1:
        found = f"{len(values['pressures'])} pressures at constant volume"
        fix = "take npt, or pressures: [0 GPa]"
        raise refuse(f"{at}pressures", found, "one pressure with ensemble nvt", fix)
    if values["ensemble"] == "nvt" and values["pressures"] != [0.0]:
        fix = "take npt, or pressures: [0 GPa]"
        found = f"{target_in_words(values['pressures'][0], 'GPa')} at constant volume"
        raise refuse(f"{at}pressures", found, "a pressure with ensemble npt only", fix)
    hottest = max(max(value) if isinstance(value, list) else value for value in values["temperatures"])
    halt = values["halt"]["temperature"]
    if halt <= hottest:
        fix = f"write for example '{2 * hottest:g} K': instantaneous temperatures fluctuate"
        raise refuse("halt.temperature", f"{halt:g} K", f"more than {hottest:g} K", fix)
