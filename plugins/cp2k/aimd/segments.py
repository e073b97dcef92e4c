"""An AIMD run cut into the parts that one job takes: stairs of a ramp, and what a job left over (no AiiDA).

CP2K 2023.1 changes a temperature on the way only without thermostat (``ANNEALING`` rescales velocities) or in
Langevin dynamics (``TEMPERATURE_ANNEALING``), both by a factor a step, and a pressure not at all. A ramp is therefore
a staircase: every stair is a job of its own at constant targets that goes on from the restart file of the one before,
which works alike for every thermostat, for both ensembles, and across interruptions. The first stair is at the
beginning of the ramp, the last at its end.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aiida_zif.plugins.cp2k.task import AUTO, SHORTEST_STAIR, AimdTask

TEMPERATURE_RISE = 50.0
"""K between two stairs; the temperature of 100 atoms fluctuates by 8 % of itself."""

PRESSURE_RISE = 0.25
"""GPa between two stairs."""

MEASURED_TIME = 400.0
"""fs at the beginning of a run in which an automatic stride is measured: some 25 times what ZIFs show."""


@dataclass(frozen=True)
class Stair:
    """Constant targets up to a step.

    :param last_step: number of its last step.
    :param temperature: K.
    :param pressure: GPa.
    """

    last_step: int
    temperature: float
    pressure: float


@dataclass(frozen=True)
class Continuation:
    """Where the next part of a run begins.

    :param source: ``start``, ``restart`` (a restart file), ``label`` (the last labelled frame, its velocities drawn
        anew) or ``again`` (where the part before began, which brought nothing).
    :param part: the next part; None if nothing is left to label.
    """

    source: str
    part: AimdTask | None


def stairs(task: AimdTask) -> list[Stair]:
    """Return the staircase of a run, of equal steps; a run at constant targets has one stair."""
    (cold, hot), (low, high) = task.temperatures, task.pressures
    rises = math.ceil(max(abs(hot - cold) / TEMPERATURE_RISE, abs(high - low) / PRESSURE_RISE))
    count = min(rises, max(1, task.steps // SHORTEST_STAIR - 1)) + 1 if rises else 1
    shares = [index / max(count - 1, 1) for index in range(count)]
    return [
        Stair(round(task.steps * (index + 1) / count), cold + share * (hot - cold), low + share * (high - low))
        for index, share in enumerate(shares)
    ]


def first_part(task: AimdTask) -> AimdTask:
    """Return the part with which a run begins."""
    return _part(task, 0, task.label_after, task.stride, task.seed)


def next_part(task: AimdTask, part: AimdTask, outcome: Mapping[str, Any], seed: int) -> Continuation:
    """Return how a run goes on after a part of it.

    Of the restart files the newest counts that no label is missing before: what a kill kept from the output is then
    done again, and no step appears twice.

    :param task: the whole run.
    :param part: the last part.
    :param outcome: what its job says, see :func:`aiida_zif.plugins.cp2k.reading.run_outcome.run_outcome`.
    :param seed: for velocities that have to be drawn anew.
    """
    done, stride = int(outcome["labelled_up_to"]), outcome["stride"] or part.stride
    wanted = task.model_copy(update={"stride": stride, "label_after": done}).labelled_steps
    if stride != AUTO and not wanted:
        return Continuation("start", None)
    files = [step for step in outcome["restart_steps"] if part.first_step < step < (wanted or [task.steps])[0]]
    if files and stride != AUTO:
        return Continuation("restart", _part(task, max(files), done, stride, part.seed))
    if outcome["last_label"] is not None:
        return Continuation("label", _part(task, int(outcome["last_label"]), done, stride, seed))
    return Continuation("again", part)


def _part(task: AimdTask, first_step: int, label_after: int, stride: int | str, seed: int) -> AimdTask:
    """The part that begins at a step: to the end of its stair, or until the stride can be measured."""
    stair = next(stair for stair in stairs(task) if stair.last_step > first_step)
    last = min(stair.last_step, math.ceil(MEASURED_TIME / task.timestep)) if stride == AUTO else stair.last_step
    return task.model_copy(
        update={
            "temperature": stair.temperature,
            "pressure": stair.pressure,
            "first_step": first_step,
            "label_after": label_after,
            "steps": last,
            "run_steps": task.steps,
            "stride": stride,
            "seed": seed,
        }
    )
