"""What a labelling job is asked to do: label given frames, or a short molecular dynamics run (no AiiDA)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

MAX_FORCE = 50.0
"""eV/Å; a larger force means overlapping atoms, not chemistry to learn from."""


@dataclass(frozen=True)
class BatchTask:
    """Label every given frame in one run.

    :param max_force: eV/Å; a frame with a larger force component is rejected.
    """

    max_force: float = MAX_FORCE
    mode: str = "batch"


@dataclass(frozen=True)
class AimdTask:
    """Run molecular dynamics from the first frame and label every ``stride``-th step.

    :param ensemble: ``nvt`` (CSVR thermostat) or ``npt`` (the same with a flexible cell).
    :param temperature: K.
    :param steps: number of time steps.
    :param seed: seed of initial velocities and thermostat.
    :param timestep: fs.
    :param stride: steps between labels.
    :param label_start: label step 0 too.
    :param deuterium: give H the mass of deuterium, which allows the longer time step of the literature.
    :param thermostat_time: fs.
    :param pressure: GPa, for ``npt``.
    :param barostat_time: fs, for ``npt``.
    :param max_force: eV/Å; a frame with a larger force component is rejected.
    """

    temperature: float
    steps: int
    seed: int
    ensemble: str = "nvt"
    timestep: float = 0.5
    stride: int = 1
    label_start: bool = False
    deuterium: bool = False
    thermostat_time: float = 50.0
    pressure: float = 0.0
    barostat_time: float = 300.0
    max_force: float = MAX_FORCE
    mode: str = "aimd"

    @property
    def labelled_steps(self) -> list[int]:
        """Step numbers that become labels."""
        return list(range(0 if self.label_start else self.stride, self.steps + 1, self.stride))


Task = BatchTask | AimdTask

_POSITIVE = ("temperature", "steps", "timestep", "stride", "thermostat_time", "barostat_time", "max_force")
_WHOLE = ("steps", "stride", "seed")
_BOOLEAN = ("label_start", "deuterium")


def read_task(content: Mapping[str, Any]) -> Task:
    """Check the dictionary of a task.

    :param content: ``{"mode": "batch"}`` or ``{"mode": "aimd", "temperature": …, "steps": …, "seed": …, …}`` with
        the fields of :class:`BatchTask` and :class:`AimdTask`; ``{"thermostat": {"time_constant": fs}}`` and
        ``barostat`` may be given as sections.
    :raises ValueError: naming the field, the value found and what is allowed.
    """
    modes: dict[Any, type[BatchTask] | type[AimdTask]] = {"batch": BatchTask, "aimd": AimdTask}
    mode = content.get("mode")
    if mode not in modes:
        raise ValueError(f"task.mode: {mode!r} found, batch or aimd allowed")
    fields = {key: value for key, value in content.items() if key not in ("thermostat", "barostat")}
    for section in ("thermostat", "barostat"):
        for key, value in content.get(section, {}).items():
            if key != "time_constant":
                raise ValueError(f"task.{section}.{key}: unknown; only time_constant (fs) is allowed")
            fields[f"{section}_time"] = value
    allowed = modes[mode].__dataclass_fields__
    unknown = sorted(set(fields) - set(allowed))
    if unknown:
        raise ValueError(f"task.{unknown[0]}: unknown for mode {mode}; allowed are {', '.join(allowed)}")
    missing = [key for key in ("temperature", "steps", "seed") if mode == "aimd" and key not in fields]
    if missing:
        raise ValueError(f"task.{missing[0]}: missing; mode aimd needs temperature (K), steps and seed")
    _check_values(fields)
    return modes[mode](**fields)


def _check_values(fields: Mapping[str, Any]) -> None:
    for key, value in fields.items():
        if key in _BOOLEAN and not isinstance(value, bool):
            raise ValueError(f"task.{key}: {value!r} found, true or false allowed")
        if key in _BOOLEAN or key in ("mode", "ensemble"):
            continue
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ValueError(f"task.{key}: {value!r} found, a number is needed")
        if key in _WHOLE and value != int(value):
            raise ValueError(f"task.{key}: {value!r} found, a whole number is needed")
        if key in _POSITIVE and not value > 0:
            raise ValueError(f"task.{key}: {value!r} found, a number above zero is needed")
    if fields.get("ensemble", "nvt") not in ("nvt", "npt"):
        raise ValueError(f"task.ensemble: {fields['ensemble']!r} found, nvt or npt allowed")
    if fields.get("stride", 1) > fields.get("steps", float("inf")):
        raise ValueError(
            f"task.stride: {fields['stride']} found, but there are only {fields['steps']} steps; nothing is labelled"
        )
