"""The largest voids of crystal and glasses, and the gate for them (no AiiDA)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from aiida_zif.plugins.analysis.network.voids import largest_void, void_gate
from aiida_zif.workflows.properties.melt_quench.evaluation.states import measured
from aiida_zif.workflows.properties.melt_quench.report import Void, glass_at
from aiida_zif.workflows.properties.melt_quench.settings import MeltQuenchSettings

LAST = 3
"""Frames of a replica that are searched: its last ones."""

Voids = Mapping[int, np.ndarray]
"""Diameters of the largest void in Å by replica, one a frame."""


def largest_voids(symbols: Sequence[str], positions: np.ndarray, cells: np.ndarray) -> np.ndarray:
    """Return the diameter of the largest void in the last frames, Å; empty where an element has no known radius.

    :param positions: Å, shape (N, n, 3); cells: Å, shape (N, 3, 3).
    """
    late = range(max(0, len(positions) - LAST), len(positions))
    try:
        return np.array([largest_void(symbols, positions[index], cells[index]).diameter for index in late])
    except ValueError:
        return np.array([])


def cage_of(crystals: Voids) -> float | None:
    """Return the size of the crystal's cages: its largest void, mean over replicas, Å; None where it is not known."""
    known = [voids.mean() for voids in crystals.values() if len(voids)]
    return float(np.mean(known)) if known else None


def voids_of(crystals: Voids, glasses: Mapping[float, Voids], settings: MeltQuenchSettings) -> dict[str, Void]:
    """Return the gate of every glass, which each of its replicas must pass.

    :param crystals: at the temperature of the crystal.
    :param glasses: by rate, K/ps.
    """
    crystal = np.concatenate([np.array([]), *crystals.values()])
    found = {}
    for rate in sorted(settings.rates):
        known = [voids for voids in glasses.get(rate, {}).values() if len(voids)]
        if not known or not len(crystal):
            found[glass_at(rate)] = Void(why="no frames of crystal and glass, or an element without a known radius")
            continue
        gates = [void_gate(voids, crystal, settings.void.largest_sphere) for voids in known]
        worst = max(gates, key=lambda gate: float(np.median(gate.glass)))
        found[glass_at(rate)] = Void(
            largest_sphere=measured(known, "Å"),
            of_crystal=worst.crystal,
            largest_allowed=worst.allowed,
            passed=all(gate.passed for gate in gates),
            why=str(worst),
        )
    return found
