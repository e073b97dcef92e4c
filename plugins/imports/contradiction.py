"""Check whether two labels of one frame agree (no AiiDA)."""

from __future__ import annotations

import numpy as np

from aiida_zif.plugins.cp2k.reading.gates import stress_of
from aiida_zif.plugins.data.labelled_frame import LabelledFrame
from aiida_zif.plugins.data.same_frame import Match

ENERGY = 2e-4
"""eV/atom; what two converged computations of one frame may differ by, far below what a force field can learn."""

FORCE = 0.01
"""eV/Å, each component."""

STRESS = 0.05
"""GPa, each component."""

SINGLE = 2.4e-7
"""Twice the relative spacing of float32 numbers."""

STIFFNESS = 100.0
"""eV/Å²; by how much a force may change where an atom moves: the stiffest bonds."""


def contradiction(first: LabelledFrame, second: LabelledFrame, match: Match) -> str | None:
    """Return what two labels of one frame differ in by more than digits can explain, None if they agree.

    Allowed are :data:`ENERGY`, :data:`FORCE` and :data:`STRESS`, what float32 leaves of the numbers, and what the
    distance between the two frames explains.

    :param match: how the second frame lies on the first.
    """
    apart = abs(first.energy - second.energy)
    moved = float(np.linalg.norm(first.forces, axis=1).sum()) * match.apart
    if not apart <= ENERGY * len(first.symbols) + SINGLE * abs(first.energy) + moved:
        return f"energies {first.energy:.6f} and {second.energy:.6f} eV"
    turned = second.forces[match.order] @ match.turn
    allowed = FORCE + SINGLE * np.abs(first.forces) + STIFFNESS * match.apart
    if not (np.abs(first.forces - turned) <= allowed).all():
        return f"a force component differs by {np.abs(first.forces - turned).max():.3g} eV/Å"
    if first.virial is None or second.virial is None:
        return None
    stresses = stress_of([first.virial, match.turn.T @ second.virial @ match.turn], [first.cell, first.cell])
    if not np.abs(stresses[0] - stresses[1]).max() <= STRESS + SINGLE * np.abs(stresses).max():
        return f"a stress component differs by {np.abs(stresses[0] - stresses[1]).max():.3g} GPa"
    return None
