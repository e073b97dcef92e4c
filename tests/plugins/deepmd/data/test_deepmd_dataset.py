"""The deepmd/npy layout: what is written can be read again, and DeePMD-kit's conventions are kept."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from deepmd_toy import SYMBOLS, TYPE_MAP, label, toy_system

from aiida_zif.plugins.deepmd.data.dataset import read_system, write_dataset, write_system


@pytest.mark.parametrize("virials", [True, False])
def test_system_survives_a_round_trip(tmp_path: Path, virials: bool) -> None:
    original = toy_system(3, seed=1, virials=virials)
    write_system(tmp_path / "block", original, TYPE_MAP)
    again = read_system(tmp_path / "block")
    assert again.symbols == original.symbols
    for name in ("positions", "cells", "energies", "forces"):
        assert np.array_equal(getattr(again, name), getattr(original, name)), name
    assert (again.virials is not None) == virials
    if virials:
        assert np.array_equal(again.virials, original.virials)


def test_types_follow_the_type_map_and_not_the_order_of_the_atoms(tmp_path: Path) -> None:
    write_system(tmp_path, toy_system(1, seed=1), TYPE_MAP)
    assert (tmp_path / "type_map.raw").read_text().split() == TYPE_MAP
    assert (tmp_path / "type.raw").read_text().split()[:4] == ["3", "2", "1", "0"]


def test_arrays_have_one_row_a_frame(tmp_path: Path) -> None:
    write_system(tmp_path, toy_system(2, seed=1), TYPE_MAP)
    shapes = {path.stem: np.load(path).shape for path in (tmp_path / "set.000").iterdir()}
    width = 3 * len(SYMBOLS)
    assert shapes == {"coord": (2, width), "box": (2, 9), "energy": (2,), "force": (2, width), "virial": (2, 9)}


def test_element_outside_the_type_map_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="lacks Zn"):
        write_system(tmp_path, toy_system(1, seed=1), ["H", "C", "N"])


def test_empty_blocks_are_left_out_and_the_rest_is_sorted(tmp_path: Path) -> None:
    blocks = {"late": toy_system(1, 1), "empty": toy_system(0, 1), "early": toy_system(1, 2)}
    assert write_dataset(tmp_path, blocks, TYPE_MAP) == ["early", "late"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["early", "late"]


def test_all_sets_of_a_foreign_system_are_read(tmp_path: Path) -> None:
    write_system(tmp_path, toy_system(2, seed=1), TYPE_MAP)
    (tmp_path / "set.000").rename(tmp_path / "set.001")
    write_system(tmp_path, toy_system(3, seed=2), TYPE_MAP)
    assert len(read_system(tmp_path).energies) == 5


def test_labels_of_the_toy_world_are_derivatives_of_its_energy() -> None:
    """Forces and virials by central differences: the tests stand on these labels."""
    toy, step = toy_system(1, seed=5), 1e-5

    def energy(positions: np.ndarray, strain: np.ndarray) -> float:
        deformation = np.eye(3) + strain
        return float(label(toy.symbols, positions @ deformation, toy.cells @ deformation)[0][0])

    shift = np.zeros_like(toy.positions)
    shift[0, 4, 1] = step
    slope = (energy(toy.positions + shift, np.zeros((3, 3))) - energy(toy.positions - shift, np.zeros((3, 3)))) / (
        2 * step
    )
    assert toy.forces[0, 4, 1] == pytest.approx(-slope, rel=1e-5, abs=1e-8)
    strain = np.diag([step, 0, 0])
    slope = (energy(toy.positions, strain) - energy(toy.positions, -strain)) / (2 * step)
    assert toy.virials is not None
    assert toy.virials[0, 0, 0] == pytest.approx(-slope, rel=1e-4)
