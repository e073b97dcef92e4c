"""Spheres that fit into crystal and glasses, and the gate for voids (no AiiDA)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from aiida_zif.plugins.analysis.glass.voids import void_gate
from aiida_zif.workflows.properties.melt_quench.evaluation.states import measured
from aiida_zif.workflows.properties.melt_quench.report import Void, glass_at
from aiida_zif.workflows.properties.melt_quench.settings import MeltQuenchSettings


@dataclass(frozen=True)
class Spheres:
    """Diameters of the largest sphere that fits, and of the largest that can pass through, Å; NaN where unknown.

    :param why_not: why they are unknown.
    """

    included: float
    free: float
    why_not: str = ""

    @property
    def known(self) -> bool:
        """Whether they could be computed."""
        return bool(np.isfinite(self.included))


def voids_of(
    crystal: Spheres, glasses: Mapping[float, Mapping[int, Spheres]], settings: MeltQuenchSettings
) -> dict[str, Void]:
    """Return the gate of every glass.

    :param glasses: spheres of the last frame by rate and replica.
    """
    found = {}
    for rate, by_replica in sorted(glasses.items()):
        known = [one for one in by_replica.values() if one.known]
        if not known or not crystal.known:
            causes = sorted({one.why_not for one in (crystal, *by_replica.values()) if one.why_not})
            found[glass_at(rate)] = Void(why="not decided: " + ("; ".join(causes) or "no glass came back"))
            continue
        gate = void_gate([[one.included] for one in known], crystal.included, settings.void.largest_sphere)
        side = "within" if gate.passed else "above"
        found[glass_at(rate)] = Void(
            largest_sphere=measured([np.array([one.included]) for one in known], "Å"),
            free_sphere=measured([np.array([one.free]) for one in known], "Å"),
            of_crystal=crystal.included,
            largest_allowed=gate.allowed,
            passed=gate.passed,
            why=f"the largest sphere of a replica is {gate.largest:.2f} Å wide, {side} {gate.allowed:.2f} Å",
        )
    return found
