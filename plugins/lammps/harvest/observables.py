"""What is measured of every sane frame: density, coordination of the metals, radial distributions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from .pairs import surroundings
from .streaming import BlockMeans, plain

AMU_PER_A3_IN_G_PER_CM3 = 1.66053906892
GPA_PER_BAR = 1e-4
REACH = 7.0
"""Å; up to here radial distributions are counted, past the first metal-metal shell of an imidazolate."""
EDGES = np.linspace(0.0, REACH, 141)
"""Å; fixed, so that runs and cycles can be compared bin by bin."""
BOUND = 1.3
"""A nitrogen closer to a metal than this times the sum of their covalent radii is bound to it: 2.5 Å for Zn-N."""
THERMO = {"temperature": 1.0, "pressure": GPA_PER_BAR, "energy": 1.0, "volume": 1.0}
"""Columns of the thermodynamic output, and what turns them into K, GPa, eV and Å³."""
STRUCTURE = ("density", "metal_nitrogen_coordination", "three_fold_share")


class Observables:
    """Averages of one run."""

    def __init__(self, atoms: Mapping[str, Any], radii: Sequence[float]) -> None:
        """Prepare for one system.

        :param atoms: ``mass`` of the cell in u, and the indices of ``metals`` and ``nitrogens``.
        :param radii: covalent radii in Å, shape (n,).
        """
        self.mass = float(atoms["mass"])
        self.metals, self.nitrogens = (np.asarray(atoms[name], dtype=int) for name in ("metals", "nitrogens"))
        sizes = np.asarray(radii, dtype=float)
        self.bound = BOUND * (sizes[self.metals] + (sizes[self.nitrogens[0]] if len(self.nitrogens) else 0.0))
        self.means = BlockMeans(len(THERMO) + len(STRUCTURE))
        self.radial = {"metal_nitrogen": self.nitrogens, "metal_metal": self.metals}
        self.counts = {name: np.zeros(len(EDGES) - 1) for name, atoms in self.radial.items() if len(atoms)}

    def add(self, positions: np.ndarray, cell: np.ndarray, thermo: Sequence[float]) -> None:
        """Add one frame.

        :param positions: Å, shape (n, 3).
        :param cell: Å, shape (3, 3).
        :param thermo: temperature, pressure, energy and volume as LAMMPS writes them.
        """
        volume = abs(float(np.linalg.det(cell)))
        coordination = three_fold = np.nan
        if len(self.metals):
            for name in self.counts:
                owners, distance = surroundings(positions, cell, self.metals, self.radial[name], REACH)
                self.counts[name] += volume * np.histogram(distance, EDGES)[0]
                if name == "metal_nitrogen":
                    number = np.bincount(owners[distance < self.bound[owners]], minlength=len(self.metals))
                    coordination, three_fold = number.mean(), (number == 3).mean()
        structure = (self.mass * AMU_PER_A3_IN_G_PER_CM3 / volume, coordination, three_fold)
        self.means.add(np.array([*thermo, *structure]))

    def averages(self) -> dict[str, float | None]:
        """Means of temperature (K), pressure (GPa), energy (eV) and volume (Å³)."""
        return {name: plain(unit * mean) for (name, unit), mean in zip(THERMO.items(), self.means.means())}  # noqa: B905

    def report(self) -> dict[str, Any]:
        """Means with their errors; radial distribution functions g(r) in the bins of :data:`EDGES`."""
        first = len(THERMO)
        found = zip(STRUCTURE, self.means.means()[first:], self.means.errors()[first:])  # noqa: B905
        values: dict[str, Any] = {
            name: {"mean": plain(mean), "error": plain(error)} for name, mean, error in found if np.isfinite(mean)
        }
        shells = 4.0 / 3.0 * np.pi * np.diff(EDGES**3)
        for name, counts in self.counts.items():
            if self.means.count and len(self.metals):
                ideal = len(self.metals) * len(self.radial[name]) * self.means.count * shells
                values[f"g_{name}"] = np.round(counts / ideal, 4).tolist()
        return values
