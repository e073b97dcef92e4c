"""What a production run is asked to do: its stages and what holds for all of them (no AiiDA)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import Field, StrictBool, model_validator

from aiida_zif.plugins.data.record import Record
from aiida_zif.plugins.input_checks.model import Count, Whole, refuse
from aiida_zif.plugins.input_checks.quantities import Force, Interval, Length, MdTime, TimeStep
from aiida_zif.plugins.input_checks.time_constants import check_times
from aiida_zif.plugins.lammps.limits import Chemistry, Halt
from aiida_zif.plugins.lammps.stages import MAX_SEED, Label, Stage

COST_OF_DEVIATION = 0.2
"""Largest share of the time of the driving model that the others of a committee may add."""
FEWEST_STEPS_A_LOOK = 20
"""Steps between two looks of a short run: to look at a frame then takes less than a hundredth of the time of MD."""
MOST_LOOKS = 20_000
"""Looks at a long run, which bounds its trajectory on the disk."""
MOST_PARTS = 20
"""Parts that a run is cut into; each starts LAMMPS and its model anew, which takes seconds."""


class MdStage(Stage):
    """One piece of a trajectory: a minimisation or MD at a temperature, and at a pressure or constant cell.

    ``ramp`` and ``hold`` are ``npt`` where a pressure is given and ``nvt`` otherwise; ``equilibrate`` takes excess
    energy out by friction.

    :param name: of the stage in reports and series, such as ``quench``; without one it is called by its kind.
    :param snapshots: frames of the stage that come back, evenly spaced, its last one included.
    """

    name: Label | None = None
    snapshots: Whole = 0

    @property
    def called(self) -> str:
        """The name of the stage in reports."""
        return self.name or self.kind

    @property
    def md_steps(self) -> int:
        """MD steps of the stage; a minimisation has none."""
        return 0 if self.kind == "minimise" else self.steps


class Settings(Record):
    """What holds for the whole trajectory; fs, K, GPa, eV/Å.

    :param timestep: fs.
    :param seed: of the velocities and, from it, of the noise of every part.
    :param sample_every: steps between two looks (thermodynamics, a frame of the trajectory).
    :param deviation_every: steps between two evaluations of the whole committee, a multiple of ``sample_every``.
    :param trust: max force deviation above which a frame is not trusted and comes back, eV/Å; None: no frame does.
    :param max_untrusted: largest number of such frames that come back.
    :param halt: when the run is given up.
    :param chemistry: what the linkers must keep; only with a topology.
    :param lasting_break: fs; linkers that are broken in every look for so long are taken to be broken for good.
    :param thermostat_time: Nosé-Hoover damping of the temperature, fs.
    :param barostat_time: Nosé-Hoover damping of the pressure, fs.
    :param deuterium: hydrogen moves with the mass of deuterium.
    :param blocks: blocks of a stage in the series; a short stage has as many as it has looks.
    :param checkpoint_every: steps of a part, after which a job can go on.
    :param compress: whether the driving models are compressed where they are used; ``auto``: if that pays.
    :param driver: the member of the committee that drives, counted in the order of their labels.
    :param pressure_check: compare the stress with finite differences of the energy before a stage with a pressure.
    :param coordination_cutoff: Å; a nitrogen closer to a metal is bound to it.
    """

    called = "parameters"

    timestep: TimeStep = 0.5
    seed: Annotated[Count, Field(le=MAX_SEED)] = 1
    sample_every: Count | None = None
    deviation_every: Count | None = None
    trust: Force | None = None
    max_untrusted: Whole = 100
    halt: Halt = Halt()
    chemistry: Chemistry = Chemistry()
    lasting_break: Interval = 500.0
    thermostat_time: MdTime = 50.0
    barostat_time: MdTime = 500.0
    deuterium: StrictBool = False
    blocks: Count = 50
    checkpoint_every: Count | None = None
    compress: StrictBool | Literal["auto"] = "auto"
    driver: Whole = 0
    pressure_check: StrictBool = True
    coordination_cutoff: Length = 2.5

    @model_validator(mode="after")
    def _time_constants_fit(self) -> Settings:
        check_times(self.timestep, self.thermostat_time, self.barostat_time)
        return self

    @model_validator(mode="after")
    def _halts_above_the_trust_level(self) -> Settings:
        if self.trust is not None and not self.halt.spares(self.trust):
            found, fix = f"{self.halt.force_deviation} eV/Å", "halt later, or lower parameters.trust"
            raise refuse("halt.force_deviation", found, f"at least parameters.trust ({self.trust:g} eV/Å)", fix)
        return self

    @model_validator(mode="after")
    def _deviation_belongs_to_a_look(self) -> Settings:
        if self.sample_every and self.deviation_every and self.deviation_every % self.sample_every:
            allowed = f"a multiple of parameters.sample_every ({self.sample_every})"
            raise refuse("deviation_every", f"{self.deviation_every}", allowed, "make one fit the other")
        return self


def check_stages(given: Sequence[Mapping[str, Any]], settings: Settings) -> list[MdStage]:
    """Return the checked stages of a trajectory.

    :raises ValueError: naming the field, the value found, what is allowed, and how to fix it.
    """
    stages = [MdStage.read(stage, f"stages[{index}]") for index, stage in enumerate(given)]
    kinds = ", ".join(stage.kind for stage in stages) or "none"
    if not any(stage.md_steps for stage in stages):
        raise ValueError(f"stages: found {kinds}, allowed is at least one stage of MD; fix: add one of nvt or npt")
    if any(stage.kind == "minimise" for stage in stages[1:]):
        raise ValueError(f"stages: found {kinds}, allowed is minimise as the first only; fix: put it there")
    for index, stage in enumerate(stages):
        hottest = max(stage.temperature or (0.0,))
        if not settings.halt.is_above(hottest):
            allowed = f"below parameters.halt.temperature ({settings.halt.temperature:g} K); fix: raise that"
            raise ValueError(f"stages[{index}].temperature: found {hottest:g} K, allowed is {allowed}")
        if stage.kind == "minimise" and stage.snapshots:
            raise ValueError(
                f"stages[{index}].snapshots: found {stage.snapshots}, allowed is 0 for minimise; fix: remove it"
            )
    return stages


def sample_every(settings: Settings, n_steps: int) -> int:
    """Steps between two looks: as asked, or as few as keep a long run within :data:`MOST_LOOKS`."""
    if settings.sample_every is not None:
        return settings.sample_every
    if settings.deviation_every is not None:
        return settings.deviation_every
    return max(FEWEST_STEPS_A_LOOK, math.ceil(n_steps / MOST_LOOKS))


def deviation_every(settings: Settings, n_steps: int, n_models: int) -> int:
    """Steps between two evaluations of a committee: as asked, or as few as :data:`COST_OF_DEVIATION` allows."""
    if settings.deviation_every is not None:
        return settings.deviation_every
    every, least = sample_every(settings, n_steps), (n_models - 1) / COST_OF_DEVIATION
    return every * max(1, math.ceil(least / every))
