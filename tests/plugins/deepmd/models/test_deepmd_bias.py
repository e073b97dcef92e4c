"""The energy bias of a model to start from: read, replaced in the file, and fitted to the data."""

from __future__ import annotations

import numpy as np
import pytest
from deepmd_toy import FIXTURES, TYPE_MAP, toy_system

from aiida_zif.plugins.deepmd.data.dataset import System
from aiida_zif.plugins.deepmd.models.bias import read_bias, refitted_bias, with_bias
from aiida_zif.plugins.deepmd.models.frozen import read_frozen

CONTENT = (FIXTURES / "train_ok" / "model.pb").read_bytes()
PER_ATOM = {"H": -3.0, "C": -7.0, "N": -11.0, "Zn": -20.0}
KNOWN, NEW = ["Zn", "N", "C", "H"] * 6, ["Zn", *["C", "H", "H", "N"] * 5]


def system(symbols: list[str], seed: int, above: float = 0.0) -> System:
    """Labelled frames whose atoms have energies of their own, and ``above`` eV/atom more."""
    toy = toy_system(5, seed, symbols)
    shift = sum(PER_ATOM[symbol] + above for symbol in symbols)
    return System(toy.symbols, toy.positions, toy.cells, toy.energies + shift, toy.forces, toy.virials)


def mean_error(bias: np.ndarray, block: System) -> float:
    """How far the bias is from the mean energy of some frames, eV/atom."""
    counts = [block.symbols.count(element) for element in TYPE_MAP]
    return float(np.mean(block.energies) - np.dot(counts, bias)) / len(block.symbols)


def fitted_to(*blocks: System) -> np.ndarray:
    """The bias of a model that was trained on these from random weights."""
    return refitted_bias(np.zeros(len(TYPE_MAP)), TYPE_MAP, blocks)


def test_the_bias_of_a_real_model_is_read_and_replaced_and_nothing_else_is_changed() -> None:
    bias = read_bias(CONTENT)
    assert bias is not None
    assert bias.shape == (2,)
    other = bias + np.array([1.0, -2.0])
    changed = with_bias(CONTENT, other)
    assert read_bias(changed) == pytest.approx(other)
    assert read_frozen(changed) == read_frozen(CONTENT)
    assert with_bias(changed, bias) == CONTENT


def test_a_file_without_a_bias_has_none() -> None:
    assert read_bias(b"") is None
    with pytest.raises(ValueError, match="does not hold the bias of 2 types"):
        with_bias(b"", np.zeros(2))


def test_a_composition_that_the_model_does_not_know_gets_its_mean_energy() -> None:
    known, new = system(KNOWN, 1), system(NEW, 2)
    bias = fitted_to(known)
    assert abs(mean_error(bias, new)) > 0.5
    refitted = refitted_bias(bias, TYPE_MAP, [known, new])
    assert mean_error(refitted, new) == pytest.approx(0.0, abs=1e-6)
    assert mean_error(refitted, known) == pytest.approx(0.0, abs=1e-6)


def test_hotter_frames_of_a_known_composition_leave_the_bias_alone() -> None:
    known = system(KNOWN, 1)
    bias = fitted_to(known)
    assert refitted_bias(bias, TYPE_MAP, [known, system(KNOWN, 3, above=0.2)]) == pytest.approx(bias)


def test_the_bias_does_not_depend_on_how_the_frames_are_cut_into_blocks() -> None:
    blocks = [system(NEW, seed, above=0.1 * seed) for seed in range(20)]
    there, back = (fitted_to(*some) for some in (blocks, blocks[::-1]))
    assert np.array_equal(there, back)
