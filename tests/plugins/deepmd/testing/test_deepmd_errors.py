"""Errors and deviations: formulas on small numbers, detail files of a real test against its own log."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from deepmd_toy import FIXTURES, SMALL_SYMBOLS, toy_system

from aiida_zif.plugins.deepmd.data.dataset import System
from aiida_zif.plugins.deepmd.testing.errors import Prediction, max_force_deviation, read_predictions

DETAILS = FIXTURES / "test_ok" / "details"


@pytest.fixture
def blocks() -> dict[str, System]:
    """The blocks on which the stored outputs were made."""
    return {"b": toy_system(3, 1, SMALL_SYMBOLS), "a": toy_system(2, 2, SMALL_SYMBOLS, virials=False)}


def test_deviation_of_two_models_is_half_their_difference() -> None:
    forces = np.zeros((2, 1, 3, 3))
    forces[0, 0, 1] = [3.0, 0.0, 4.0]
    assert max_force_deviation(forces) == pytest.approx([2.5])


def test_deviation_is_the_worst_atom_and_not_the_mean() -> None:
    forces = np.random.default_rng(0).normal(size=(4, 5, 7, 3))
    by_hand = [
        max(np.sqrt(np.mean([np.sum((f - atom.mean(axis=0)) ** 2) for f in atom])) for atom in frame)
        for frame in forces.transpose(1, 2, 0, 3)
    ]
    assert max_force_deviation(forces) == pytest.approx(by_hand)


def test_committee_of_one_has_no_deviation() -> None:
    assert max_force_deviation(np.ones((1, 2, 3, 3))).tolist() == [0.0, 0.0]


def test_errors_have_the_units_of_their_names(blocks: dict[str, System]) -> None:
    block = blocks["b"]
    assert block.virials is not None
    prediction = Prediction(block.energies + 0.24, block.forces + 0.1, block.virials - 2.4)
    assert prediction.errors(block).known() == {
        "force_rmse_eV_per_A": pytest.approx(0.1),
        "energy_rmse_meV_per_atom": pytest.approx(10.0),
        "virial_rmse_meV_per_atom": pytest.approx(100.0),
    }
    assert prediction.frame_force_rmse(block) == pytest.approx([0.1] * 3)


@pytest.mark.parametrize("label", ["a", "b"])
def test_errors_are_those_that_dp_test_prints(blocks: dict[str, System], label: str) -> None:
    predictions = read_predictions(DETAILS / "m0", blocks, ["a", "b"])
    errors = predictions[label].errors(blocks[label]).known()
    log = (FIXTURES / "test_ok" / "test_m0.log").read_text()
    section = log.split(f"testing system : data/{label}")[1].split("# ---")[0]
    printed = {
        name: float(value) for name, value in re.findall(r"(\w+ +RMSE\S*|\w+ RMSE/Natoms)\s*: (\S+) eV", section)
    }
    assert errors["force_rmse_eV_per_A"] == pytest.approx(printed["Force  RMSE"], rel=1e-5)
    assert errors["energy_rmse_meV_per_atom"] == pytest.approx(1000 * printed["Energy RMSE/Natoms"], rel=1e-5)
    if label == "b":
        assert errors["virial_rmse_meV_per_atom"] == pytest.approx(1000 * printed["Virial RMSE/Natoms"], rel=1e-5)
    else:
        assert "virial_rmse_meV_per_atom" not in errors


def test_wrong_order_of_blocks_is_noticed(blocks: dict[str, System]) -> None:
    with pytest.raises(ValueError, match="differ from the block's"):
        read_predictions(DETAILS / "m0", blocks, ["b", "a"])


def test_other_data_than_the_blocks_is_noticed(blocks: dict[str, System]) -> None:
    blocks["b"].forces[0, 0, 0] += 1e-3
    with pytest.raises(ValueError, match="block b"):
        read_predictions(DETAILS / "m0", blocks, ["a", "b"])


def test_file_that_ends_early_is_noticed(blocks: dict[str, System], tmp_path: Path) -> None:
    for path in DETAILS.glob("m0.*"):
        (tmp_path / path.name).write_text("\n".join(path.read_text().splitlines()[:-1]) + "\n")
    with pytest.raises(EOFError, match="rows"):
        read_predictions(tmp_path / "m0", blocks, ["a", "b"])


def test_line_that_was_cut_short_is_noticed(blocks: dict[str, System], tmp_path: Path) -> None:
    for path in DETAILS.glob("m0.*"):
        (tmp_path / path.name).write_text(path.read_text()[:-40])
    with pytest.raises(EOFError):
        read_predictions(tmp_path / "m0", blocks, ["a", "b"])
