"""What is timed of linkers, net, planes and motion, as functions of frames; frames count as 0.1 ps apart."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from frames import Frames

INTERVAL = 0.1


def found_in(frames: Frames) -> tuple[Any, Any]:
    """Linkers of the first frame, and the metal-nitrogen bonds of all frames."""
    from aiida_zif.plugins.analysis.network.linkers import find_linkers
    from aiida_zif.plugins.analysis.network.net import contacts

    linkers = find_linkers(list(frames.symbols), frames.positions[0], frames.cells[0])
    return linkers, [contacts(linkers, *frame) for frame in zip(frames.positions, frames.cells, strict=True)]


def net(frames: Frames) -> object:
    """Linkers, coordination, bridging and angles at the centres of rings."""
    from aiida_zif.plugins.analysis.network.net import bridging, net_of

    linkers, found = found_in(frames)
    return [(one.coordination(), bridging(one, linkers), net_of(one).angles()) for one in found]


def orientation(frames: Frames) -> object:
    """Planes against neighbours, metals and a common direction, with errors and chance."""
    from aiida_zif.plugins.analysis.network.linkers import planes
    from aiida_zif.plugins.analysis.network.net import net_of
    from aiida_zif.plugins.analysis.network.orientation import axis_angles, neighbour_p2, nematic_order

    linkers, found = found_in(frames)
    normals = planes(linkers, frames.positions, frames.cells).normals
    return neighbour_p2(normals, found), axis_angles(normals, [net_of(one) for one in found]), nematic_order(normals)


def integrity(frames: Frames) -> object:
    """Whole linkers, lost and new bonds."""
    from aiida_zif.plugins.analysis.network.integrity import linker_integrity

    return linker_integrity(found_in(frames)[0], frames.positions, frames.cells)


def motion(frames: Frames) -> object:
    """Displacement of all atoms and of centres, turning planes."""
    from aiida_zif.plugins.analysis.dynamics.displacement import mean_square_displacement, unwrapped, without_drift
    from aiida_zif.plugins.analysis.dynamics.reorientation import plane_correlation
    from aiida_zif.plugins.analysis.network.linkers import planes

    lying = planes(found_in(frames)[0], frames.positions, frames.cells)
    paths = without_drift(unwrapped(frames.positions, frames.cells), np.ones(len(frames.symbols)))
    centres = unwrapped(lying.centres, frames.cells)
    turning = plane_correlation(lying.normals, INTERVAL)
    return mean_square_displacement(paths, INTERVAL), mean_square_displacement(centres, INTERVAL), turning


def bonds(frames: Frames) -> object:
    """Correlations, lifetimes and exchange of bonds."""
    from aiida_zif.plugins.analysis.dynamics import bonds as room

    linkers = found_in(frames)[0]
    history = room.bond_history(linkers, frames.positions, frames.cells, INTERVAL)
    curves = room.intermittent_correlation(history), room.continuous_correlation(history)
    return curves, room.lifetime(history), room.exchanges(history, len(linkers.nitrogens))


def rings(frames: Frames) -> object:
    """Shortest-path rings of up to 14 metals in every frame."""
    from aiida_zif.plugins.analysis.network.net import net_of
    from aiida_zif.plugins.analysis.network.rings import shortest_path_rings

    return [shortest_path_rings(net_of(one), 14) for one in found_in(frames)[1]]


def void(frames: Frames) -> object:
    """The largest void of every frame."""
    from aiida_zif.plugins.analysis.network.voids import largest_void

    every = zip(frames.positions, frames.cells, strict=True)
    return [largest_void(list(frames.symbols), *frame) for frame in every]


NETWORK: dict[str, tuple[Callable[[Frames], object], str]] = {
    "net": (net, "linkers; N on each Zn, bridging, Zn–centre–Zn"),
    "orientation": (orientation, "P2 of neighbours, angles to Zn–Zn axes, nematic order, errors, chance"),
    "integrity": (integrity, "lost and new bonds of linkers"),
    "motion": (motion, "mean square displacement of atoms and centres, P2(t) of planes, errors"),
    "bonds": (bonds, "intermittent and continuous correlation, lifetime, exchange of Zn–N bonds"),
}
"""Those that have a minute for 2176 atoms × 100 frames, together with the others."""

BESIDE: dict[str, tuple[Callable[[Frames], object], str]] = {
    "rings": (rings, "shortest-path rings of up to 14 Zn in every frame, with members"),
    "void": (void, "largest void of every frame to 0.01 Å"),
}
