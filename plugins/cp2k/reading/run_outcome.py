"""What one job did for an AIMD run, and where the run can go on (no AiiDA)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from aiida_zif.plugins.cp2k.aimd.autocorrelation import Stride, choose_stride
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
) -> dict[str, Any]:
    """Return what a part of a run brought.

    :param task: the part, with its stride.
    :param evaluated: numbers of the steps that the main output tells of.
    :param restart_steps: numbers of the steps of which there is a whole restart file.
    :param stride: as it was measured in this part.
    :returns: ``last_step``; ``labelled_up_to``, before which no label is missing; ``last_label`` (None without one);
        ``restart_steps`` whose forces were finished, as those of a step that the walltime fell into were not, and its
        velocities then are wrong; ``stride`` (None if it is not known yet); and where it was measured
        ``autocorrelation_fs`` and the number of frames it was measured on, ``n_measured``.
    """
    evaluated = set(evaluated)
    missing = [one.step for one in rejected if one.reason == NOT_REACHED]
    verdicts = [step for step in task.labelled_steps if not missing or step < min(missing)]
    measured = {"autocorrelation_fs": stride.time, "n_measured": stride.n_frames} if stride else {}
    return {
        "first_step": task.first_step,
        "last_step": max(evaluated, default=task.first_step),
        "labelled_up_to": max(verdicts, default=task.label_after),
        "last_label": max((label.step for label in labels), default=None),
        "restart_steps": sorted(evaluated & set(restart_steps)),
        "stride": None if task.stride == AUTO else task.stride,
        **measured,
    }
