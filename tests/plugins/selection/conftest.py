"""Pools of frames, given by what the strategies look at."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from aiida_zif.plugins.selection import Pool


@pytest.fixture(scope="session")
def pool() -> Callable[..., Pool]:
    """Factory of pools of two atoms; all of one run, steps far apart, unless said otherwise."""

    def generate(deviation: Any, run: Any = None, step: Any = None, **kwargs: Any) -> Pool:
        n_frames, rng = len(deviation), np.random.default_rng(5)
        return Pool(
            ["Zn", "N"],
            positions=rng.uniform(0, 5, (n_frames, 2, 3)),
            cells=np.tile(np.eye(3) * 5.0, (n_frames, 1, 1)),
            max_force_deviation=np.array(deviation, dtype=float),
            run=np.zeros(n_frames, dtype=int) if run is None else np.array(run, dtype=int),
            step=np.arange(n_frames) * 1000 if step is None else np.array(step, dtype=int),
            forces_predicted=np.zeros((n_frames, 2, 3)),
            **{"known_positions": np.empty((0, 2, 3)), "known_cells": np.empty((0, 3, 3)), **kwargs},
        )

    return generate
