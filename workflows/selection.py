"""Which explored frames are worth a label (no AiiDA)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True)
class Choice:
    """Indices of the chosen frames, and why each of the others was not chosen."""

    chosen: list[int]
    rejected: dict[int, str] = field(default_factory=dict)

    @property
    def reasons(self) -> dict[str, int]:
        """Number of frames by reason."""
        return dict(sorted(Counter(self.rejected.values()).items()))


def choose_frames(
    max_force_deviation: np.ndarray,
    run: np.ndarray,
    step: np.ndarray,
    *,
    lower: float,
    upper: float,
    budget: int,
    min_separation: int,
) -> Choice:
    """Take the frames of largest deviation inside the trust window, in turn from every run.

    Runs (one condition each) take turns, so that no condition starves another; inside a run the frame of
    largest deviation comes first, and none is taken closer than ``min_separation`` MD steps to one that was.

    :param max_force_deviation: eV/Å, shape (N,).
    :param run: index of the run that a frame comes from, shape (N,).
    :param step: MD step inside its run, shape (N,).
    :param lower: trust level below which the committee is accurate, eV/Å.
    :param upper: trust level from which on a frame is not physical enough to be worth a label, eV/Å.
    :param budget: number of frames at most.
    :param min_separation: MD steps.
    :returns: chosen indices in the order of choice, and a reason for every other frame: ``accurate``,
        ``above_upper_level``, ``near_duplicate`` or ``over_budget``.
    """
    rejected: dict[int, str] = {}
    queues: dict[int, list[int]] = {}
    for index in np.argsort(-max_force_deviation, kind="stable"):
        deviation = max_force_deviation[index]
        if deviation < lower:
            rejected[int(index)] = "accurate"
        elif not deviation < upper:  # NaN is not accurate either
            rejected[int(index)] = "above_upper_level"
        else:
            queues.setdefault(int(run[index]), []).append(int(index))

    chosen: list[int] = []
    order = sorted(queues, key=lambda key: -max_force_deviation[queues[key][0]])
    while any(queues.values()):
        for key in order:
            if not queues[key]:
                continue
            index = queues[key].pop(0)
            taken = [step[other] for other in chosen if run[other] == key]
            if any(abs(int(step[index]) - int(other)) < min_separation for other in taken):
                rejected[index] = "near_duplicate"
            elif len(chosen) >= budget:
                rejected[index] = "over_budget"
            else:
                chosen.append(index)
    return Choice(chosen, dict(sorted(rejected.items())))


def force_rmse_per_frame(predicted: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """Root mean square over the 3n force components of every frame.

    :param predicted: eV/Å, shape (N, n, 3).
    :param reference: eV/Å, shape (N, n, 3).
    :returns: eV/Å, shape (N,).
    """
    return np.sqrt(np.mean((predicted - reference) ** 2, axis=(1, 2)))
