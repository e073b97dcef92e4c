"""The benchmark of selection, small: curves and ratios, and one run of it on toy data with the real code."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from aiida_zif.plugins.deepmd.data.dataset import System, write_system

FOLDER = Path(__file__).parents[2] / "benchmarks" / "selection"
sys.path.insert(0, str(FOLDER))

from curves import earlier_ratios, labels_for, ratio  # noqa: E402
from frames import read_frames  # noqa: E402

CURVE = [(8, 0.4), (16, 0.2), (32, 0.1)]


def test_labels_are_read_off_a_curve_in_logarithms() -> None:
    assert labels_for(CURVE, 0.2) == pytest.approx(16)
    assert labels_for(CURVE, 0.2 / 2**0.5) == pytest.approx(16 * 2**0.5)
    assert labels_for(CURVE, 0.5) == 8
    assert labels_for(CURVE, 0.05) == np.inf


def test_ratio_compares_at_the_error_that_the_other_ends_with() -> None:
    other = [(8, 0.4), (16, 0.3), (32, 0.2)]
    assert ratio([CURVE], [other]) == {"mean": pytest.approx(0.5), "each": [pytest.approx(0.5)], "n_not_reached": 0}


def test_ratios_are_also_told_for_the_errors_that_the_other_had_before() -> None:
    other = [(8, 0.4), (16, 0.4 / 2**0.5), (32, 0.2)]
    assert earlier_ratios([CURVE], [other]) == {"16": pytest.approx(2**-0.5)}


def test_an_error_that_is_never_reached_is_not_taken_for_a_success() -> None:
    found = ratio([[(8, 0.4), (16, 0.35)]], [CURVE])
    assert found["n_not_reached"] == 1


def toy(n_frames: int, seed: int) -> System:
    """Twelve carbon atoms on springs to a lattice, in Å, eV and eV/Å."""
    rng = np.random.default_rng(seed)
    sites = np.stack(np.meshgrid(*[np.arange(0, 6, 3.0)] * 2, np.arange(0, 9, 3.0), indexing="ij"), -1).reshape(-1, 3)
    away = rng.normal(0, 0.2, (n_frames, 12, 3))
    cells = np.tile(np.diag([6.0, 6.0, 9.0]), (n_frames, 1, 1))
    return System(["C"] * 12, sites + away, cells, 2.0 * np.square(away).sum((1, 2)), -4.0 * away)


def test_frames_labelled_twice_and_those_held_out_are_not_in_the_pool(tmp_path: Path) -> None:
    first, second = toy(6, 1), toy(4, 2)
    write_system(tmp_path / "a", first, ["C"])
    write_system(tmp_path / "again", first, ["C"])
    write_system(tmp_path / "b", second, ["C"])
    held_out = read_frames(tmp_path, ["b"])
    assert len(read_frames(tmp_path, ["a", "again"], without=held_out)) == 6
    assert len(read_frames(tmp_path, ["a", "b"], without=held_out)) == 6


@pytest.mark.codes
def test_small_run_writes_curves_for_every_strategy_and_goes_on_where_it_was(tmp_path: Path) -> None:
    write_system(tmp_path / "pool", toy(12, 1), ["C"])
    write_system(tmp_path / "test", toy(4, 2), ["C"])
    command = [sys.executable, str(FOLDER / "run.py"), "--data", str(tmp_path), "--pool", "pool", "--held-out", "test"]
    command += ["--labels", "2", "4", "--seeds", "1", "--steps", "10", "--site", str(tmp_path / "site")]
    command += ["--results", str(tmp_path / "selection.json"), "--figure", str(tmp_path / "selection.png")]
    subprocess.run(command, check=True, capture_output=True)
    results = json.loads((tmp_path / "selection.json").read_text())
    assert set(results["curves"]) == {"random", "dpgen", "ours"}
    assert results["curves"]["ours"][0]["n_labels"] == [2, 4]
    assert results["labels_ratio_vs_random"] > 0
    assert (tmp_path / "selection.png").stat().st_size > 1000
    trained = {path: path.stat().st_mtime for path in (tmp_path / "site").glob("**/errors.npz")}
    subprocess.run(command, check=True, capture_output=True)
    assert {path: path.stat().st_mtime for path in (tmp_path / "site").glob("**/errors.npz")} == trained
