"""What a labelling job is asked to do: label given frames, or a short molecular dynamics run (no AiiDA)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from aiida_zif.plugins.cp2k.reading.gates import Gates, read_gates

MAX_FORCE = Gates.max_force
"""eV/Å; a larger force means overlapping atoms, not chemistry to learn from."""

BATCH_TIME = 1800.0
"""s."""


@dataclass(frozen=True)
class BatchTask:
    """Label every given frame, in one run or, by ``zif.label``, in several.

    :param gates: what a frame must pass before it enters a block.
    :param batch_time: s, what one job should take; ``zif.label`` cuts the frames accordingly.
    """

    gates: Gates = field(default_factory=Gates)
    batch_time: float = BATCH_TIME
    mode: str = "batch"


ENSEMBLES = ("nvt", "npt")
THERMOSTATS = ("csvr", "nose", "langevin")
AUTO = "auto"
FEWEST_STEPS = 50
"""Steps of a run of which the stride can be measured."""


@dataclass(frozen=True)
class AimdTask:
    """Run molecular dynamics from the first frame and label every ``stride``-th step.

    One job holds one temperature and one pressure; :mod:`aiida_zif.plugins.cp2k.aimd.segments` cuts a ramp, and a run
    that takes several jobs, into parts, which are tasks of this kind too. Steps are counted over the whole run.

    :param temperature: K; of a ramp, where it begins and where it ends.
    :param steps: number of time steps; of a part, the number of its last step.
    :param seed: seed of initial velocities and thermostat.
    :param ensemble: ``nvt``, or ``npt`` with a flexible cell.
    :param timestep: fs.
    :param stride: steps between labels, or ``auto``: measured, see :mod:`aiida_zif.plugins.cp2k.aimd.autocorrelation`.
    :param run_steps: of a part, the steps of the whole run.
    :param first_step: step at which a part begins.
    :param label_after: steps up to this one have their labels; -1 labels the start of the run too.
    :param deuterium: give H the mass of deuterium, which allows the longer time step of the literature.
    :param thermostat: ``csvr`` (Bussi, Donadio, Parrinello 2007), ``nose`` (Nosé-Hoover chain), ``langevin`` (nvt).
    :param thermostat_time: fs; of Langevin dynamics, the inverse of the friction.
    :param pressure: GPa, for ``npt``; of a ramp, where it begins and where it ends.
    :param barostat_time: fs, for ``npt``.
    :param gates: what a frame must pass before it enters a block.
    """

    temperature: float | tuple[float, float]
    steps: int
    seed: int
    ensemble: str = "nvt"
    timestep: float = 0.5
    stride: int | str = 1
    run_steps: int | None = None
    first_step: int = 0
    label_after: int = 0
    deuterium: bool = False
    thermostat: str = "csvr"
    thermostat_time: float = 50.0
    pressure: float | tuple[float, float] = 0.0
    barostat_time: float = 300.0
    gates: Gates = field(default_factory=Gates)
    mode: str = "aimd"

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
    def labelled_steps(self) -> list[int]:
        """Step numbers that become labels; none as long as the stride has to be measured."""
        if isinstance(self.stride, str):
            return []
        return [step for step in range(0, self.steps + 1, self.stride) if step > self.label_after]


Task = BatchTask | AimdTask

_POSITIVE = (
    "temperature", "steps", "timestep", "stride", "run_steps", "thermostat_time", "barostat_time", "batch_time",
)  # fmt: skip
_WHOLE = ("steps", "stride", "run_steps", "first_step", "label_after", "seed")
_BOOLEAN = ("deuterium",)
_NAMES = {"ensemble": ENSEMBLES, "thermostat": THERMOSTATS}
_RAMPS = ("temperature", "pressure")


def ends_of(target: Any) -> tuple[float, float]:
    """Return where a target begins and where it ends, for a constant one twice the same."""
    return (target[0], target[1]) if isinstance(target, list | tuple) else (target, target)


def target_in_words(target: Any, unit: str) -> str:
    """Write ``300 K``, or ``300 to 800 K`` for a ramp."""
    start, end = ends_of(target)
    return f"{start:g} {unit}" if start == end else f"{start:g} to {end:g} {unit}"


def read_task(content: Mapping[str, Any]) -> Task:
    """Check the dictionary of a task.

    :param content: ``{"mode": "batch"}`` or ``{"mode": "aimd", "temperature": …, "steps": …, "seed": …, …}`` with
        the fields of :class:`BatchTask` and :class:`AimdTask`.
    :raises ValueError: naming the field, the value found and what is allowed.
    """
    modes: dict[Any, type[BatchTask] | type[AimdTask]] = {"batch": BatchTask, "aimd": AimdTask}
    mode = content.get("mode")
    if mode not in modes:
        raise ValueError(f"task.mode: {mode!r} found, batch or aimd allowed")
    fields: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in content.items()}
    allowed = modes[mode].__dataclass_fields__
    unknown = sorted(set(fields) - set(allowed))
    if unknown:
        raise ValueError(f"task.{unknown[0]}: unknown for mode {mode}; allowed are {', '.join(allowed)}")
    missing = [key for key in ("temperature", "steps", "seed") if mode == "aimd" and key not in fields]
    if missing:
        raise ValueError(f"task.{missing[0]}: missing; mode aimd needs temperature (K), steps and seed")
    _check_values({key: value for key, value in fields.items() if key != "gates"})
    return modes[mode](**fields | {"gates": read_gates(fields.get("gates"))})


def _check_values(fields: Mapping[str, Any]) -> None:
    for key, value in fields.items():
        if key in _NAMES and value not in _NAMES[key]:
            raise ValueError(f"task.{key}: {value!r} found, {' or '.join(_NAMES[key])} allowed")
        if key in _BOOLEAN and not isinstance(value, bool):
            raise ValueError(f"task.{key}: {value!r} found, true or false allowed")
        if key in _NAMES or key in _BOOLEAN or key == "mode" or (key, value) == ("stride", AUTO):
            continue
        if key in _RAMPS and isinstance(value, tuple) and len(value) != 2:
            raise ValueError(f"task.{key}: {len(value)} values found, one or two (beginning and end) allowed")
        for number in value if key in _RAMPS and isinstance(value, tuple) else (value,):
            _check_number(key, number)
    _check_run(fields)


def _check_number(key: str, value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"task.{key}: {value!r} found, a number is needed")
    if key in _WHOLE and value != int(value):
        raise ValueError(f"task.{key}: {value!r} found, a whole number is needed")
    if key in _POSITIVE and not value > 0:
        raise ValueError(f"task.{key}: {value!r} found, a number above zero is needed")


def _check_run(fields: Mapping[str, Any]) -> None:
    """What must hold between the fields of a run."""
    steps, stride = fields.get("steps", float("inf")), fields.get("stride", 1)
    run_steps = fields.get("run_steps", steps)
    if stride != AUTO and stride > run_steps:
        raise ValueError(f"task.stride: {stride} found, but there are only {run_steps} steps; nothing is labelled")
    if stride == AUTO and run_steps < FEWEST_STEPS:
        raise ValueError(
            f"task.stride: auto found with {run_steps} steps; it needs {FEWEST_STEPS} to measure it, or give a number"
        )
    if fields.get("first_step", 0) >= steps:
        raise ValueError(f"task.first_step: {fields['first_step']} found, but {steps} is the last step")
    if fields.get("thermostat") == "langevin" and fields.get("ensemble") == "npt":
        raise ValueError("task.thermostat: langevin found with ensemble npt; it is for nvt, take csvr or nose")
