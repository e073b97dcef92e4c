"""Which frames from elsewhere may become labels, and why the others may not (no AiiDA).

What holds for every label, computed or imported, is in :mod:`aiida_zif.plugins.cp2k.reading.gates`. Here is what only a
frame that no job of ours was given needs besides: whether it is a frame at all, and whether it comes in twice.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from aiida_zif.plugins.cp2k.batches.order import contacts
from aiida_zif.plugins.cp2k.reading.gates import OUTLIER, Gates, fault_of_contact, fault_of_label, outliers
from aiida_zif.plugins.data.labelled_frame import LabelledFrame, Refused
from aiida_zif.plugins.data.same_frame import first_of_each, match
from aiida_zif.plugins.imports.contradiction import contradiction
from aiida_zif.plugins.imports.reading import NONE
from aiida_zif.plugins.physics.geometry import cell_heights

if TYPE_CHECKING:
    from aiida_zif.plugins.cp2k.levels import Level

FARTHEST = 1e5
"""Å; atoms drift out of their cell in a long run, but not farther, nor is a cell of a crystal larger."""

THINNEST = 1.0
"""Å between opposite faces of a cell."""

IMPORT_GATES = Gates(stress=False)
"""The gates of a computed label, but that a frame may lack a virial: DeePMD-kit then learns its energy and forces."""

PULL = 6.0
"""Å; how far the pairs reach that show whether symmetry leaves an atom no force."""

TOO_LARGE = "stress_too_large"

Fault = tuple[str, str]
"""A reason for counting and a detail for reading."""


@dataclass(frozen=True)
class Rules:
    """What frames from elsewhere are held against.

    :param gates: as for computed labels.
    :param level: of the labels, with charge and multiplicity; None for one that CP2K cannot compute here.
    :param references: eV/atom of labels of that level that the profile holds, by :func:`composition`.
    """

    gates: Gates = IMPORT_GATES
    level: Level | None = None
    references: Mapping[str, Sequence[float]] = field(default_factory=dict)


AS_COMPUTED = Rules()
"""Nothing known of the level, and no lenience."""


def sort_frames(
    frames: Iterable[LabelledFrame | Refused], rules: Rules = AS_COMPUTED
) -> tuple[list[LabelledFrame], list[Refused]]:
    """Return the frames that pass every gate, and the others with their reasons; each frame comes in once."""
    read = list(frames)
    faults: dict[int, Fault] = {
        index: (one.reason, one.detail) for index, one in enumerate(read) if isinstance(one, Refused)
    }
    for find in (faults_of_frames, faults_of_repeats, faults_of_energies):
        places = [index for index in range(len(read)) if index not in faults]
        left = [one for one in (read[index] for index in places) if isinstance(one, LabelledFrame)]
        faults |= {places[row]: fault for row, fault in find(left, rules).items()}
    good = [one for index, one in enumerate(read) if index not in faults and isinstance(one, LabelledFrame)]
    return good, [Refused(read[index].place, *faults[index]) for index in sorted(faults)]


def faults_of_frames(frames: Sequence[LabelledFrame], rules: Rules) -> dict[int, Fault]:
    """Return the frames that are wrong by themselves, by index.

    A unit is that of a file, not of a frame: where most stresses are too large, the others are no better.
    """
    found = {index: fault for index, frame in enumerate(frames) if (fault := fault_of(frame, rules)) is not None}
    with_stress = [index for index, frame in enumerate(frames) if frame.virial is not None]
    too_large = [index for index in with_stress if found.get(index, ("", ""))[0] == TOO_LARGE]
    if 2 * len(too_large) > len(with_stress):
        detail = f"{len(too_large)} of {len(with_stress)} stresses are too large, so their unit is another one"
        found = dict.fromkeys(with_stress, (TOO_LARGE, detail)) | found
    return dict(sorted(found.items()))


def fault_of(frame: LabelledFrame, rules: Rules = AS_COMPUTED) -> Fault | None:
    """Return why a frame by itself is no label, None if it is one."""
    checks: list[Callable[[LabelledFrame, Rules], Fault | None]] = [
        fault_of_arrays, fault_of_zeros, fault_of_electrons, fault_of_contacts, fault_of_values,
    ]  # fmt: skip
    return next((fault for check in checks if (fault := check(frame, rules)) is not None), None)


def fault_of_arrays(frame: LabelledFrame, _: Rules) -> Fault | None:
    """Whether the arrays make up a periodic frame of known elements."""
    from ase.data import atomic_numbers

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
    return None


def fault_of_zeros(frame: LabelledFrame, _: Rules) -> Fault | None:
    """Whether a label is exactly zero, as where none was computed and a file has a place for it."""
    if frame.energy == 0.0:
        return "energy_zero", "an energy of exactly zero, as where none was computed"
    if frame.virial is not None and not frame.virial.any():
        fix = f"--stress-key {NONE} or --virial-key {NONE}, or no virial.npy, takes none"
        return "virial_zero", f"a stress of exactly zero, as where none was computed; {fix}"
    if not frame.forces.any() and not forces_vanish(frame):
        return "forces_zero", "all forces are exactly zero, as where none were computed: no symmetry makes them so"
    return None


def forces_vanish(frame: LabelledFrame) -> bool:
    """Whether no potential between pairs of atoms would move one, as in rock salt, where symmetry leaves no force."""
    from ase import Atoms
    from ase.neighborlist import neighbor_list

    atoms = Atoms(frame.symbols, frame.positions, cell=frame.cell, pbc=True)
    here, there, vectors = neighbor_list("ijD", atoms, PULL)
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    elements = np.asarray(frame.symbols)[there]
    for element, width in itertools.product(set(frame.symbols), (1.0, 2.0)):
        pulls = np.exp(-lengths / width) * (1.0 - lengths / PULL) ** 2 * vectors * (elements == element)[:, None]
        sums = np.zeros_like(frame.positions)
        np.add.at(sums, here, pulls)
        if np.abs(sums).max() > 1e-3:
            return False
    return True


def fault_of_electrons(frame: LabelledFrame, rules: Rules) -> Fault | None:
    """Whether the level can treat the elements and the number of electrons."""
    try:
        if rules.level is not None:
            rules.level.check_elements(frame.symbols)
    except ValueError as error:
        return "level_cannot_treat", f"{error} (--charge, --multiplicity)"
    return None


def fault_of_contacts(frame: LabelledFrame, rules: Rules) -> Fault | None:
    """Whether two atoms are closer than any chemistry."""
    return fault_of_contact(contacts(frame.symbols, frame.positions[None], frame.cell[None])[0], rules.gates)


def fault_of_values(frame: LabelledFrame, rules: Rules) -> Fault | None:
    """Whether forces and virial pass the gates."""
    if frame.virial is None and rules.gates.stress:
        return "no_stress", "no stress or virial of this frame"
    return fault_of_label(frame.forces, frame.virial, frame.cell, rules.gates)


def faults_of_repeats(frames: Sequence[LabelledFrame], _: Rules) -> dict[int, Fault]:
    """Return the frames that came before; where their labels contradict each other, the first one too."""
    faults: dict[int, Fault] = {}
    for index, earlier in enumerate(first_of_each(frames)):
        if earlier == index:
            continue
        place, other = frames[index].place, frames[earlier].place
        how = match(frames[earlier], frames[index])
        said = None if how is None else contradiction(frames[earlier], frames[index], how)
        if said is None:
            faults[index] = "duplicate", f"the same frame as {other}"
        else:
            faults[index] = "labels_contradict", f"the same frame as {other}, but {said}"
            faults.setdefault(earlier, ("labels_contradict", f"the same frame as {place}, but {said}"))
    return faults


def faults_of_energies(frames: Sequence[LabelledFrame], rules: Rules) -> dict[int, Fault]:
    """Return the frames whose energy is far from those of the same composition, in the import and in the profile."""
    groups: dict[str, list[int]] = {}
    for index, frame in enumerate(frames):
        groups.setdefault(composition(frame.symbols), []).append(index)
    faults: dict[int, Fault] = {}
    for formula, members in groups.items():
        energies = [frames[index].energy / len(frames[index].symbols) for index in members]
        known = rules.references.get(formula, ())
        strange = outliers(energies, known, rules.gates)
        where = f"; {len(known)} of them are labels that the profile holds at this level" if known else ""
        faults |= {members[row]: (OUTLIER, why + where) for row, why in strange.items()}
    return faults


def composition(symbols: Sequence[str]) -> str:
    """Return the formula of some atoms, such as ``C2 H6 N1``, the same for every order of them."""
    return " ".join(f"{symbol}{list(symbols).count(symbol)}" for symbol in sorted(set(symbols)))


def grouped(frames: Sequence[LabelledFrame]) -> list[list[LabelledFrame]]:
    """Return the frames by atoms and their order, and whether they have a virial: one block each."""
    groups: dict[tuple[tuple[str, ...], bool], list[LabelledFrame]] = {}
    for frame in frames:
        groups.setdefault((frame.symbols, frame.virial is not None), []).append(frame)
    return list(groups.values())
