"""What an exploration is asked to do: stages, runs and common settings, checked field by field (no AiiDA)."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Any

KINDS = ("minimise", "nvt", "npt", "ramp", "hold")
COUPLINGS = ("iso", "aniso", "tri")
MAX_SEED = 2**31 - 1


@dataclass(frozen=True)
class Stage:
    """One piece of a run; ``npt`` holds or ramps the pressure, ``ramp`` and ``hold`` do so where one is given.

    :param kind: one of ``minimise``, ``nvt``, ``npt``, ``ramp``, ``hold``.
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
        _known(where, given, [item.name for item in fields(cls)])
        kind, steps = given.get("kind"), given.get("steps")
        if kind not in KINDS:
            raise _error(f"{where}.kind", kind, f"one of {', '.join(KINDS)}")
        if not _is_whole(steps, 1):
            raise _error(f"{where}.steps", steps, "a whole number of at least 1")
        if kind == "minimise":
            return cls(kind, int(given["steps"]))
        temperature = _pair(f"{where}.temperature", given.get("temperature"), "K")
        if min(temperature) <= 0.0:
            raise _error(f"{where}.temperature", given["temperature"], "above 0 K")
        pressure = given.get("pressure")
        if pressure is None and kind == "npt":
            raise _error(f"{where}.pressure", None, "a number in GPa, or use kind nvt")
        if pressure is not None and kind == "nvt":
            raise _error(f"{where}.pressure", pressure, "no pressure with kind nvt, or use kind npt")
        coupling = given.get("coupling", "tri")
        if coupling not in COUPLINGS:
            raise _error(f"{where}.coupling", coupling, f"one of {', '.join(COUPLINGS)}")
        barostat = None if pressure is None else _pair(f"{where}.pressure", pressure, "GPa")
        return cls(kind, int(given["steps"]), temperature, barostat, coupling)


@dataclass(frozen=True)
class Run:
    """One trajectory: a starting frame, a seed for the velocities and the stages one after the other."""

    label: str
    start: int
    seed: int
    stages: tuple[Stage, ...]

    @property
    def dynamics(self) -> tuple[Stage, ...]:
        """The stages that sample, that is all but a minimisation."""
        return tuple(stage for stage in self.stages if stage.kind != "minimise")

    @property
    def steps(self) -> int:
        """MD steps asked for."""
        return sum(stage.steps for stage in self.dynamics)

    @classmethod
    def from_dict(cls, where: str, given: Mapping[str, Any]) -> Run:
        """Check one run.

        :raises ValueError: for an unknown key, or a value that is missing or not allowed.
        """
        _known(where, given, [item.name for item in fields(cls)])
        label = given.get("label")
        if not isinstance(label, str) or not re.fullmatch(r"[A-Za-z0-9_.+-]+", label):
            raise _error(f"{where}.label", label, "letters, digits and _ . + - only")
        if not _is_whole(given.get("start", 0), 0):
            raise _error(f"{where}.start", given.get("start"), "the index of a starting frame, from 0")
        if not _is_whole(given.get("seed"), 1) or given["seed"] > MAX_SEED:
            raise _error(f"{where}.seed", given.get("seed"), f"a whole number from 1 to {MAX_SEED}")
        stages = given.get("stages") or []
        run = cls(
            label,
            int(given.get("start", 0)),
            int(given["seed"]),
            tuple(Stage.from_dict(f"{where}.stages[{index}]", stage) for index, stage in enumerate(stages)),
        )
        if not run.dynamics:
            raise _error(f"{where}.stages", stages, "at least one stage of MD")
        if any(stage.kind == "minimise" for stage in run.stages[1:]):
            raise _error(f"{where}.stages", [stage.kind for stage in run.stages], "minimise only as the first")
        return run


