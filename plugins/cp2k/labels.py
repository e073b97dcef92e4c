"""From readings to labels: which frames are good, and why the others are not (no AiiDA)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from aiida_zif.plugins.cp2k.outputs import (
    GPA_TO_EV_PER_A3,
    HARTREE_PER_BOHR,
    Evaluation,
    MainOutput,
    XyzFrame,
)

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
    """One frame that is no label, with a reason for counting and a detail for reading."""

    index: int
    step: int
    reason: str
    detail: str


@dataclass(frozen=True)
class Readings:
    """Everything a run left behind, by step."""

    main: MainOutput
    positions: dict[int, XyzFrame]
    forces: dict[int, XyzFrame]
    cells: dict[int, np.ndarray]


def virial_from_stress(stress: ArrayLike, cell: ArrayLike) -> np.ndarray:
    """Return -dE/d(strain) in eV, (3, 3), symmetric.

    CP2K prints -(1/V) dE/d(strain), the opposite of the usual sign of a stress: proven by finite differences for
    version 2023.1, see ``tests/plugins/cp2k/test_finite_differences.py``.

    :param stress: printed stress in GPa, (3, 3).
    :param cell: lattice vectors in Å, (3, 3).
    """
    matrix = np.asarray(stress, dtype=float)
    volume = abs(float(np.linalg.det(np.asarray(cell, dtype=float))))
    return 0.5 * (matrix + matrix.T) * volume * GPA_TO_EV_PER_A3


def collect_labels(
    requested: Sequence[Requested],
    readings: Readings,
    symbols: Sequence[str],
    max_force: float,
) -> tuple[list[Label], list[Rejection]]:
    """Match the readings with the requested frames by step number.

    :param requested: frames asked for, in the order of the result.
    :param readings: what the run left behind.
    :param symbols: chemical symbols in the order of the atoms.
    :param max_force: eV/Å; larger components mean a broken geometry.
    :returns: good frames and rejected frames, each in the order asked for.
    """
    labels: list[Label] = []
    rejected: list[Rejection] = []
    for frame in requested:
        result = _judge(frame, readings, tuple(symbols), max_force)
        if isinstance(result, Label):
            labels.append(result)
        else:
            rejected.append(Rejection(frame.index, frame.step, *result))
    return labels, rejected


def _judge(frame: Requested, readings: Readings, symbols: tuple[str, ...], max_force: float) -> Label | tuple[str, str]:
    """A label, or the reason and detail of its rejection."""
    evaluation = readings.main.evaluations.get(frame.step)
    forces = readings.forces.get(frame.step)
    positions = readings.positions.get(frame.step)
    cell = readings.cells.get(frame.step)
    if evaluation is None or forces is None or positions is None or cell is None:
        return "not_reached", f"the run ended before step {frame.step} was complete"
    if not evaluation.scf_converged:
        return "scf_not_converged", f"no self-consistency after {evaluation.scf_steps} steps"
    if forces.symbols != symbols or positions.symbols != symbols:
        return "atoms_differ", "CP2K wrote other atoms than were asked for"
    moved = _displacement(frame, positions.values, cell)
    if not moved <= POSITION_TOLERANCE:
        return "positions_differ", f"CP2K evaluated a frame that is {moved:.2g} Å off in an atom or the cell"
    return _label(frame, evaluation, positions, forces, cell, max_force)


def _displacement(frame: Requested, positions: np.ndarray, cell: np.ndarray) -> float:
    asked = [(frame.positions, positions), (frame.cell, cell)]
    return max((float(np.abs(want - got).max()) for want, got in asked if want is not None), default=0.0)


def _label(
    frame: Requested,
    evaluation: Evaluation,
    positions: XyzFrame,
    forces: XyzFrame,
    cell: np.ndarray,
    max_force: float,
) -> Label | tuple[str, str]:
    cell = cell if frame.cell is None else frame.cell
    values = forces.values * HARTREE_PER_BOHR
    virial = None if evaluation.stress is None else virial_from_stress(evaluation.stress, cell)
    finite = np.isfinite(evaluation.energy) and np.isfinite(values).all()
    if not finite or (virial is not None and not np.isfinite(virial).all()):
        return "non_finite", "energy, forces or stress hold no number"
    if abs(forces.energy - evaluation.energy) > ENERGY_TOLERANCE:
        return "outputs_differ", f"forces belong to {forces.energy:.6f} eV, output says {evaluation.energy:.6f} eV"
    largest = float(np.abs(values).max())
    if largest > max_force:
        return "force_too_large", f"{largest:.1f} eV/Å, more than {max_force:g}: atoms overlap"
    return Label(
        frame.index,
        frame.step,
        positions.values if frame.positions is None else frame.positions,
        cell,
        evaluation.energy,
        values,
        virial,
        evaluation.scf_steps,
        evaluation.temperature,
    )
