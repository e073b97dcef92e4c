"""The choice of the entry or column for energy, forces, stress and virial (no AiiDA)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from aiida_zif.plugins.imports.names import QUANTITIES, STANDARD, plain
from aiida_zif.plugins.imports.reading import NONE, Reading, problem

SAME_ENERGY = 1e-6
"""Difference below which two energies of a frame are one, in the unit of the file."""

SAME_NUMBERS = 1e-8
"""Difference below which two components of forces, stresses or virials are one, in the unit of the file."""

OPTIONAL = ("stress", "virial")

OF_THE_FORCES = (
    " (the forces of a smeared occupation are those of free_energy; ASE's energy is extrapolated to zero width)"
)


def choose(candidates: Mapping[str, Mapping[str, np.ndarray]], reading: Reading) -> tuple[dict[str, str], list[str]]:
    """Return the name of every label of a frame, and what the user has to decide, one line a label.

    A name is taken if the user gives it; else if it is a standard name and every other candidate holds the same
    numbers.

    :param candidates: label → name → numbers as the file has them.
    """
    chosen: dict[str, str] = {}
    problems = []
    for quantity in QUANTITIES:
        found, key = candidates[quantity], reading.key(quantity)
        if key is not None:
            if key in found:
                chosen[quantity] = key
        elif found:
            name = next((name for name in STANDARD[quantity] if name in found), None)
            if name is not None and _all_alike(quantity, found):
                chosen[quantity] = name
            else:
                problems.append(_question(quantity, found, reading))
    return chosen, problems


def _all_alike(quantity: str, found: Mapping[str, np.ndarray]) -> bool:
    """Whether all candidates hold the same numbers."""
    tolerance = SAME_ENERGY if quantity == "energy" else SAME_NUMBERS
    first, *others = found.values()
    return all(
        other.shape == first.shape and np.allclose(other, first, rtol=0.0, atol=tolerance, equal_nan=True)
        for other in others
    )


def _question(quantity: str, found: Mapping[str, np.ndarray], reading: Reading) -> str:
    """Return the line that lists the candidates and the options that choose one."""
    option = f"--{quantity}-key"
    named = [f"{name} ({float(values[0]):.10g})" if quantity == "energy" else name for name, values in found.items()]
    what = " and ".join(named)
    if len(found) > 1 and quantity == "energy" and {"energy", "free_energy"} <= {plain(name) for name in found}:
        what += OF_THE_FORCES
    choices = [f"{option} {name}" for name in found] + ([f"{option} {NONE}"] if quantity in OPTIONAL else [])
    standard = " or ".join(STANDARD[quantity])
    allowed = (
        f"one entry named {standard}, or one that you name"
        if quantity != "forces"
        else (f"one column named {standard}, or one that you name")
    )
    return problem(quantity, what, allowed, f"Add {' or '.join(choices)}.")
