"""What a labelling job is asked to do: label given frames, or a short molecular dynamics run (no AiiDA)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, StrictBool, StrictInt, model_validator
from pydantic_core import PydanticCustomError

from aiida_zif.plugins.cp2k.reading.gates import Gates
from aiida_zif.plugins.data.record import Record
from aiida_zif.plugins.input_checks.model import Checked, Count, Steps, Whole, refuse
from aiida_zif.plugins.input_checks.quantities import MdTime, PressureRamp, TemperatureRamp, TimeStep, ends_of
from aiida_zif.plugins.input_checks.quantities import target_in_words as target_in_words
from aiida_zif.plugins.input_checks.time_constants import check_times

AUTO = "auto"
FEWEST_STEPS = 50
"""Steps of a run of which the stride can be measured."""

SHORTEST_STAIR = 20
"""Steps, enough to measure a stride in the first; a short ramp has fewer and higher stairs."""


class AnyTask(Record):
    """What tasks of all kinds share."""

    called = "task"

    @classmethod
    def upgraded(cls, content: dict[str, Any], number: int) -> dict[str, Any]:
        """What was not asked for may be written as None."""
        return {key: value for key, value in content.items() if value is not None}


class BatchTask(AnyTask):
    """Label every given frame, in one run or, by ``zif.label``, in several.

    :param gates: what a frame must pass before it enters a block.
    :param batch_time: s, what one job should take; ``zif.label`` cuts the frames accordingly.
    """

    gates: Gates = Gates()
    batch_time: Annotated[float, Field(gt=0, strict=True, allow_inf_nan=False)] = 1800.0
    mode: Literal["batch"] = "batch"


def _stride_in_a_word(value: Any) -> Any:
    if value == AUTO or (isinstance(value, int) and not isinstance(value, bool) and value > 0):
        return value
    context = {"allowed": "a whole number of steps, at least 1, or auto", "fix": "write 'stride: auto' if in doubt"}
    raise PydanticCustomError("quantity", "found no stride", context)


Stride = Annotated[Count | Literal["auto"], BeforeValidator(_stride_in_a_word)]


class AimdSettings(Checked):
    """One AIMD run from the crystal; every stride-th step becomes a label.

    :param temperature: K; of a ramp, where it begins and where it ends.
    :param timestep: fs.
    :param steps: number of time steps; of a part, the number of its last step.
    :param stride: steps between labels, or ``auto``: measured, see :mod:`aiida_zif.plugins.cp2k.aimd.autocorrelation`.
    :param ensemble: ``nvt``, or ``npt`` with a flexible cell.
    :param deuterium: give H the mass of deuterium, which allows the longer time step of the literature.
    :param thermostat: ``csvr`` (Bussi, Donadio, Parrinello 2007), ``nose`` (Nosé-Hoover chain), ``langevin`` (nvt).
    :param thermostat_time: fs; of Langevin dynamics, the inverse of the friction.
    :param pressure: GPa, for ``npt``; of a ramp, where it begins and where it ends.
    :param barostat_time: fs, for ``npt``.
    """

    temperature: TemperatureRamp = Field(description="target temperature; of a ramp a list, [beginning, end]")
    timestep: TimeStep = Field(default=0.5, description="time step")
    steps: Steps = Field(description="number of steps")
    stride: Stride = Field(description="label every so many steps; auto measures how many make frames independent")
    ensemble: Literal["nvt", "npt"] = Field(default="nvt", description="ensemble; nvt keeps the crystal's own cell")
    deuterium: StrictBool = Field(default=False, description="give hydrogen the mass of deuterium")
    thermostat: Literal["csvr", "nose", "langevin"] = Field(
        default="csvr", description="thermostat; langevin for nvt only"
    )
    thermostat_time: MdTime = Field(default=50.0, description="time constant of the thermostat")
    pressure: PressureRamp = Field(default=0.0, description="target pressure (npt); of a ramp a list, [beginning, end]")
    barostat_time: MdTime = Field(default=300.0, description="time constant of the barostat (npt)")

    @property
    def temperatures(self) -> tuple[float, float]:
        """Target at the beginning and at the end, K."""
        return ends_of(self.temperature)

    @property
    def pressures(self) -> tuple[float, float]:
        """Target at the beginning and at the end, GPa."""
        return ends_of(self.pressure)

    @property
    def is_ramp(self) -> bool:
        """Whether a target changes on the way."""
        return len(set(self.temperatures)) > 1 or len(set(self.pressures)) > 1

    @property
    def all_steps(self) -> int:
        """Steps of the whole run."""
        return self.steps

    @model_validator(mode="after")
    def _labels_something(self) -> AimdSettings:
        steps = self.all_steps
        if self.stride == AUTO:
            if steps < FEWEST_STEPS:
                fix = f"take more steps, or a number such as 'stride: {max(1, steps // 5)}'"
                raise refuse("stride", f"auto of {steps} steps", f"auto of {FEWEST_STEPS} steps or more", fix)
        elif int(self.stride) > steps:
            fix = "take more steps or a smaller stride"
            raise refuse("stride", f"{self.stride} of {steps} steps", "at most the steps of the run", fix)
        return self

    @model_validator(mode="after")
    def _can_be_run(self) -> AimdSettings:
        if self.ensemble == "nvt" and set(self.pressures) != {0.0}:
            found = f"{target_in_words(self.pressure, 'GPa')} with ensemble nvt"
            fix = "write 'ensemble: npt', or leave the pressure out"
            raise refuse("pressure", found, "a pressure with ensemble npt only", fix)
        if self.ensemble == "npt" and self.thermostat == "langevin":
            raise refuse("thermostat", "langevin with ensemble npt", "csvr or nose with ensemble npt", "take csvr")
        if self.is_ramp and self.steps < 2 * SHORTEST_STAIR:
            found, allowed = f"a ramp of {self.steps} steps", f"at least {2 * SHORTEST_STAIR} steps for a ramp"
            raise refuse("steps", found, allowed, "take more steps, or one temperature and one pressure")
        check_times(self.timestep, self.thermostat_time, self.barostat_time)
        return self


class AimdTask(AimdSettings, AnyTask):
    """Run molecular dynamics from the first frame and label every ``stride``-th step.

    One job holds one temperature and one pressure; :mod:`aiida_zif.plugins.cp2k.aimd.segments` cuts a ramp, and a run
    that takes several jobs, into parts, which are tasks of this kind too. Steps are counted over the whole run.

    :param seed: seed of initial velocities and thermostat.
    :param run_steps: of a part, the steps of the whole run.
    :param first_step: step at which a part begins.
    :param label_after: steps up to this one have their labels; -1 labels the start of the run too.
    :param gates: what a frame must pass before it enters a block.
    """

    seed: StrictInt
    stride: Stride = 1
    run_steps: Steps | None = None
    first_step: Whole = 0
    label_after: Annotated[StrictInt, Field(ge=-1)] = 0
    gates: Gates = Gates()
    mode: Literal["aimd"] = "aimd"

    @property
    def all_steps(self) -> int:
        """Steps of the whole run, of which this may be a part."""
        return self.run_steps or self.steps

    @property
    def labelled_steps(self) -> list[int]:
        """Step numbers that become labels; none as long as the stride has to be measured."""
        if isinstance(self.stride, str):
            return []
        return [step for step in range(0, self.steps + 1, self.stride) if step > self.label_after]

    @model_validator(mode="after")
    def _begins_before_its_end(self) -> AimdTask:
        if self.first_step >= self.steps:
            found = f"{self.first_step} of a part that ends with step {self.steps}"
            raise refuse("first_step", found, "a step before the last one", "begin earlier, or take more steps")
        return self


Task = BatchTask | AimdTask


def read_task(content: Mapping[str, Any]) -> Task:
    """Check the dictionary of a task.

    :param content: ``{"mode": "batch"}`` or ``{"mode": "aimd", "temperature": …, "steps": …, "seed": …, …}`` with
        the fields of :class:`BatchTask` and :class:`AimdTask`.
    :raises ValueError: naming the field, the value found, what is allowed, and how to fix it.
    """
    mode = content.get("mode")
    if mode == "aimd":
        return AimdTask.from_dict(content)
    if mode == "batch":
        return BatchTask.from_dict(content)
    raise ValueError(f"task.mode: found {mode!r}, allowed is batch or aimd; fix: take one of these")
