"""Whether a glass has a hole: the largest sphere that fits into it beside that of the crystal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Gate:
    """Outcome of the gate for voids.

    :param largest: largest sphere over replicas, mean over the frames of each, Å.
    :param allowed: Å.
    :param passed: whether no replica has a larger one.
    """

    largest: float
    allowed: float
    passed: bool


def void_gate(spheres: Sequence[Sequence[float]], of_crystal: float, factor: float) -> Gate:
    """Compare the largest spheres of a glass with that of its crystal.

    A glass is denser than an open framework, so that a cavity much wider than the crystal's cages is a bubble, left by
    a melt that boiled or tore at its temperature or by a force field without attraction. One replica with a hole is
    enough to fail.

    :param spheres: diameters in Å of the largest sphere that fits, one a frame, of each replica.
    :param of_crystal: diameter, Å.
    :param factor: largest ratio that passes.
    :raises ValueError: no frame, or a crystal without a cavity.
    """
    if not spheres or any(len(one) == 0 for one in spheres):
        raise ValueError("spheres: found a replica without a frame, at least one of each is needed")
    if not of_crystal > 0:
        raise ValueError(f"of_crystal: found {of_crystal:g} Å, a cavity of the crystal is needed")
    largest, allowed = max(float(np.mean(one)) for one in spheres), factor * of_crystal
    return Gate(largest, allowed, largest <= allowed)
