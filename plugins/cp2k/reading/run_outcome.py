"""Result of one job of an AIMD run, and the step from which the run continues (no AiiDA)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from aiida_zif.plugins.cp2k.aimd.autocorrelation import Stride, choose_stride
from aiida_zif.plugins.cp2k.aimd.outcome import PartOutcome
from aiida_zif.plugins.cp2k.reading.labels import NOT_REACHED, Label, Readings, Rejection
from aiida_zif.plugins.cp2k.task import AUTO, AimdTask


def measured_stride(task: AimdTask, readings: Readings) -> Stride | None:
    """Measure the stride of a part that is to do so, from the forces of its consecutive steps; None if it cannot."""
    if task.stride != AUTO:
        return None
    steps = range(task.first_step + 1, task.steps + 1)
    found = [readings.forces[step].values for step in steps if step in readings.forces]
    return choose_stride(found, task.timestep, task.run_steps or task.steps)


def with_stride(task: AimdTask, stride: Stride | None) -> AimdTask:
    """Return the part with the stride that was measured, if it was."""
    return task if stride is None else task.model_copy(update={"stride": stride.steps})


def run_outcome(
    task: AimdTask,
    labels: Sequence[Label],
    rejected: Sequence[Rejection],
    evaluated: Iterable[int],
    restart_steps: Iterable[int],
    stride: Stride | None,
) -> PartOutcome:
    """Return what a part of a run brought.

    Restart files count if the forces of their step were finished: those of a step that the walltime fell into were
    not, and its velocities then are wrong.

    :param task: the part, with its stride.
    :param evaluated: numbers of the steps in the main output.
    :param restart_steps: numbers of the steps of which there is a whole restart file.
    :param stride: as it was measured in this part.
    """
    evaluated = set(evaluated)
    missing = [one.step for one in rejected if one.reason == NOT_REACHED]
    verdicts = [step for step in task.labelled_steps if not missing or step < min(missing)]
    measured: dict[str, Any] = {"autocorrelation_fs": stride.time, "n_measured": stride.n_frames} if stride else {}
    return PartOutcome(
        first_step=task.first_step,
        last_step=max(evaluated, default=task.first_step),
        labelled_up_to=max(verdicts, default=task.label_after),
        last_label=max((label.step for label in labels), default=None),
        restart_steps=sorted(evaluated & set(restart_steps)),
        stride=None if task.stride == AUTO else int(task.stride),
        **measured,
    )
