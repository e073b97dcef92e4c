"""Bond lifetimes, exchange, displacement and reorientation of frames that have times (no AiiDA)."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from aiida_zif.plugins.analysis.dynamics.bonds import bond_history, exchanges, intermittent_correlation, lifetime
from aiida_zif.plugins.analysis.dynamics.correlation import Curve
from aiida_zif.plugins.analysis.dynamics.displacement import mean_square_displacement, unwrapped, without_drift
from aiida_zif.plugins.analysis.dynamics.reorientation import plane_correlation
from aiida_zif.plugins.analysis.network.linkers import planes
from aiida_zif.workflows.properties.structure.observables.network import metals_of
from aiida_zif.workflows.properties.structure.observables.trajectory import NotAnalysed, Trajectory
from aiida_zif.workflows.properties.structure.samples import Line, Number, Samples
from aiida_zif.workflows.properties.structure.settings import StructureSettings

FEWEST = 4
"""Frames; fewer show nothing of a motion."""
EQUAL = 1e-3
"""Relative difference of two intervals that counts as none."""


def follow_dynamics(frames: Trajectory, settings: StructureSettings) -> Samples:
    """Follow bonds, atoms and planes from frame to frame.

    :raises NotAnalysed: frames have no times, or are not equally spaced, or too few, or too far apart.
    """
    interval = _interval(frames)
    numbers: list[Number] = []
    lines: list[Line] = []
    limits = [f"Motion within the {interval:g} ps between two frames is not seen."]
    try:
        paths = _paths(frames)
        for element in sorted(set(frames.symbols)):
            chosen = np.array(frames.symbols) == element
            curve = mean_square_displacement(paths[:, chosen], interval)
            lines.append(_line(f"displacement/{element}", curve, "mean square displacement", "Å²"))
            longest = f"after {curve.times[-1]:g} ps"
            value = np.array([curve.values[-1]])
            numbers.append(Number("mean_square_displacement", element, value, definition=longest))
    except ValueError as error:
        limits.append(f"Displacements were not computed: {error}.")
    try:
        numbers += list(_bonds(frames, settings, interval, lines))
    except NotAnalysed as reason:
        limits.append(str(reason))
    return Samples(["dynamics"], len(frames), numbers, lines, limits=limits)


def _interval(frames: Trajectory) -> float:
    """Time between two frames, ps."""
    if frames.times is None:
        raise NotAnalysed("Frames have no times: nothing is said about motion.")
    if len(frames) < FEWEST:
        raise NotAnalysed(f"There are {len(frames)} frames: at least {FEWEST} show something of a motion.")
    steps = np.diff(frames.times)
    if not (steps > 0).all() or np.ptp(steps) > EQUAL * steps.mean():
        raise NotAnalysed("Frames are not equally spaced in time: nothing is said about motion.")
    return float(steps.mean())


def _paths(frames: Trajectory) -> np.ndarray:
    from ase.data import atomic_masses, atomic_numbers

    masses = [float(atomic_masses[atomic_numbers[symbol]]) for symbol in frames.symbols]
    return without_drift(unwrapped(frames.positions, frames.cells), masses)


def _bonds(frames: Trajectory, settings: StructureSettings, interval: float, lines: list[Line]) -> Iterator[Number]:
    linkers = frames.linkers()
    bond = settings.pairs.bond
    history = bond_history(linkers, frames.positions, frames.cells, interval, bond, max(3.0, bond))
    defined = f"a bond forms below {history.form:g} Å and ends beyond {history.release:g} Å"
    names = f"{'/'.join(metals_of(linkers))}-N"
    lasted = lifetime(history)
    if np.isfinite(lasted.value):
        yield Number(
            "bond_lifetime", names, np.array([lasted.value]), definition=f"{defined}; {lasted.n_ends} bonds ended",
            error=lasted.error,
        )  # fmt: skip
    else:
        remark = f"no bond ended: at least {lasted.at_least:.3g} ps (95 %)"
        yield Number("bond_lifetime", names, np.array([np.nan]), definition=defined, remark=remark)
    moved = exchanges(history, len(linkers.nitrogens))
    yield Number(
        "exchange_rate", "N", np.array([moved.rate]), definition=f"{defined}; {len(moved)} N changed their metal",
        error=moved.rate_error,
    )  # fmt: skip
    lines.append(_line(f"bonds/{names}", intermittent_correlation(history), "share of bonds that exist again", ""))
    normals = planes(linkers, frames.positions, frames.cells).normals
    lines.append(_line("p2", plane_correlation(normals, interval), "P2 of a plane", ""))


def _line(name: str, curve: Curve, label: str, unit: str) -> Line:
    return Line(name, curve.times, curve.values[None], "time", label, "ps", unit)