@dataclass(frozen=True)
class Halt:
    """When a run is stopped early.

    :param temperature: K; a hotter system has run away.
    :param force_deviation: eV/Å; one frame above it and the run is given up; None never stops.
    :param volume: smallest and largest volume, as multiples of the volume at the start.
    """

    temperature: float = 3000.0
    force_deviation: float | None = None
    volume: tuple[float, float] = (0.5, 2.0)


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
    :param n_control: number of frames drawn uniformly from all accurate and candidate frames.
    :param min_distance_scale: two atoms closer than this times the sum of covalent radii: frame failed.
    :param min_separation: candidates of one run are at least this far apart, fs.
    :param seed: of the control sample.
    :param deuterium: hydrogen moves with the mass of deuterium (allows twice the time step).
    """

    timestep: float = 0.5
    sample_every: int = 10
    thermostat_time: float = 50.0
    barostat_time: float = 500.0
    lower: float = 0.1
    upper: float = 5.0
    halt: Halt = field(default_factory=Halt)
    max_candidates: int = 200
    n_control: int = 20
    min_distance_scale: float = 0.6
    min_separation: float = 20.0
    seed: int = 1
    deuterium: bool = False

    @classmethod
    def from_dict(cls, given: Mapping[str, Any]) -> Settings:
        """Check the parameters of a job.

        :raises ValueError: for an unknown key or a value that is not allowed.
        """
        _known("parameters", given, [item.name for item in fields(cls)])
        halt = dict(given.get("halt") or {})
        _known("parameters.halt", halt, [item.name for item in fields(Halt)])
        if isinstance(halt.get("volume"), list):
            halt["volume"] = tuple(halt["volume"])
        settings = cls(**{**given, "halt": Halt(**halt)})
        settings._check()
        return settings

    def as_dict(self) -> dict[str, Any]:
        """All values, plain types, defaults filled in."""
        return asdict(self)

    def _check(self) -> None:
        positive = ("timestep", "thermostat_time", "barostat_time", "upper", "min_distance_scale")
        for name in positive:
            if not _is_number(getattr(self, name)) or getattr(self, name) <= 0:
                raise _error(f"parameters.{name}", getattr(self, name), "a number above 0")
        for name, least in (("sample_every", 1), ("max_candidates", 0), ("n_control", 0), ("seed", 0)):
            if not _is_whole(getattr(self, name), least):
                raise _error(f"parameters.{name}", getattr(self, name), f"a whole number of at least {least}")
        if not _is_number(self.lower) or not 0 <= self.lower < self.upper:
            raise _error("parameters.lower", self.lower, f"from 0 to below parameters.upper ({self.upper} eV/Å)")
        if not _is_number(self.min_separation) or self.min_separation < 0:
            raise _error("parameters.min_separation", self.min_separation, "0 fs or more")
        if not _is_number(self.halt.temperature) or self.halt.temperature <= 0:
            raise _error("parameters.halt.temperature", self.halt.temperature, "above 0 K")
        deviation = self.halt.force_deviation
        if deviation is not None and (not _is_number(deviation) or deviation < self.upper):
            raise _error("parameters.halt.force_deviation", deviation, f"at least parameters.upper ({self.upper})")
        volume = self.halt.volume
        pair = isinstance(volume, tuple) and len(volume) == 2 and all(map(_is_number, volume))
        if not pair or not 0 < volume[0] < 1 < volume[1]:
            raise _error("parameters.halt.volume", volume, "[below 1, above 1] times the volume at the start")


def check_runs(given: Sequence[Mapping[str, Any]], settings: Settings, n_frames: int) -> list[Run]:
    """Return the checked runs of a job.

    :param given: the runs as plain dictionaries.
    :param n_frames: number of starting frames.
    :raises ValueError: naming the field, the value found and what is allowed.
    """
    runs = [Run.from_dict(f"runs[{index}]", run) for index, run in enumerate(given)]
    if not runs:
        raise _error("runs", given, "at least one run")
    labels = [run.label for run in runs]
    if len(set(labels)) < len(labels):
        raise _error("runs", labels, "labels that differ")
    for index, run in enumerate(runs):
        if run.start >= n_frames:
            raise _error(f"runs[{index}].start", run.start, f"0 to {n_frames - 1}, there are {n_frames} frames")
        for stage in run.dynamics:
            if max(stage.temperature or (0.0,)) >= settings.halt.temperature:
                allowed = f"below parameters.halt.temperature ({settings.halt.temperature} K), or raise that"
                raise _error(f"runs[{index}].stages.temperature", stage.temperature, allowed)
    return runs


def _pair(where: str, value: Any, unit: str) -> tuple[float, float]:
    values = list(value) if isinstance(value, (list, tuple)) else [value, value]
    if len(values) != 2 or not all(map(_is_number, values)):
        raise _error(where, value, f"a number in {unit}, or two for a ramp")
    return float(values[0]), float(values[1])


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _is_whole(value: Any, least: int) -> bool:
    return _is_number(value) and value == int(value) and value >= least


def _known(where: str, given: Mapping[str, Any], names: Sequence[str]) -> None:
    unknown = sorted(set(given) - set(names))
    if unknown:
        raise _error(where, ", ".join(unknown), f"only {', '.join(names)}")


def _error(where: str, found: Any, allowed: str) -> ValueError:
    return ValueError(f"{where}: found {found!r}, allowed is {allowed}")
