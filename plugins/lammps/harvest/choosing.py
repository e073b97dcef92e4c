"""Which candidates go back."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def share_out(available: Sequence[int], total: int) -> list[int]:
    """Share ``total`` places equally among runs; what a run cannot use goes to the others.

    :param available: candidates of each run.
    :returns: places of each run, in sum the smaller of ``total`` and all candidates.
    """
    shares, left = [0] * len(available), min(total, sum(available))
    while left:
        open_runs = [run for run, have in enumerate(available) if shares[run] < have][:left]
        each = max(1, min(left // len(open_runs), *(available[run] - shares[run] for run in open_runs), left))
        for run in open_runs:
            shares[run] += each
        left -= each * len(open_runs)
    return shares


def spread(steps: np.ndarray, deviations: np.ndarray, places: int, separation: float) -> np.ndarray:
    """Choose frames of one run, the most uncertain first, spread in time.

    A frame is taken if it is far enough in time from all taken before. The distance starts at half of what
    ``places`` equal intervals would be and is halved until the places are filled, never going below ``separation``.

    :param steps: MD steps of the frames, ascending, shape (N,).
    :param deviations: max force deviation in eV/Å, shape (N,).
    :param places: number of frames wanted.
    :param separation: smallest distance in steps.
    :returns: indices into ``steps``, ascending; fewer than ``places`` where the run is too short for more.
    """
    chosen: list[int] = []
    if not len(steps) or places < 1:
        return np.array(chosen, dtype=int)
    order = np.argsort(-deviations, kind="stable")
    separation = max(separation, 1.0)
    gap = max((steps[-1] - steps[0]) / (2 * places), separation)
    while True:
        free = np.ones(len(steps), dtype=bool)
        for index in chosen:
            _take(free, steps, index, gap)
        for index in order:
            if free[index] and len(chosen) < places:
                chosen.append(int(index))
                _take(free, steps, index, gap)
        if len(chosen) >= places or gap <= separation:
            return np.sort(np.array(chosen, dtype=int))
        gap = max(gap / 2, separation)


def _take(free: np.ndarray, steps: np.ndarray, index: int, gap: float) -> None:
    """Mark a frame and those closer to it in time than ``gap`` as taken."""
    first = np.searchsorted(steps, steps[index] - gap, side="right")
    last = np.searchsorted(steps, steps[index] + gap, side="left")
    free[first:last] = False


def candidates(
    runs: np.ndarray, steps: np.ndarray, deviations: np.ndarray, n_runs: int, total: int, separation: float
) -> np.ndarray:
    """Choose at most ``total`` candidates: every run gets its share, spread within the run.

    :param runs: index of the run of each candidate frame, shape (N,); the others likewise.
    :param separation: smallest distance of two frames of a run in steps.
    :returns: indices into the given arrays.
    """
    members = [np.flatnonzero(runs == run) for run in range(n_runs)]
    # a run cannot give more frames than fit into the time between its first and last candidate
    most = [
        min(len(rows), int((steps[rows[-1]] - steps[rows[0]]) // max(separation, 1.0)) + 1) if len(rows) else 0
        for rows in members
    ]
    shares = share_out(most, total)
    chosen = [
        rows[spread(steps[rows], deviations[rows], places, separation)]
        for rows, places in zip(members, shares)  # noqa: B905 - runs on Pythons older than ours
    ]
    return np.concatenate(chosen) if chosen else np.array([], dtype=int)
