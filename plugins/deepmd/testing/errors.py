"""Errors of a committee on labelled frames, from the detail files of ``dp test`` (no AiiDA)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from aiida_zif.plugins.deepmd.data.dataset import Labelled
from aiida_zif.plugins.deepmd.testing.evaluation import Errors

REFERENCE_TOLERANCE = 1e-5
"""eV/Å; the reference forces that ``dp test`` echoes must be the block's own, to its printing."""


@dataclass(frozen=True)
class Prediction:
    """One model on one block: energies (N) eV, forces (N, n, 3) eV/Å, virials (N, 3, 3) eV."""

    energies: np.ndarray
    forces: np.ndarray
    virials: np.ndarray

    def errors(self, block: Labelled) -> Errors:
        """Return the root mean squares over all frames of a block."""
        n_atoms = len(block.symbols)
        errors = Errors(
            force_rmse_eV_per_A=rms(self.forces - block.forces),
            energy_rmse_meV_per_atom=1000 * rms(self.energies - block.energies) / n_atoms,
        )
        if block.virials is None:
            return errors
        of_virials = 1000 * rms(self.virials - block.virials) / n_atoms
        return errors.model_copy(update={"virial_rmse_meV_per_atom": of_virials})

    def frame_force_rmse(self, block: Labelled) -> np.ndarray:
        """Force RMSE of each frame in eV/Å, shape (N,)."""
        return force_rmse_per_frame(self.forces, block.forces)


def rms(array: np.ndarray) -> float:
    """Root mean square over all entries."""
    return float(np.sqrt(np.mean(np.square(array))))


def force_rmse_per_frame(predicted: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """Root mean square over the 3n force components of every frame.

    :param predicted: eV/Å, shape (N, n, 3).
    :param reference: eV/Å, shape (N, n, 3).
    :returns: eV/Å, shape (N,).
    """
    return np.sqrt(np.mean((predicted - reference) ** 2, axis=(1, 2)))


def max_force_deviation(forces: np.ndarray) -> np.ndarray:
    """Return the largest force deviation of a committee in each frame, eV/Å, shape (N,).

    The deviation of an atom is sqrt(<|F - <F>|²>) over the models (Y. Zhang et al., Comput. Phys. Commun. 253,
    107206 (2020), eq. 8); the frame's is the largest of its atoms. A committee of one has none.

    :param forces: eV/Å, shape (models, N, n, 3).
    """
    spread = forces - forces.mean(axis=0)
    return np.sqrt(np.mean(np.sum(spread**2, axis=-1), axis=0)).max(axis=-1)


def read_predictions(prefix: Path, blocks: Mapping[str, Labelled], order: Sequence[str]) -> dict[str, Prediction]:
    """Read the detail files of one model for all blocks.

    ``dp test`` appends one system after the other without a mark between them, in the order of the list it was
    given, so that the blocks' own sizes tell where each begins.

    :param prefix: what ``-d`` was; ``prefix.e.out``, ``.f.out`` and ``.v.out`` are read.
    :param blocks: the blocks by label.
    :param order: labels in the order in which they were tested.
    :raises FileNotFoundError: a detail file is missing.
    :raises EOFError: a detail file ends early.
    :raises ValueError: the reference forces in the file are not those of the blocks: wrong order or wrong data.
    """
    energies = _split(_table(prefix, "e", 2), order, {k: len(b.energies) for k, b in blocks.items()}, "e")
    virials = _split(_table(prefix, "v", 18), order, {k: len(b.energies) for k, b in blocks.items()}, "v")
    forces = _split(_table(prefix, "f", 6), order, {k: b.forces.size // 3 for k, b in blocks.items()}, "f")
    result = {}
    for label in order:
        shape = blocks[label].forces.shape
        reference = forces[label][:, :3].reshape(shape)
        if not np.allclose(reference, blocks[label].forces, atol=REFERENCE_TOLERANCE, rtol=1e-5):
            raise ValueError(
                f"block {label}: the reference forces that were tested differ from the block's by up to "
                f"{np.abs(reference - blocks[label].forces).max():.3g} eV/Å"
            )
        result[label] = Prediction(
            energies=energies[label][:, 1],
            forces=forces[label][:, 3:].reshape(shape),
            virials=virials[label][:, 9:].reshape(-1, 3, 3),
        )
    return result


def _table(prefix: Path, kind: str, columns: int) -> np.ndarray:
    path = prefix.parent / f"{prefix.name}.{kind}.out"
    try:
        return np.loadtxt(path, ndmin=2).reshape(-1, columns)
    except ValueError as error:
        raise EOFError(f"{path.name}: {error}") from error


def _split(table: np.ndarray, order: Sequence[str], rows: Mapping[str, int], kind: str) -> dict[str, np.ndarray]:
    expected = sum(rows[label] for label in order)
    if len(table) != expected:
        raise EOFError(f"{kind}.out has {len(table)} rows where the blocks have {expected}")
    return dict(_pieces(table, order, rows))


def _pieces(table: np.ndarray, order: Sequence[str], rows: Mapping[str, int]) -> Iterator[tuple[str, np.ndarray]]:
    start = 0
    for label in order:
        yield label, table[start : start + rows[label]]
        start += rows[label]
