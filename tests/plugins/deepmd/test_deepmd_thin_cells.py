"""DeePMD-kit for real: no cell is too thin for it."""

from __future__ import annotations

import importlib.util
import lzma
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

MODEL = Path(__file__).parents[1] / "fixtures" / "lammps" / "models" / "model_0.pb.xz"
"""Of H and Zn, with a cut-off of 5 Å, in double precision."""
Evaluate = Callable[[np.ndarray, np.ndarray, list[int]], tuple[float, np.ndarray, np.ndarray]]


@pytest.fixture(scope="module")
def evaluate(tmp_path_factory: pytest.TempPathFactory) -> Evaluate:
    """Return energy, forces and virial of a frame."""
    from deepmd.infer import DeepPot

    path = tmp_path_factory.mktemp("model") / "model.pb"
    path.write_bytes(lzma.decompress(MODEL.read_bytes()))
    model = DeepPot(str(path))

    def by_model(positions: np.ndarray, cell: np.ndarray, types: list[int]) -> tuple[float, np.ndarray, np.ndarray]:
        energies, forces, virials = model.eval(positions.reshape(1, -1), cell.reshape(1, 9), types)[:3]
        return float(energies[0, 0]), forces[0], virials[0]

    return by_model


@pytest.mark.codes
@pytest.mark.skipif(importlib.util.find_spec("deepmd") is None, reason="no DeePMD-kit")
@pytest.mark.parametrize(
    "cell",
    [
        np.diag([9.9, 12.0, 12.0]),
        np.array([[4.9, 0.0, 0.0], [1.0, 5.2, 0.0], [-2.0, 1.5, 5.0]]),
        np.array([[6.0, 0.0, 0.0], [7.5, 6.0, 0.0], [-8.0, 7.0, 6.5]]),
    ],
    ids=["thin", "thinner than the cut-off", "tilted"],
)
def test_a_thin_cell_and_its_supercell_have_the_same_energy_forces_and_virial(
    evaluate: Evaluate, cell: np.ndarray
) -> None:
    rng, n_atoms = np.random.default_rng(0), int(np.linalg.det(cell) / 18)
    positions, types = rng.random((n_atoms, 3)) @ cell, [index % 2 for index in range(n_atoms)]
    energy, forces, virial = evaluate(positions, cell, types)
    assert np.abs(forces).max() > 0.1
    copies = np.concatenate([positions + np.array(shift) @ cell for shift in np.ndindex(2, 2, 2)])
    energies, of_copies, virials = evaluate(copies, 2 * cell, 8 * types)
    assert energies / 8 == pytest.approx(energy, abs=1e-6)
    assert np.abs(of_copies.reshape(8, n_atoms, 3) - forces).max() < 1e-6
    assert np.abs(virials / 8 - virial).max() < 1e-6
