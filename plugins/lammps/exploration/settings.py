"""What an exploration is asked to do: runs and common settings (no AiiDA)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import Field, StrictBool, model_validator

from aiida_zif.plugins.data.record import Record
from aiida_zif.plugins.input_checks.model import Checked, Count, Whole, refuse
from aiida_zif.plugins.input_checks.quantities import MdTime, TimeStep
from aiida_zif.plugins.input_checks.time_constants import check_times
from aiida_zif.plugins.lammps.limits import Chemistry, Halt, check_trust_levels
from aiida_zif.plugins.lammps.stages import BEFORE_SAMPLING, MAX_SEED, Label, Stage


class Run(Checked):
    """One trajectory: a starting frame, a seed for the velocities and the stages one after the other.

    ``driver`` is the member of the committee that drives it, counted round and round.

    :param start: index of its starting frame.
    """

    label: Label
    start: Whole = 0
    seed: Annotated[Count, Field(le=MAX_SEED)]
    stages: tuple[Stage, ...]
    driver: Whole = 0

    @property
    def dynamics(self) -> tuple[Stage, ...]:
        """The stages of MD, that is all but a minimisation."""
        return tuple(stage for stage in self.stages if stage.kind != "minimise")

    @property
    def sampled(self) -> tuple[Stage, ...]:
        """The stages of MD whose frames are explored."""
        return tuple(stage for stage in self.stages if stage.kind not in BEFORE_SAMPLING)

    @property
    def steps(self) -> int:
        """MD steps asked for, those of the equilibration included."""
        return sum(stage.steps for stage in self.dynamics)

    @property
    def equilibration(self) -> int:
        """MD steps before the first one that is sampled."""
        return sum(stage.steps for stage in self.dynamics if stage.kind == "equilibrate")

    @property
    def hottest(self) -> float:
        """Highest target, K."""
        return max(max(stage.temperature or (0.0,)) for stage in self.dynamics)

    @property
    def coldest(self) -> float:
        """Lowest target, K."""
        return min(min(stage.temperature or (math.inf,)) for stage in self.dynamics)

    @model_validator(mode="after")
    def _is_sampled_at_its_end(self) -> Run:
        kinds = [stage.kind for stage in self.stages]
        found = ", ".join(kinds) or "no stage"
        if not self.sampled:
            raise refuse("stages", found, "at least one stage of MD that is sampled", "add one of nvt or npt")
        if "minimise" in kinds[1:] or any(kind in BEFORE_SAMPLING for kind in kinds[-len(self.sampled) :]):
            allowed = "minimise as the first, equilibrate before all that is sampled"
            raise refuse("stages", found, allowed, "put them in this order")
        return self


class MotionSettings(Checked):
    """What holds for the MD of all runs.

    :param timestep: fs.
    :param sample_every: steps between two sampled frames (dump, deviation and thermodynamics).
    :param thermostat_time: Nosé-Hoover damping of the temperature, fs.
    :param barostat_time: Nosé-Hoover damping of the pressure, fs.
    :param plumed: input of PLUMED, which biases every run but pre-flights; needs a LAMMPS with that package.
    :param preflight: MD steps at the coldest condition that a model must survive before it drives runs of a lane.
    """

    timestep: TimeStep = Field(default=0.5, description="MD time step")
    sample_every: Count = Field(default=10, description="evaluate the deviation every so many steps")
    thermostat_time: MdTime = Field(default=50.0, description="time constant of the thermostat")
    barostat_time: MdTime = Field(default=500.0, description="time constant of the barostat")
    plumed: str | None = Field(default=None, description="input file of PLUMED, which then biases every run")
    preflight: Whole = Field(
        default=0, description="MD steps of the crystal that a new committee must survive first; 0: none"
    )

    @model_validator(mode="after")
    def _time_constants_fit(self) -> MotionSettings:
        check_times(self.timestep, self.thermostat_time, self.barostat_time)
        return self

    @model_validator(mode="after")
    def _plumed_has_an_input(self) -> MotionSettings:
        if self.plumed is not None and not self.plumed.strip():
            raise refuse("plumed", repr(self.plumed), "the text of a PLUMED input, or none", "leave it out")
        return self


class Settings(MotionSettings, Record):
    """What holds for all runs of a job; fs, K, eV/Å.

    :param lower: trust level on the max force deviation below which a frame is accurate, eV/Å.
    :param upper: trust level from which on a frame is failed, eV/Å.
    :param max_candidates: largest number of candidates that come back.
    :param keep: which ones: the most ``uncertain`` of the trust window, or a uniform sample of the ``window`` or of
        ``any`` frame below the upper level.
    :param n_control: number of frames drawn uniformly from all accurate and candidate frames.
    :param min_distance_scale: two atoms closer than this times the sum of covalent radii: frame failed.
    :param min_separation: candidates of one run are at least this far apart, fs.
    :param seed: of all samples that are drawn by chance.
    :param deuterium: hydrogen moves with the mass of deuterium (allows twice the time step).
    :param chemistry: checks that a frame is chemically unchanged, where the job has one.
    """

    called = "parameters"

    lower: Annotated[float, Field(ge=0, strict=True)] = 0.1
    upper: Annotated[float, Field(gt=0, strict=True)] = 5.0
    halt: Halt = Halt()
    chemistry: Chemistry = Chemistry()
    max_candidates: Whole = 200
    keep: Literal["uncertain", "window", "any"] = "uncertain"
    n_control: Whole = 20
    min_distance_scale: Annotated[float, Field(gt=0, strict=True)] = 0.6
    min_separation: Annotated[float, Field(ge=0, strict=True)] = 20.0
    seed: Whole = 1
    deuterium: StrictBool = False

    @classmethod
    def upgraded(cls, content: dict[str, Any], number: int) -> dict[str, Any]:
        """What a campaign of an earlier version did not say was written as None, and is left to its default."""
        return {key: value for key, value in content.items() if value is not None}

    @model_validator(mode="after")
    def _levels_are_in_order(self) -> Settings:
        check_trust_levels(self.lower, self.upper)
        if not self.halt.spares(self.upper):
            found, fix = f"{self.halt.force_deviation} eV/Å", "halt later, or lower parameters.upper"
            raise refuse("halt.force_deviation", found, f"at least parameters.upper ({self.upper:g} eV/Å)", fix)
        return self


def check_runs(given: Sequence[Mapping[str, Any]], settings: Settings, n_frames: int) -> list[Run]:
    """Return the checked runs of a job.

    :param given: the runs as plain dictionaries.
    :param n_frames: number of starting frames.
    :raises ValueError: naming the field, the value found, what is allowed, and how to fix it.
    """
    runs = [Run.read(run, f"runs[{index}]") for index, run in enumerate(given)]
    if not runs:
        raise ValueError("runs: found none, allowed is at least one run; fix: add one")
    labels = [run.label for run in runs]
    if len(set(labels)) < len(labels):
        raise ValueError(f"runs: found {', '.join(labels)}, allowed is labels that differ; fix: rename one")
    for index, run in enumerate(runs):
        if run.start >= n_frames:
            allowed = f"0 to {n_frames - 1}; fix: give as many frames, there are {n_frames}"
            raise ValueError(f"runs[{index}].start: found {run.start}, allowed is {allowed}")
        if not settings.halt.is_above(run.hottest):
            allowed = f"below parameters.halt.temperature ({settings.halt.temperature:g} K); fix: raise that"
            raise ValueError(f"runs[{index}].stages.temperature: found {run.hottest:g} K, allowed is {allowed}")
    return runs


def preflight_run(runs: Sequence[Run], settings: Settings, driver: int) -> Run:
    """Return the short run that a driver must survive: at constant volume, at the lowest temperature of all runs."""
    first = min(runs, key=lambda run: run.coldest)
    stage = Stage(kind="nvt", steps=settings.preflight, temperature=(first.coldest, first.coldest))
    return Run(label=f"preflight_model_{driver}", start=first.start, seed=first.seed, stages=(stage,), driver=driver)
