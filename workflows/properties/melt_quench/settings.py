"""What a melt-quench is asked: schedule, repetitions, and the criteria that its glass is judged by (no AiiDA)."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StrictBool, model_validator

from aiida_zif.plugins.data.record import Record
from aiida_zif.plugins.input_checks.model import Checked, Count, Share, Whole, refuse
from aiida_zif.plugins.input_checks.quantities import (
    Force,
    Length,
    MdTime,
    Pressure,
    StageTime,
    Temperature,
    TemperatureRate,
    TimeStep,
)
from aiida_zif.plugins.input_checks.time_constants import check_times
from aiida_zif.plugins.lammps.limits import Chemistry, HaltLevels
from aiida_zif.plugins.lammps.stages import MAX_SEED, Coupling
from aiida_zif.plugins.words import counted
from aiida_zif.workflows.campaign.supercell import AUTO, SupercellKey

MOST_STEPS = 1_000_000_000
"""MD steps of one leg; LAMMPS counts them in 32 bits."""

Factor = Annotated[float, Field(gt=0, le=10, strict=True)]


class MemoryCriteria(Checked):
    """When a melt counts as one that forgot the crystal: in every replica, all three at the end of the hold.

    Shares are counted from what chance alone would keep (0) to the crystal (1): in a small cell random metals share a
    linker often enough.
    """

    bonds_kept: Share = Field(
        default=0.25, description="largest share of the crystal's metal-nitrogen bonds that are kept, above chance"
    )
    net_kept: Share = Field(
        default=0.25,
        description="largest share of the crystal's pairs of metals with a linker that are kept, above chance",
    )
    displacement: Factor = Field(
        default=0.5, description="smallest root mean square displacement of the linkers, over the crystal's cage size"
    )


class VoidCriteria(Checked):
    """When a glass counts as one with a hole in it."""

    largest_sphere: Factor = Field(
        default=1.5, description="largest sphere that fits into the glass, over that of the crystal"
    )


class Schedule(Checked):
    """Equilibrate, heat, hold, quench, relax: K, GPa, ps, K/ps.

    :param start_temperature: of the crystal, K.
    :param heating: time from the crystal's temperature to that of the melt, ps.
    :param rates: of the quench, K/ps; one quench each from the end of every melt.
    """

    start_temperature: Temperature = Field(default=300.0, description="temperature of the crystal")
    melt_temperature: Temperature = Field(default=1500.0, description="temperature of the melt")
    glass_temperature: Temperature = Field(default=300.0, description="temperature of the glass")
    pressure: Pressure = Field(default=0.0, description="pressure of every stage at constant pressure")
    coupling: Coupling = Field(default="iso", description="how the cell may change: iso, aniso or tri")
    thermalisation: StageTime = Field(
        default=1.0, description="time at constant volume with a strong thermostat, at the beginning"
    )
    equilibration: StageTime = Field(default=12.5, description="time at constant pressure before heating")
    heating: StageTime = Field(default=50.0, description="time from the crystal's temperature to that of the melt")
    hold: StageTime = Field(default=50.0, description="time at the temperature of the melt")
    rates: Annotated[list[TemperatureRate], Field(min_length=1, max_length=12)] = Field(
        default=[5.0], description="rates of the quench, each from the end of every melt"
    )
    relax_npt: StageTime = Field(default=12.5, description="time at constant pressure after the quench")
    relax_nvt: StageTime = Field(default=25.0, description="time at constant volume after that")

    @model_validator(mode="after")
    def _melts_and_freezes(self) -> Schedule:
        for field in ("start_temperature", "glass_temperature"):
            value = getattr(self, field)
            if self.melt_temperature <= value:
                allowed, fix = f"more than {field}, {value:g} K", "raise it, such as 1500 K"
                if value >= 1500.0:
                    fix = f"raise it, or lower {field}, such as 300 K"
                raise refuse("melt_temperature", f"{self.melt_temperature:g} K", allowed, fix)
        if len({f"{rate:.4g}" for rate in self.rates}) < len(self.rates):
            found = ", ".join(f"{rate:g}" for rate in self.rates)
            raise refuse("rates", f"{found} K/ps", "every rate once", "remove the second one, or raise replicas")
        return self

    def quench(self, rate: float) -> float:
        """Return the time of the quench at a rate (K/ps), in ps."""
        return (self.melt_temperature - self.glass_temperature) / rate


class MeltQuenchChoices(Schedule):
    """The section of a study file: schedule, repetitions, motion, what comes back, criteria.

    :param supercell: ``auto``, repeats, or a matrix, as in a campaign file.
    :param replicas: independent melts; every one has seeds of its own.
    :param timestep: fs; thermostat_time and barostat_time are Nosé-Hoover damping times in fs.
    :param snapshots: frames of the equilibrated crystal, of the melt and of every relaxed glass that come back.
    :param trust: eV/Å; frames with a larger deviation of the committee come back; None: none does.
    :param coordination_cutoff: Å; a nitrogen within it is bonded to the metal.
    """

    supercell: SupercellKey = Field(default=AUTO, description="auto, repeats, or a matrix")
    replicas: Annotated[Count, Field(le=1000)] = Field(default=1, description="independent melts")
    timestep: TimeStep = Field(default=0.25, description="MD time step")
    thermostat_time: MdTime = Field(default=25.0, description="time constant of the thermostat")
    barostat_time: MdTime = Field(default=250.0, description="time constant of the barostat")
    sample_every: Count = Field(default=100, description="steps between two sampled frames")
    snapshots: Annotated[Count, Field(le=10_000)] = Field(default=10, description="frames of a state that are returned")
    trust: Force | None = Field(default=None, description="deviation of the committee above which a frame is returned")
    max_untrusted: Whole = Field(default=50, description="largest number of such frames of a trajectory")
    halt: HaltLevels = Field(default=HaltLevels(temperature=4000.0), description="when a trajectory is stopped early")
    chemistry: Chemistry = Field(default=Chemistry(), description="checks that the linkers stay intact")
    coordination_cutoff: Length = Field(default=2.5, description="largest metal-nitrogen distance of a bond")
    deuterium: StrictBool = Field(default=False, description="hydrogen moves with the mass of deuterium")
    pressure_check: StrictBool = Field(default=True, description="compare the pressure of a model with -dE/dV first")
    memory: MemoryCriteria = Field(default=MemoryCriteria(), description="when a melt forgot the crystal")
    void: VoidCriteria = Field(default=VoidCriteria(), description="when a glass has a void")

    def steps_of(self, picoseconds: float) -> int:
        """Return a time in ps as MD steps, at least one."""
        return max(1, round(picoseconds * 1000.0 / self.timestep))

    @model_validator(mode="after")
    def _can_be_run(self) -> MeltQuenchChoices:
        check_times(self.timestep, self.thermostat_time, self.barostat_time)
        if not self.halt.is_above(self.melt_temperature):
            found, fix = f"{self.halt.temperature:g} K", f"write for example {2 * self.melt_temperature:g} K"
            raise refuse("halt.temperature", found, f"more than the melt's {self.melt_temperature:g} K", fix)
        if self.trust is not None and not self.halt.spares(self.trust):
            found, allowed = f"{self.halt.force_deviation} eV/Å", f"at least trust, {self.trust:g} eV/Å"
            raise refuse("halt.force_deviation", found, allowed, "halt later, or lower trust")
        self._check_steps()
        return self

    def _check_steps(self) -> None:
        """Every stage is looked at often enough for its snapshots, and none is longer than can be counted."""
        for field in ("equilibration", "heating", "hold", "relax_npt", "relax_nvt"):
            steps, fewest = self.steps_of(getattr(self, field)), self.sample_every * self.snapshots
            if field != "heating" and steps < fewest:
                allowed = f"at least {fewest} steps: snapshots ({self.snapshots}) × sample_every ({self.sample_every})"
                fix = f"take at least {fewest * self.timestep / 1000.0:g} ps or fewer snapshots, or sample more often"
                found = f"{getattr(self, field):g} ps ({counted(steps, 'step')})"
                raise refuse(field, found, allowed, fix)
        for rate in self.rates:
            steps = self.steps_of(self.quench(rate))
            if steps < self.sample_every:
                allowed = f"at least sample_every, {self.sample_every} steps, from melt to glass"
                raise refuse("rates", f"{rate:g} K/ps ({steps} steps)", allowed, "quench more slowly")
            if steps > MOST_STEPS:
                fix = f"quench faster, such as {(self.melt_temperature - self.glass_temperature) / 1000:g} K/ps (1 ns)"
                raise refuse("rates", f"{rate:g} K/ps ({steps} steps)", f"at most {MOST_STEPS} steps", fix)


class MeltQuenchSettings(MeltQuenchChoices, Record):
    """The input ``settings`` of ``zif.melt_quench``.

    :param system: label of the framework.
    :param protocol: that the schedule was taken from; empty if none.
    :param seed: all velocities and noises derive from it, by purpose, replica and rate.
    """

    called = "settings"

    system: Annotated[str, Field(min_length=1)] = "framework"
    protocol: str = ""
    seed: Annotated[Count, Field(le=MAX_SEED)] = 1
