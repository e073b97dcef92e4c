"""Labels from the output of CP2K: good frames, and the reason for each rejected frame (no AiiDA)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from aiida_zif.plugins.cp2k.reading.gates import OUTLIER, Gates, fault_of_label, outliers
from aiida_zif.plugins.cp2k.reading.outputs import (
    GPA_TO_EV_PER_A3,
    HARTREE_PER_BOHR,
    Evaluation,
    MainOutput,
    XyzFrame,
)
from aiida_zif.plugins.cp2k.reading.scf import Diagnosis, above_threshold, diagnose

POSITION_TOLERANCE = 1e-6
"""Å; CP2K echoes ten decimals."""

ENERGY_TOLERANCE = 1e-6
"""eV; main output and trajectory must speak of the same frame."""


@dataclass(frozen=True)
class Requested:
    """One frame that was asked for.

    :param index: its index among the requested frames.
    :param step: number of the step or snapshot that labels it.
    :param positions: Å, (n, 3); None in dynamics, where CP2K decides.
    :param cell: Å, (3, 3); None where CP2K decides.
    """

    index: int
    step: int
    positions: np.ndarray | None = None
    cell: np.ndarray | None = None


@dataclass(frozen=True)
class Label:
    """One good frame, in eV and Å."""

    index: int
    step: int
    positions: np.ndarray
    cell: np.ndarray
    energy: float
    forces: np.ndarray
    virial: np.ndarray | None
    scf_steps: int
    temperature: float | None


@dataclass(frozen=True)
class Rejection:
    """One frame that is no label, with a reason for counting and a detail for reading.

    :param scf: what its self-consistency loop looked like, where that failed.
    """

    index: int
    step: int
    reason: str
    detail: str
    scf: Diagnosis | None = None


NOT_REACHED = "not_reached"
"""Reason of a frame that the run did not come to, or not to its end."""

NOT_CONVERGED = "scf_not_converged"

ABOVE_THRESHOLD = "scf_above_threshold"
"""Reason of a frame whose loop CP2K calls converged, by another threshold than that of the level."""

NOT_READ = "not_read"
"""Reason of a frame that CP2K evaluated, but reported in a form that is not read."""


@dataclass(frozen=True)
class Readings:
    """Everything a run left behind, by step."""

    main: MainOutput
    positions: dict[int, XyzFrame]
    forces: dict[int, XyzFrame]
    cells: dict[int, np.ndarray]


def virial_from_stress(stress: ArrayLike, cell: ArrayLike) -> np.ndarray:
    """Return -dE/d(strain) in eV, (3, 3), as symmetric as the stress.

    CP2K prints -(1/V) dE/d(strain), the opposite of the usual sign of a stress: proven by finite differences for
    version 2023.1, see ``tests/plugins/cp2k/test_finite_differences.py``.

    :param stress: printed stress in GPa, (3, 3).
    :param cell: lattice vectors in Å, (3, 3).
    """
    matrix = np.asarray(stress, dtype=float)
    volume = abs(float(np.linalg.det(np.asarray(cell, dtype=float))))
    return matrix * volume * GPA_TO_EV_PER_A3


def collect_labels(
    requested: Sequence[Requested],
    readings: Readings,
    symbols: Sequence[str],
    gates: Gates,
    threshold: float,
    references: Sequence[float] = (),
) -> tuple[list[Label], list[Rejection]]:
    """Match the readings with the requested frames by step number, and let the good ones in.

    :param requested: frames asked for, in the order of the result.
    :param readings: what the run left behind.
    :param symbols: chemical symbols in the order of the atoms.
    :param gates: what a frame must pass.
    :param threshold: of self-consistency, EPS_SCF.
    :param references: energies of earlier frames of the composition, eV/atom.
    :returns: good frames and rejected frames, each in the order asked for.
    """
    labels: list[Label] = []
    rejected: list[Rejection] = []
    for frame in requested:
        result = _judge(frame, readings, tuple(symbols), gates, threshold)
        if isinstance(result, Label):
            labels.append(result)
        else:
            rejected.append(result)
    strange = outliers([label.energy / len(symbols) for label in labels], references, gates)
    rejected += [Rejection(labels[place].index, labels[place].step, OUTLIER, why) for place, why in strange.items()]
    good = [label for place, label in enumerate(labels) if place not in strange]
    return good, sorted(rejected, key=lambda one: one.index)


def _judge(
    frame: Requested, readings: Readings, symbols: tuple[str, ...], gates: Gates, threshold: float
) -> Label | Rejection:
    """A label, or the reason and detail of its rejection."""
    evaluation = readings.main.evaluations.get(frame.step)
    forces = readings.forces.get(frame.step)
    positions = readings.positions.get(frame.step)
    cell = readings.cells.get(frame.step)
    if (unread := readings.main.what_is_unread(frame.step)) is not None:
        return Rejection(frame.index, frame.step, NOT_READ, unread)
    if evaluation is not None and not evaluation.scf_converged:
        found = diagnose(evaluation.convergence, threshold)
        return Rejection(frame.index, frame.step, NOT_CONVERGED, found.in_words(), found)
    if evaluation is not None and (last := above_threshold(evaluation.convergence, threshold)) is not None:
        detail = f"CP2K says converged, but the last change, {last:.2g}, is above EPS_SCF of the level, {threshold:g}"
        return Rejection(frame.index, frame.step, ABOVE_THRESHOLD, detail)
    if evaluation is None or forces is None or positions is None or cell is None:
        detail = f"the run ended before step {frame.step} was complete"
        return Rejection(frame.index, frame.step, NOT_REACHED, detail)
    if forces.symbols != symbols or positions.symbols != symbols:
        detail = "CP2K wrote other atoms than were requested"
        return Rejection(frame.index, frame.step, "atoms_differ", detail)
    moved = _displacement(frame, positions.values, cell)
    if not moved <= POSITION_TOLERANCE:
        detail = f"CP2K evaluated a frame that is {moved:.2g} Å off in an atom or the cell"
        return Rejection(frame.index, frame.step, "positions_differ", detail)
    result = _label(frame, evaluation, positions, forces, cell, gates)
    return result if isinstance(result, Label) else Rejection(frame.index, frame.step, *result)


def _displacement(frame: Requested, positions: np.ndarray, cell: np.ndarray) -> float:
    asked = [(frame.positions, positions), (frame.cell, cell)]
    return max((float(np.abs(want - got).max()) for want, got in asked if want is not None), default=0.0)


def _label(
    frame: Requested,
    evaluation: Evaluation,
    positions: XyzFrame,
    forces: XyzFrame,
    cell: np.ndarray,
    gates: Gates,
) -> Label | tuple[str, str]:
    cell = cell if frame.cell is None else frame.cell
    values = forces.values * HARTREE_PER_BOHR
    virial = None if evaluation.stress is None else virial_from_stress(evaluation.stress, cell)
    finite = np.isfinite(evaluation.energy) and np.isfinite(values).all()
    if not finite or (virial is not None and not np.isfinite(virial).all()):
        return "non_finite", "energy, forces or stress hold no number"
    if abs(forces.energy - evaluation.energy) > ENERGY_TOLERANCE:
        return "outputs_differ", f"forces belong to {forces.energy:.6f} eV, output says {evaluation.energy:.6f} eV"
    if virial is None and gates.stress:
        return "no_stress", "CP2K printed no stress of this frame"
    if (fault := fault_of_label(values, virial, cell, gates)) is not None:
        return fault
    return Label(
        frame.index,
        frame.step,
        positions.values if frame.positions is None else frame.positions,
        cell,
        evaluation.energy,
        values,
        None if virial is None else 0.5 * (virial + virial.T),
        evaluation.scf_steps,
        evaluation.temperature,
    )
