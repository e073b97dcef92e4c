"""Which temperature and pressure a run reached, and whether these are those that it was asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from .observables import GPA_PER_BAR
from .streaming import BlockMeans, plain

ERRORS = 3.0
"""A mean has missed its target if it is farther from it than this times its error, and than what is tolerated."""
TEMPERATURE_TOLERANCE = 0.1
"""Share of the target temperature."""
PRESSURE_TOLERANCE = 0.1
"""GPa; some 2 % of the volume of a framework with a bulk modulus of 5 GPa."""


class TargetMeans:
    """Means over the sampled part of one run, and over the distance to its targets, which may be ramps."""

    def __init__(self, targets: Sequence[Mapping[str, Any]], n_atoms: int, independent: float) -> None:
        """Prepare for one run.

        :param targets: of every sampled stage ``first`` and ``last`` step, ``temperature`` (K, beginning and end) and
            ``pressure`` (GPa, likewise, or None at constant volume).
        :param n_atoms: atoms of the cell: the fewer they are, the more does its temperature fluctuate.
        :param independent: steps after which a temperature has forgotten what it was, the time of the thermostat.
        """
        self.targets, self.n_atoms, self.independent = targets, n_atoms, independent
        self.means, self.last = BlockMeans(4), 0

    def add(self, step: int, thermo: Sequence[float]) -> None:
        """Add one frame: temperature (K) and pressure (bar), left out where they are no numbers."""
        temperature, pressure = thermo[0], thermo[1] * GPA_PER_BAR
        if np.isfinite([temperature, pressure]).all():
            asked = [self._target("temperature", step), self._target("pressure", step)]
            self.means.add(np.array([temperature, pressure, temperature - asked[0], pressure - asked[1]]))
            self.last = step

    def report(self) -> dict[str, Any]:
        """``reached``: by quantity ``mean``, ``error`` and ``target`` in K or GPa; ``missed``: those off it."""
        means, errors = self.means.means(), self.means.errors()
        asked = {name: self._asked(name) for name in ("temperature", "pressure")}
        reached = {
            name: {"mean": plain(means[place]), "error": plain(errors[place]), "target": target}
            for place, (name, target) in enumerate(asked.items())
        }
        return {"reached": reached, "missed": [] if not self.means.count else self._missed(means, errors)}

    def _missed(self, means: np.ndarray, errors: np.ndarray) -> list[str]:
        """Blocks of a short run are not independent: the error is at least what the thermostat lets fluctuate."""
        aimed = means[0] - means[2]
        steps = max(self.last - self.targets[0]["first"], 1)
        fluctuation = aimed * np.sqrt(2.0 / (3.0 * self.n_atoms) / max(1.0, steps / self.independent))
        error = np.fmax(errors[2], fluctuation)
        found = ["temperature"] if abs(means[2]) > max(ERRORS * error, TEMPERATURE_TOLERANCE * aimed) else []
        error = errors[3] if np.isfinite(errors[3]) else 0.0
        if np.isfinite(means[3]) and abs(means[3]) > max(ERRORS * error, PRESSURE_TOLERANCE):
            found.append("pressure")
        return found

    def _target(self, name: str, step: int) -> float:
        """What a step was asked for; NaN where nothing was."""
        stage = next((stage for stage in self.targets if step <= stage["last"]), self.targets[-1])
        if stage[name] is None:
            return float("nan")
        return float(np.interp(step, [stage["first"], stage["last"]], stage[name]))

    def _asked(self, name: str) -> list[float] | None:
        """Beginning and end of what the whole run was asked for; None if a stage of it was asked for nothing."""
        values = [stage[name] for stage in self.targets]
        return None if any(value is None for value in values) else [values[0][0], values[-1][1]]
