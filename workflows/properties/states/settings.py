"""A grid of states: temperatures, pressures, and how long each is simulated (no AiiDA)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from aiida_zif.plugins.data.record import Record
from aiida_zif.plugins.input_checks.model import Checked, Count, refuse
from aiida_zif.plugins.input_checks.quantities import Dimension, Force, MdTime, Pressure, Temperature, TimeStep
from aiida_zif.plugins.input_checks.time_constants import check_times
from aiida_zif.plugins.lammps.limits import Chemistry
from aiida_zif.plugins.lammps.stages import Coupling
from aiida_zif.plugins.words import counted
from aiida_zif.workflows.properties.structure.settings import Bin, Range, ShortLength

MOST_RUNS = 10_000
SMOOTHING = Dimension("length", {"Å": 1.0, "nm": 10.0, "pm": 0.01}, "0.2 Å", 0.0, 2.0)
Smoothing = Annotated[float, SMOOTHING]


class DecompositionOptions(Checked):
    """How the change from state to state is divided; see :mod:`aiida_zif.plugins.analysis.attribution`."""

    r_max: Range = Field(default=8.0, description="largest distance that is compared")
    bin: Bin = Field(default=0.1, description="width of a bin of the compared curves")
    smoothing: Smoothing = Field(default=0.2, description="width of the Gaussian that smooths these curves")
    bond: ShortLength = Field(default=2.5, description="metal–N cut-off of a bond")
    frames: Count = Field(
        default=20, description="largest number of frames of each replica and state that are compared"
    )


class StatesOptions(Checked):
    """One MD run for every temperature, pressure and replica."""

    temperatures: Annotated[list[Temperature], Field(min_length=1)] = Field(description="target temperatures")
    pressures: Annotated[list[Pressure], Field(min_length=1)] = Field(default=[0.0], description="target pressures")
    start: Literal["crystal", "glass"] = Field(default="crystal", description="what every run starts from")
    replicas: Annotated[Count, Field(le=1000)] = Field(default=3, description="independent runs of every state")
    coupling: Coupling = Field(default="tri", description="which components of the cell move")
    timestep: TimeStep = Field(default=0.5, description="MD time step")
    equilibration: MdTime = Field(default=5000.0, description="time of every run before it is sampled")
    sampling: MdTime = Field(default=10000.0, description="time of every run that is sampled")
    thermostat_time: MdTime = Field(default=50.0, description="time constant of the thermostat")
    barostat_time: MdTime = Field(default=500.0, description="time constant of the barostat")
    trust: Force | None = Field(default=None, description="deviation of the committee above which a frame is returned")
    chemistry: Chemistry = Field(default=Chemistry(), description="checks that the linkers stay intact")
    snapshots: Annotated[Count, Field(ge=2)] = Field(default=20, description="frames of every run")
    decomposition: DecompositionOptions = Field(
        default=DecompositionOptions(), description="division of the change of structure"
    )

    @model_validator(mode="after")
    def _states_differ(self) -> StatesOptions:
        for field in ("temperatures", "pressures"):
            values = getattr(self, field)
            if len(set(values)) < len(values):
                raise refuse(field, "the same value twice", "every value once", "remove the second one")
        if len(self.temperatures) * len(self.pressures) < 2:
            fix = "add a temperature or a pressure"
            raise refuse("temperatures", "one state", "at least two states", fix)
        check_times(self.timestep, self.thermostat_time, self.barostat_time)
        runs, steps = len(self.states) * self.replicas, int(self.sampling / self.timestep)
        if runs > MOST_RUNS:
            fix = "take fewer states or replicas"
            raise refuse("temperatures", f"{runs} runs of all states", f"at most {MOST_RUNS} runs", fix)
        if steps < self.snapshots:
            found, allowed = f"{self.sampling:g} fs ({counted(steps, 'step')})", f"a step for each of {self.snapshots}"
            fix = f"take at least {self.snapshots * self.timestep:g} fs, or fewer snapshots"
            raise refuse("sampling", found, f"{allowed} snapshots", fix)
        return self

    @property
    def states(self) -> list[tuple[float, float]]:
        """Temperature in K and pressure in GPa of every state; the first is what the others are compared with."""
        return [(temperature, pressure) for pressure in self.pressures for temperature in self.temperatures]


class StatesSettings(StatesOptions, Record):
    """Settings of `zif.states`; K, GPa, fs, Å.

    :param system: label of the system.
    :param seed: every other seed derives from it.
    """

    called = "states"

    system: str = ""
    seed: Count = 1
