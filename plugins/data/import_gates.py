"""Which frames from elsewhere may become labels, and why the others may not (no AiiDA)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from aiida_zif.plugins.cp2k.order import OVERLAP, closest_contact
from aiida_zif.plugins.cp2k.task import MAX_FORCE
from aiida_zif.plugins.data.frame_id import frame_ids
from aiida_zif.plugins.data.labelled_frame import LabelledFrame, Refused
from aiida_zif.plugins.geometry import cell_heights

ASYMMETRY = 1e-3
"""Largest difference of a virial to its transpose, over its largest component."""

FARTHEST = 1e5
"""Å; atoms drift out of their cell in a long run, but not farther, nor is a cell of a crystal larger."""

THINNEST = 1.0
"""Å between opposite faces of a cell."""


def sort_frames(frames: Iterable[LabelledFrame | Refused]) -> tuple[list[LabelledFrame], list[Refused]]:
    """Return the frames that pass every gate, and the others with their reasons; each frame comes in once."""
    good: list[LabelledFrame] = []
    refused: list[Refused] = []
    seen: dict[str, str] = {}
    for frame in frames:
        fault = (frame.reason, frame.detail) if isinstance(frame, Refused) else fault_of(frame)
        if fault is None and isinstance(frame, LabelledFrame):
            key = frame_ids(frame.symbols, [frame.positions], [frame.cell])[0]
            if key not in seen:
                seen[key] = frame.place
                good.append(frame)
                continue
            fault = "duplicate", f"the same atoms at the same places as {seen[key]}"
        assert fault is not None
        refused.append(Refused(frame.place, *fault))
    return good, refused


def fault_of(frame: LabelledFrame) -> tuple[str, str] | None:
    """Return the reason and detail for which a frame is no label, None if it is one."""
    from ase.data import atomic_numbers, covalent_radii

    unknown = sorted({symbol for symbol in frame.symbols if not atomic_numbers.get(symbol)})
    if unknown:
        return "unknown_element", f"{', '.join(map(ascii, unknown))} in the types"
    shape = (len(frame.symbols), 3)
    if frame.positions.shape != shape or frame.forces.shape != shape:
        return "wrong_shape", f"{shape[0]} atoms, positions {frame.positions.shape}, forces {frame.forces.shape}"
    arrays = [frame.positions, frame.cell, frame.forces, np.zeros(0) if frame.virial is None else frame.virial]
    if not (np.isfinite(frame.energy) and all(np.isfinite(array).all() for array in arrays)):
        return "non_finite", "energy, forces, virial, positions or cell hold no number"
    if max(np.abs(frame.positions).max(), np.abs(frame.cell).max()) > FARTHEST:
        return "out_of_range", f"a position or cell beyond {FARTHEST:g} Å"
    if abs(np.linalg.det(frame.cell)) < 1e-6 or cell_heights(frame.cell).min() < THINNEST:
        return "not_periodic", f"a cell without volume, or less than {THINNEST:g} Å thick"
    largest = float(np.abs(frame.forces).max())
    if largest > MAX_FORCE:
        return "force_too_large", f"{largest:.1f} eV/Å, more than {MAX_FORCE:g}: atoms overlap"
    radii = np.array([covalent_radii[atomic_numbers[symbol]] for symbol in frame.symbols])
    closest = closest_contact(radii, frame.positions, frame.cell)
    if closest < OVERLAP:
        return "atoms_overlap", f"a distance of {closest:.2f} times the sum of the covalent radii"
    if (
        frame.virial is not None
        and np.abs(frame.virial - frame.virial.T).max() > ASYMMETRY * np.abs(frame.virial).max()
    ):
        return "virial_not_symmetric", "the order of its components is another one, or it is no virial"
    return None


def grouped(frames: Sequence[LabelledFrame]) -> list[list[LabelledFrame]]:
    """Return the frames by atoms and their order, and whether they have a virial: one block each."""
    groups: dict[tuple[tuple[str, ...], bool], list[LabelledFrame]] = {}
    for frame in frames:
        groups.setdefault((frame.symbols, frame.virial is not None), []).append(frame)
    return list(groups.values())
