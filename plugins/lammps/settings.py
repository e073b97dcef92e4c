"""What an exploration is asked to do: stages, runs and common settings, checked field by field (no AiiDA)."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from aiida_zif.plugins.lammps.checking import check_known, is_number, is_whole, pair, refused
from aiida_zif.plugins.lammps.limits import Chemistry, Halt

KINDS = ("minimise", "equilibrate", "nvt", "npt", "ramp", "hold")
BEFORE_SAMPLING = ("minimise", "equilibrate")
"""Kinds of stages that bring a start to its temperature; their frames are no part of what was explored."""
COUPLINGS = ("iso", "aniso", "tri")
KEEP = ("uncertain", "window", "any")
MAX_SEED = 2**31 - 1


@dataclass(frozen=True)
class Stage:
    """One piece of a run; ``npt`` holds or ramps the pressure, the others do so where one is given.

    ``equilibrate`` is MD with a strong thermostat, at one temperature, whose frames are not sampled.

    :param kind: one of ``minimise``, ``equilibrate``, ``nvt``, ``npt``, ``ramp``, ``hold``.
    :param steps: MD steps (for ``minimise`` the largest number of iterations).
    :param temperature: K at the start and at the end; None for ``minimise``.
    :param pressure: GPa at the start and at the end; None at constant cell.
    :param coupling: how the cell may change: ``iso``, ``aniso`` (lengths) or ``tri`` (lengths and angles).
    """

    kind: str
    steps: int
    temperature: tuple[float, float] | None = None
    pressure: tuple[float, float] | None = None
    coupling: str = "tri"

    @classmethod
    def from_dict(cls, where: str, given: Mapping[str, Any]) -> Stage:
        """Check one stage; ``where`` names it in messages.

        :raises ValueError: for an unknown key, or a value that is missing or not allowed.
        """
        check_known(where, given, [item.name for item in fields(cls)])
        kind, steps = given.get("kind"), given.get("steps")
        if kind not in KINDS:
            raise refused(f"{where}.kind", kind, f"one of {', '.join(KINDS)}")
        if not is_whole(steps, 1):
            raise refused(f"{where}.steps", steps, "a whole number of at least 1")
        if kind == "minimise":
            return cls(kind, int(given["steps"]))
        temperature = pair(f"{where}.temperature", given.get("temperature"), "K")
        if min(temperature) <= 0.0:
            raise refused(f"{where}.temperature", given["temperature"], "above 0 K")
        pressure = given.get("pressure")
        if pressure is None and kind == "npt":
            raise refused(f"{where}.pressure", None, "a number in GPa, or use kind nvt")
        if pressure is not None and kind == "nvt":
            raise refused(f"{where}.pressure", pressure, "no pressure with kind nvt, or use kind npt")
        coupling = given.get("coupling", "tri")
        if coupling not in COUPLINGS:
            raise refused(f"{where}.coupling", coupling, f"one of {', '.join(COUPLINGS)}")
        barostat = None if pressure is None else pair(f"{where}.pressure", pressure, "GPa")
        return cls(kind, int(given["steps"]), temperature, barostat, coupling)


@dataclass(frozen=True)
class Run:
    """One trajectory: a starting frame, a seed for the velocities and the stages one after the other.

    ``driver`` is the member of the committee that drives it, counted round and round.
    """

    label: str
    start: int
    seed: int
    stages: tuple[Stage, ...]
    driver: int = 0

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

    @classmethod
    def from_dict(cls, where: str, given: Mapping[str, Any]) -> Run:
        """Check one run.

        :raises ValueError: for an unknown key, or a value that is missing or not allowed.
        """
        check_known(where, given, [item.name for item in fields(cls)])
        label = given.get("label")
        if not isinstance(label, str) or not re.fullmatch(r"[A-Za-z0-9_.+-]+", label):
            raise refused(f"{where}.label", label, "letters, digits and _ . + - only")
        if not is_whole(given.get("start", 0), 0):
            raise refused(f"{where}.start", given.get("start"), "the index of a starting frame, from 0")
        if not is_whole(given.get("seed"), 1) or given["seed"] > MAX_SEED:
            raise refused(f"{where}.seed", given.get("seed"), f"a whole number from 1 to {MAX_SEED}")
        if not is_whole(given.get("driver", 0), 0):
            raise refused(f"{where}.driver", given.get("driver"), "the index of a model, from 0")
        stages = given.get("stages") or []
        run = cls(
            label,
            int(given.get("start", 0)),
            int(given["seed"]),
            tuple(Stage.from_dict(f"{where}.stages[{index}]", stage) for index, stage in enumerate(stages)),
            int(given.get("driver", 0)),
        )
        if not run.sampled:
            raise refused(f"{where}.stages", stages, "at least one stage of MD that is sampled")
        kinds = [stage.kind for stage in run.stages]
        if "minimise" in kinds[1:] or any(kind in BEFORE_SAMPLING for kind in kinds[-len(run.sampled) :]):
            raise refused(f"{where}.stages", kinds, "minimise as the first, equilibrate before all that is sampled")
        return run


@dataclass(frozen=True)
class Settings:
    """What holds for all runs of a job; fs, K, eV/Å.

    :param timestep: fs.
    :param sample_every: steps between two sampled frames (dump, deviation and thermodynamics).
    :param thermostat_time: Nosé-Hoover damping of the temperature, fs.
    :param barostat_time: Nosé-Hoover damping of the pressure, fs.
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
    :param chemistry: what a frame must keep of the crystal, where the job has one.
    :param plumed: input of PLUMED, which biases every run but pre-flights; needs a LAMMPS with that package.
    :param preflight: MD steps at the coldest condition that a model must survive before it drives runs of a lane.
    """

    timestep: float = 0.5
    sample_every: int = 10
    thermostat_time: float = 50.0
    barostat_time: float = 500.0
    lower: float = 0.1
    upper: float = 5.0
    halt: Halt = field(default_factory=Halt)
    max_candidates: int = 200
    keep: str = "uncertain"
    n_control: int = 20
    min_distance_scale: float = 0.6
    min_separation: float = 20.0
    seed: int = 1
    deuterium: bool = False
    chemistry: Chemistry = field(default_factory=Chemistry)
    plumed: str | None = None
    preflight: int = 0

    @classmethod
    def from_dict(cls, given: Mapping[str, Any]) -> Settings:
        """Check the parameters of a job.

        :raises ValueError: for an unknown key or a value that is not allowed.
        """
        check_known("parameters", given, [item.name for item in fields(cls)])
        halt = Halt.from_dict(given.get("halt") or {}, given.get("upper", cls.upper))
        chemistry = Chemistry.from_dict(given.get("chemistry") or {})
        settings = cls(**{**given, "halt": halt, "chemistry": chemistry})
        settings._check()
        return settings

    def as_dict(self) -> dict[str, Any]:
        """All values, plain types, defaults filled in."""
        return asdict(self)

    def _check(self) -> None:
        positive = ("timestep", "thermostat_time", "barostat_time", "upper", "min_distance_scale")
        for name in positive:
            if not is_number(getattr(self, name)) or getattr(self, name) <= 0:
                raise refused(f"parameters.{name}", getattr(self, name), "a number above 0")
        at_least = {"sample_every": 1, "max_candidates": 0, "n_control": 0, "seed": 0, "preflight": 0}
        for name, least in at_least.items():
            if not is_whole(getattr(self, name), least):
                raise refused(f"parameters.{name}", getattr(self, name), f"a whole number of at least {least}")
        if self.keep not in KEEP:
            raise refused("parameters.keep", self.keep, f"one of {', '.join(KEEP)}")
        if not is_number(self.lower) or not 0 <= self.lower < self.upper:
            raise refused("parameters.lower", self.lower, f"from 0 to below parameters.upper ({self.upper} eV/Å)")
        if self.plumed is not None and not (isinstance(self.plumed, str) and self.plumed.strip()):
            raise refused("parameters.plumed", self.plumed, "the text of a PLUMED input, or none")
        if not is_number(self.min_separation) or self.min_separation < 0:
            raise refused("parameters.min_separation", self.min_separation, "0 fs or more")


def check_runs(given: Sequence[Mapping[str, Any]], settings: Settings, n_frames: int) -> list[Run]:
    """Return the checked runs of a job.

    :param given: the runs as plain dictionaries.
    :param n_frames: number of starting frames.
    :raises ValueError: naming the field, the value found and what is allowed.
    """
    runs = [Run.from_dict(f"runs[{index}]", run) for index, run in enumerate(given)]
    if not runs:
        raise refused("runs", given, "at least one run")
    labels = [run.label for run in runs]
    if len(set(labels)) < len(labels):
        raise refused("runs", labels, "labels that differ")
    for index, run in enumerate(runs):
        if run.start >= n_frames:
            raise refused(f"runs[{index}].start", run.start, f"0 to {n_frames - 1}, there are {n_frames} frames")
        for stage in run.dynamics:
            if max(stage.temperature or (0.0,)) >= settings.halt.temperature:
                allowed = f"below parameters.halt.temperature ({settings.halt.temperature} K), or raise that"
                raise refused(f"runs[{index}].stages.temperature", stage.temperature, allowed)
    return runs


def preflight_run(runs: Sequence[Run], settings: Settings, driver: int) -> Run:
    """Return the short run that a driver must survive: at constant volume, at the lowest temperature of all runs."""
    coldest = min(runs, key=_lowest)
    stage = Stage("nvt", settings.preflight, (_lowest(coldest), _lowest(coldest)))
    return Run(f"preflight_model_{driver}", coldest.start, coldest.seed, (stage,), driver)


def _lowest(run: Run) -> float:
    return min(min(stage.temperature or (math.inf,)) for stage in run.dynamics)
