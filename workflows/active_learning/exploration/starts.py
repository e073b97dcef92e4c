"""Where explorations start (no AiiDA)."""

from __future__ import annotations

from typing import Any

import numpy as np

from aiida_zif.plugins.data.record import Record


class DrawRecipe(Record):
    """How the starting points of one system are drawn in one cycle.

    :param count: number of starts, one a run.
    :param uncertain: of which so many are those where the committee erred most; the others are drawn at random.
    :param chemistry: checks of every start, section ``chemistry`` of ``zif.lammps``.
    """

    count: int
    seed: int
    uncertain: int = 0
    chemistry: dict[str, Any] = {}


def choose_starts(errors: np.ndarray, fit: np.ndarray, count: int, n_uncertain: int, seed: int) -> list[int]:
    """Choose starting points: some where the committee erred most, the rest at random, all different if possible.

    :param errors: of each frame what the committee of the last cycle erred, eV/Å; NaN where unknown, shape (N,).
    :param fit: whether a frame may be a start at all, shape (N,); if none may, all are taken for fit.
    :param count: number of starts.
    :param n_uncertain: of which so many are those of largest error.
    :param seed: of the draw.
    :returns: indices in random order, so that no condition gets all of the uncertain ones.
    """
    rng = np.random.default_rng(seed)
    usable = np.flatnonzero(fit) if fit.any() else np.arange(len(fit))
    measured = usable[np.isfinite(errors[usable])]
    worst = measured[np.argsort(-errors[measured], kind="stable")][: min(n_uncertain, count)]
    others = np.setdiff1d(usable, worst) if len(worst) < len(usable) else usable
    n_random = count - len(worst)
    drawn = rng.choice(others, size=n_random, replace=len(others) < n_random)
    picked = np.concatenate([worst, drawn]).astype(int)
    return [int(index) for index in (rng.permutation(picked) if len(worst) else picked)]
