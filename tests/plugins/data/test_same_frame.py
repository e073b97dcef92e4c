"""A frame is found again whatever its digits, periodic images, order of atoms and orientation; no other one is."""

from __future__ import annotations

from unittest.mock import Mock

import numpy as np
import pytest

from aiida_zif.plugins.data.labelled_frame import LabelledFrame
from aiida_zif.plugins.data.same_frame import TOLERANCE, first_of_each, invariants, match
from aiida_zif.plugins.imports.contradiction import contradiction

SYMBOLS = ("Zn", *["N"] * 4, *["C"] * 6, *["H"] * 6)
TRICLINIC = np.array([[9.1, 0.0, 0.0], [1.3, 10.2, 0.0], [-2.1, 0.7, 11.4]])
ORTHORHOMBIC = np.diag([9.1, 9.1, 11.4])
CELLS = pytest.mark.parametrize("cell", [TRICLINIC, ORTHORHOMBIC], ids=["triclinic", "tetragonal"])


def labelled(positions: np.ndarray, cell: np.ndarray, symbols: tuple[str, ...] = SYMBOLS) -> LabelledFrame:
    """A frame whose forces and virial are functions of its geometry, so that they turn with it."""
    shift = positions[:, None] - positions
    shift = (shift @ np.linalg.inv(cell) - np.rint(shift @ np.linalg.inv(cell))) @ cell
    forces = (np.sin(np.linalg.norm(shift, axis=2))[..., None] * shift).sum(axis=1)
    return LabelledFrame("here:0", symbols, positions, cell, -400.0, forces, cell.T @ cell)


def a_frame(cell: np.ndarray, seed: int = 0) -> LabelledFrame:
    return labelled(np.random.default_rng(seed).random((len(SYMBOLS), 3)) @ cell, cell)


def turned(frame: LabelledFrame) -> LabelledFrame:
    rotation = np.linalg.qr(np.random.default_rng(3).normal(size=(3, 3)))[0]
    return labelled(frame.positions @ rotation, frame.cell @ rotation)


def reordered(frame: LabelledFrame) -> LabelledFrame:
    order = np.random.default_rng(4).permutation(len(SYMBOLS))
    return LabelledFrame(
        "there:0",
        tuple(np.array(SYMBOLS)[order].tolist()),
        frame.positions[order],
        frame.cell,
        frame.energy,
        frame.forces[order],
        frame.virial,
    )


def moved_images(frame: LabelledFrame) -> LabelledFrame:
    jumps = np.random.default_rng(5).integers(-3, 4, size=frame.positions.shape)
    return labelled(frame.positions + jumps @ frame.cell, frame.cell)


def other_vectors(frame: LabelledFrame) -> LabelledFrame:
    change = np.array([[0, 1, 0], [1, 2, 0], [0, -1, 1]])
    return LabelledFrame(
        "there:0", SYMBOLS, frame.positions, change @ frame.cell, frame.energy, frame.forces, frame.virial
    )


DESCRIPTIONS = {
    "eight decimals": lambda one: labelled(one.positions.round(8), one.cell.round(8)),
    "four decimals": lambda one: labelled(one.positions.round(4), one.cell.round(4)),
    "float32": lambda one: labelled(*(a.astype("f4").astype(float) for a in (one.positions, one.cell))),
    "other images": moved_images,
    "other order": reordered,
    "other origin": lambda one: labelled(np.add(one.positions, [0.3, -1.0, 25.0]), one.cell),
    "rotated": turned,
    "mirrored": lambda one: labelled(one.positions * [1, 1, -1], one.cell * [1, 1, -1]),
    "other lattice vectors": other_vectors,
    "all at once": lambda one: reordered(moved_images(turned(labelled(one.positions.round(8), one.cell)))),
}


@CELLS
@pytest.mark.parametrize("name", DESCRIPTIONS)
def test_another_description_of_a_frame_is_that_frame_with_its_labels(name: str, cell: np.ndarray) -> None:
    one = a_frame(cell)
    other = DESCRIPTIONS[name](one)
    assert first_of_each([one, a_frame(cell, 1), other]) == [0, 1, 0]
    how = match(one, other)
    assert how is not None
    assert how.apart <= TOLERANCE
    assert [other.symbols[index] for index in how.order] == list(one.symbols)
    assert contradiction(one, other, how) is None


@CELLS
@pytest.mark.parametrize("apart", [5e-4, 2e-3])
def test_one_atom_that_moved_by_more_than_the_tolerance_makes_another_frame(apart: float, cell: np.ndarray) -> None:
    one = a_frame(cell)
    moved = one.positions.copy()
    moved[7, 1] += apart * 1.1
    assert first_of_each([one, labelled(moved, cell)]) == [0, 1]


def test_a_strained_cell_and_exchanged_elements_make_other_frames() -> None:
    one = a_frame(TRICLINIC)
    strained = labelled(one.positions * 1.0005, one.cell * 1.0005)
    exchanged = labelled(one.positions, one.cell, ("N", "Zn", *SYMBOLS[2:]))
    assert first_of_each([one, strained, exchanged]) == [0, 1, 2]


def test_frames_that_differ_by_single_atoms_of_every_element_have_other_invariants() -> None:
    def linear(distance: float) -> LabelledFrame:
        return labelled(np.array([[distance, 2, 2], [2, 2, 2], [3.2, 2, 2]]), np.eye(3) * 6, ("H", "C", "N"))

    (one, slack), (other, _) = invariants(linear(0.9)), invariants(linear(0.95))
    assert (np.abs(one - other) > 2 * slack).any()


def test_of_a_thousand_frames_few_pairs_are_compared_atom_by_atom(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(6)
    symbols, crystal = SYMBOLS * 8, rng.random((8 * len(SYMBOLS), 3)) @ (2 * TRICLINIC)
    frames = [
        LabelledFrame("", symbols, crystal + rng.normal(scale=0.05, size=crystal.shape), 2 * TRICLINIC, 0.0, crystal)
        for _ in range(1000)
    ]
    compared = Mock(wraps=match)
    monkeypatch.setattr("aiida_zif.plugins.data.same_frame.match", compared)
    assert first_of_each(frames + frames[:5]) == [*range(1000), *range(5)]
    assert compared.call_count < 1000  # of half a million pairs


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"energy": -400.02}, "energies"),
        ({"forces": 0.05}, "force component differs by 0.05"),
        ({"virial": 2.0}, "stress component differs"),
    ],
)
def test_labels_that_digits_cannot_explain_contradict_each_other(change: dict[str, float], said: str) -> None:
    one = a_frame(TRICLINIC)
    values = {key: value if key == "energy" else getattr(one, key) + value for key, value in change.items()}
    other = LabelledFrame(**{**vars(reordered(one)), **vars(one), **values})
    how = match(one, other)
    assert how is not None
    assert said in str(contradiction(one, other, how))


def test_a_rounded_energy_of_a_large_cell_is_no_contradiction() -> None:
    one = a_frame(TRICLINIC)
    one = LabelledFrame(**{**vars(one), "energy": -40000.123456})
    other = LabelledFrame(**{**vars(one), "energy": float(np.float32(one.energy))})
    how = match(one, other)
    assert how is not None
    assert contradiction(one, other, how) is None
