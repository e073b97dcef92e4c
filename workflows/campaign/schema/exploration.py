"""Exploration in a campaign file: conditions, stages, what stops a run, what a frame must keep (no AiiDA)."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from aiida_zif.plugins.input_checks.model import Count, Share, Steps, Whole, refuse
from aiida_zif.plugins.input_checks.quantities import Force, PressureRamp, TemperatureRamp, ends_of, target_in_words
from aiida_zif.plugins.lammps.exploration.settings import MotionSettings
from aiida_zif.plugins.lammps.limits import Chemistry, HaltLevels
from aiida_zif.plugins.lammps.stages import Coupling
from aiida_zif.workflows.campaign.schema.section import Section

Temperatures = Annotated[list[TemperatureRamp], Field(min_length=1)]
Pressures = Annotated[list[PressureRamp], Field(min_length=1)]


class Halt(HaltLevels, Section):
    """When an exploring run is stopped as hopeless."""

    force_deviation: Force = Field(description="maximum force deviation")


class CurriculumStage(Section):
    """One stage of a curriculum; what it does not say is that of the exploration."""

    temperatures: Temperatures | None = Field(None, description="target temperatures")
    pressures: Pressures | None = Field(None, description="target pressures")
    ensemble: Literal["npt", "nvt"] | None = Field(None, description="ensemble")
    coupling: Coupling | None = Field(None, description="which components of the cell move")
    steps: Steps | None = Field(None, description="MD steps of every run")
    accurate: Share = Field(
        0.95, description="the stage ends when more frames than this share are accurate in every run"
    )
    cycles: Count | None = Field(None, description="the stage ends after so many cycles at the latest")


class Conditions(Section):
    """Where the MD goes, and how long."""

    temperatures: Temperatures = Field(description="target temperatures; a ramp is a list, [beginning, end]")
    pressures: Pressures = Field(description="target pressures; a ramp is a list, [beginning, end]")
    ensemble: Literal["npt", "nvt"] = Field(description="ensemble")
    coupling: Coupling = Field(description="which components of the cell move (npt)")
    steps: Steps = Field(description="MD steps of every run that are sampled")
    equilibration: Whole = Field(description="MD steps of every run before these, with a strong thermostat; 0: none")


class Exploration(MotionSettings, Conditions):
    """MD driven by the committee, at every temperature and every pressure."""

    halt: Halt = Field(description="when a run is stopped as hopeless")
    chemistry: Chemistry = Field(description="checks that a frame is chemically unchanged")
    stages: list[CurriculumStage] | None = Field(
        None, min_length=1, description="a curriculum: one stage after the other, each with conditions that differ"
    )
    uncertain_starts: Share = Field(description="share of the runs that start where the committee erred most")

    @model_validator(mode="after")
    def _every_stage_can_be_run(self) -> Exploration:
        if not self.stages:
            self._check_conditions({}, "")
        for index, stage in enumerate(self.stages or []):
            self._check_conditions(stage.model_dump(exclude_none=True), f"stages.{index}.")
        return self

    def _check_conditions(self, own: dict[str, Any], at: str) -> None:
        """Refuse conditions that cannot be run.

        :param own: what a stage says itself.
        :param at: where it stands in the section.
        """
        values = {**dict(self), **own}
        _check_sampling(values["steps"], self.sample_every, at)
        _check_targets(values, at)
        hottest = max(max(ends_of(value)) for value in values["temperatures"])
        if not self.halt.is_above(hottest):
            fix = f"write for example '{2 * hottest:g} K': instantaneous temperatures fluctuate"
            raise refuse("halt.temperature", f"{self.halt.temperature:g} K", f"more than {hottest:g} K", fix)


def _check_sampling(steps: int, every: int, at: str) -> None:
    """A run has its last frame sampled, and one at least."""
    if every > steps:
        found = f"{every} of {steps} steps"
        field = f"{at}steps" if at else "sample_every"
        raise refuse(field, found, "at most the steps of the run", "take more steps or sample more often")
    if steps % every:
        fix = f"write for example 'steps: {steps - steps % every}'"
        raise refuse(f"{at}steps", f"{steps}", f"a multiple of sample_every, {every}", fix)


def _check_targets(values: dict[str, Any], at: str) -> None:
    """Every target comes once, and a pressure only where the cell moves."""
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
