"""Whether the melt forgot the crystal, over replicas (no AiiDA)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from aiida_zif.plugins.analysis.glass.melt_memory import Crystal, above_chance, crystal_of, kept_of
from aiida_zif.plugins.analysis.network.linkers import NotALinker, find_linkers
from aiida_zif.workflows.properties.melt_quench.evaluation.states import SETTLED, measured
from aiida_zif.workflows.properties.melt_quench.report import Memory
from aiida_zif.workflows.properties.melt_quench.settings import MeltQuenchSettings

Frames = tuple[np.ndarray, np.ndarray]
"""Positions (N, n, 3) and cells (N, 3, 3), Å."""


def reference(symbols: Sequence[str], positions: np.ndarray, cell: np.ndarray, cutoff: float) -> Crystal:
    """Return the crystal that melts are compared with.

    :param positions: Å, shape (n, 3); cell: Å, shape (3, 3).
    :param cutoff: of its bonds, Å.
    :raises NotALinker: if it is no framework of metals and azole linkers.
    :raises ValueError: if no linker is bonded to a metal.
    """
    linkers = find_linkers(symbols, positions, cell)
    return crystal_of(positions, cell, linkers.metals, linkers.atoms, linkers.nitrogens, linkers.owners, cutoff)


def memory_of(
    symbols: Sequence[str],
    crystal: Frames,
    melts: Mapping[int, Frames],
    cage: float | None,
    settings: MeltQuenchSettings,
) -> Memory:
    """Compare the last half of the frames of every melt with the crystal.

    :param crystal: one frame.
    :param melts: frames of the hold by replica, in the order of time.
    :param cage: diameter of the largest sphere that fits into the crystal, Å; None where it is not known.
    """
    criteria = settings.memory.model_dump()
    if not melts:
        return Memory(criteria=criteria, cage=cage, why="no replica was held as a melt")
    try:
        known = reference(symbols, crystal[0][0], crystal[1][0], settings.coordination_cutoff)
    except (NotALinker, ValueError) as error:
        return Memory(criteria=criteria, cage=cage, why=f"not compared: {error}")
    bonds, net, moved = [], [], []
    for positions, cells in melts.values():
        late = range(int(len(positions) * (1 - SETTLED)), len(positions))
        kept = [kept_of(known, positions[index], cells[index]) for index in late]
        bonds.append(np.array([one.bonds for one in kept]))
        net.append(np.array([one.net for one in kept]))
        moved.append(np.array([one.displacement for one in kept]))
    chances = known.bonds_by_chance, known.net_by_chance
    forgot, why = _decide(bonds, net, moved, chances, cage, settings)
    return Memory(
        bonds_kept=measured(bonds, ""),
        net_kept=measured(net, ""),
        bonds_by_chance=chances[0],
        net_by_chance=chances[1],
        displacement=measured(moved, "Å"),
        cage=cage,
        criteria=criteria,
        forgot=forgot,
        why=why,
    )


def _decide(
    bonds: Sequence[np.ndarray],
    net: Sequence[np.ndarray],
    moved: Sequence[np.ndarray],
    chances: tuple[float, float],
    cage: float | None,
    settings: MeltQuenchSettings,
) -> tuple[bool | None, str]:
    """The replica that kept the most decides; without a cage size its criterion cannot be decided."""
    limits = settings.memory
    most_bonds = above_chance(max(one.mean() for one in bonds), chances[0])
    most_net = above_chance(max(one.mean() for one in net), chances[1])
    least = min(float(one.mean()) for one in moved)
    failed = []
    if not most_bonds <= limits.bonds_kept:
        failed.append(f"{most_bonds:.2f} of the metal-nitrogen bonds above chance, at most {limits.bonds_kept:g}")
    if not most_net <= limits.net_kept:
        failed.append(f"{most_net:.2f} of the net above chance, at most {limits.net_kept:g}")
    if cage is not None and not least >= limits.displacement * cage:
        failed.append(f"linkers moved by {least:.2f} Å, at least {limits.displacement * cage:.2f} Å")
    if failed:
        return False, "the replica that kept the most kept " + "; ".join(failed) + " was required"
    if cage is None:
        return None, "the size of the crystal's cages is not known, so the displacement cannot be judged"
    return True, "all three criteria hold in every replica"
