"""The pressure of a model against finite differences of its energy, before any cell is left to it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from ..harvest.observables import GPA_PER_BAR

GPA_PER_EV_A3 = 160.2176634
TOLERANCE = 0.02
"""GPa; what rounding in single precision leaves of a difference of energies is less than a tenth of it."""
RELATIVE = 0.005
"""Of the component; what the finite strain leaves."""
VIRIAL = ("xx", "yy", "zz", "xy", "xz", "yz")
"""Order in which LAMMPS gives the virial."""


def checked_pressure(folder: Path) -> bool:
    """Compare and keep the comparison for the report; return whether the model passes.

    Where LAMMPS wrote nothing that could be compared, it crashed, and that is said by the part that follows.
    """
    lines = (folder / "pressure.out").read_text().splitlines() if (folder / "pressure.out").exists() else []
    found = compare(lines)
    if found is None:
        return True
    (folder / "done" / "pressure.json").write_text(json.dumps(found))
    return bool(found["passed"])


def compare(lines: list[str]) -> dict[str, Any] | None:
    """Return the comparison, for the report; None if lines are missing.

    P(ij) = −(1/V) dE/dε(ij), by central differences; for a shear ε is γ in x += γ y. A virial or an energy that is no
    number fails.

    :param lines: of ``pressure.out``.
    """
    names = [line.split()[0] for line in lines]
    if len(names) != 1 + 2 * (1 + len(VIRIAL)):
        return None
    rows = [[float(word) for word in line.split()[1:]] for line in lines]
    _, _, volume, *virial = rows[0]
    energies: dict[str, list[tuple[float, float]]] = {}
    for name, (size, energy, *_) in zip(names[1:], rows[1:]):  # noqa: B905 - runs on Pythons older than ours
        energies.setdefault(name, []).append((size, energy))
    expected = dict(zip(VIRIAL, GPA_PER_BAR * np.array(virial)))  # noqa: B905 - runs on Pythons older than ours
    expected["pressure"] = np.mean([expected[name] for name in VIRIAL[:3]])
    components = {name: component(expected[name], slope(energies[name], volume)) for name in VIRIAL}
    # a strain ε of every length changes the volume by 3 ε
    components["pressure"] = component(expected["pressure"], slope(energies["volume"], volume) / 3)
    largest = max(abs(one["minus_dedv"]) for one in components.values())
    tolerance = TOLERANCE + RELATIVE * largest
    passed = all(abs(one["difference"]) <= tolerance for one in components.values())
    strain = max(size for size, _ in energies["volume"])
    return {"components": components, "tolerance": tolerance, "strain": strain, "passed": bool(passed)}


def slope(points: list[tuple[float, float]], volume: float) -> float:
    """−(1/V) dE/dε in GPa, from (strain, energy in eV) at two strains."""
    (low, below), (high, above) = sorted(points)
    return -(above - below) / (high - low) / volume * GPA_PER_EV_A3


def component(virial: float, minus_dedv: float) -> dict[str, float]:
    """One comparison in GPa."""
    return {"virial": float(virial), "minus_dedv": float(minus_dedv), "difference": float(virial - minus_dedv)}
