"""Judgement of frames, order of a batch, progress."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from cp2k_cases import FIXTURES

from aiida_zif.plugins.cp2k.batches.order import batch_order, similar_path
from aiida_zif.plugins.cp2k.progress import labelled_so_far
from aiida_zif.plugins.cp2k.reading.gates import Gates
from aiida_zif.plugins.cp2k.reading.labels import Readings, Requested, collect_labels, virial_from_stress
from aiida_zif.plugins.cp2k.reading.outputs import Evaluation, MainOutput, XyzFrame

CELL = 10.0 * np.eye(3)
SYMBOLS = ("H", "H")
POSITIONS = np.array([[0.0, 0, 0], [0.7, 0, 0]])
FORCES = np.array([[0.1, 0, 0], [-0.1, 0, 0]])


def readings() -> Readings:
    """Step 4 as it should be."""
    evaluation = Evaluation(4, -30.0, np.diag([1.0, 2.0, 3.0]), True, 9)
    return Readings(
        MainOutput({4: evaluation}),
        {4: XyzFrame(4, -30.0, SYMBOLS, POSITIONS)},
        {4: XyzFrame(4, -30.0, SYMBOLS, FORCES)},
        {4: CELL},
    )


def verdict(change: dict, requested: Requested | None = None) -> str:
    """Reason of rejection of step 4 after a change, or ``label``."""
    good = readings()
    for name, values in change.items():
        table = good.main.evaluations if name == "main" else getattr(good, name)
        if values is None:
            table.clear()
        elif name == "cells":
            table[4] = values
        else:
            table[4] = replace(table[4], **values)
    labels, rejected = collect_labels([requested or Requested(0, 4, POSITIONS, CELL)], good, SYMBOLS, Gates(), 1e-6)
    assert len(labels) + len(rejected) == 1
    return rejected[0].reason if rejected else "label"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({}, "label"),
        ({"main": None}, "not_reached"),
        ({"forces": None}, "not_reached"),
        ({"positions": None}, "not_reached"),
        ({"cells": None}, "not_reached"),
        ({"main": {"scf_converged": False}}, "scf_not_converged"),
        ({"positions": {"values": POSITIONS + 1e-5}}, "positions_differ"),
        ({"positions": {"values": POSITIONS * np.nan}}, "positions_differ"),
        ({"cells": CELL + 1e-4}, "positions_differ"),
        ({"forces": {"symbols": ("H", "Zn")}}, "atoms_differ"),
        ({"forces": {"values": np.full((2, 3), np.inf)}}, "non_finite"),
        ({"main": {"energy": float("nan")}}, "non_finite"),
        ({"main": {"energy": -29.0}}, "outputs_differ"),
        ({"forces": {"values": FORCES * 10}}, "force_too_large"),
    ],
)
def test_a_frame_is_judged_by_what_the_files_say(change: dict, reason: str) -> None:
    assert verdict(change) == reason


def test_positions_of_a_label_are_bit_for_bit_those_asked_for() -> None:
    asked = POSITIONS + 3e-7
    labels, _ = collect_labels([Requested(0, 4, asked, CELL)], readings(), SYMBOLS, Gates(), 1e-6)
    assert np.array_equal(labels[0].positions, asked)


def test_dynamics_take_positions_and_cell_from_cp2k() -> None:
    labels, _ = collect_labels([Requested(0, 4)], readings(), SYMBOLS, Gates(), 1e-6)
    assert np.array_equal(labels[0].positions, POSITIONS)
    assert np.array_equal(labels[0].cell, CELL)


def test_forces_are_converted_from_hartree_per_bohr() -> None:
    labels, _ = collect_labels([Requested(0, 4)], readings(), SYMBOLS, Gates(), 1e-6)
    assert labels[0].forces[0, 0] == pytest.approx(5.14220675)


def test_the_virial_is_printed_stress_times_volume() -> None:
    virial = virial_from_stress(np.diag([160.21766208, 0, 0]), CELL)
    assert virial == pytest.approx(np.diag([1000.0, 0, 0]))


def test_overlapping_frames_are_worked_through_last() -> None:
    spread = np.array([[[0, 0, 0], [distance, 0, 0]] for distance in (0.74, 0.3, 9.8, 0.75)])
    assert batch_order(["H", "H"], spread, np.tile(CELL, (4, 1, 1))) == [0, 3, 1, 2]


@pytest.mark.parametrize(("case", "done", "total"), [("batch", 3, 3), ("aimd", 8, 8), ("walltime", 6, 401)])
def test_progress_counts_finished_frames(case: str, done: int, total: int) -> None:
    assert labelled_so_far(FIXTURES / case) == (done, total)


def test_progress_before_anything_is_written(tmp_path: Path) -> None:
    assert labelled_so_far(tmp_path) == (0, None)
    shutil.copy(FIXTURES / "batch" / "aiida.inp", tmp_path)
    assert labelled_so_far(tmp_path) == (0, 3)


def test_similar_frames_come_one_after_the_other() -> None:
    path = similar_path(POSITIONS + np.array([0.0, 0.5, 0.1, 0.4, 0.2])[:, None, None], np.tile(CELL, (5, 1, 1)))
    assert path in ([0, 2, 4, 3, 1], [1, 3, 4, 2, 0])


def test_an_atom_that_crossed_the_border_is_no_other_frame() -> None:
    frames = np.stack([POSITIONS, POSITIONS + 0.4, POSITIONS + 0.1])
    wrapped = frames.copy()
    wrapped[2, 0] += CELL[0] - CELL[1]
    cells = np.tile(CELL, (3, 1, 1))
    assert similar_path(wrapped, cells) == similar_path(frames, cells)


def test_a_frame_without_a_stress_is_refused_where_one_is_needed() -> None:
    given = readings()
    given.main.evaluations[4] = replace(given.main.evaluations[4], stress=None)
    _, rejected = collect_labels([Requested(0, 4)], given, SYMBOLS, Gates(), 1e-6)
    assert rejected[0].reason == "no_stress"
    labels, _ = collect_labels([Requested(0, 4)], given, SYMBOLS, Gates(stress=False), 1e-6)
    assert labels[0].virial is None


def test_a_printed_stress_that_is_not_symmetric_is_refused_before_it_is_made_symmetric() -> None:
    given = readings()
    stress = np.array([[1.0, 0.5, 0], [0.1, 1, 0], [0, 0, 1]])
    given.main.evaluations[4] = replace(given.main.evaluations[4], stress=stress)
    _, rejected = collect_labels([Requested(0, 4)], given, SYMBOLS, Gates(), 1e-6)
    assert rejected[0].reason == "virial_not_symmetric"
    labels, _ = collect_labels([Requested(0, 4)], given, SYMBOLS, Gates(asymmetry=1.0), 1e-6)
    assert labels[0].virial is not None
    assert np.array_equal(labels[0].virial, labels[0].virial.T)


def test_an_unusual_energy_is_no_label() -> None:
    usual = [3.0 + readings().main.evaluations[4].energy / len(SYMBOLS)] * 8
    _, rejected = collect_labels([Requested(0, 4)], readings(), SYMBOLS, Gates(), 1e-6, usual)
    assert rejected[0].reason == "energy_outlier"


def test_the_verdict_on_a_failed_loop_stands_with_the_frame() -> None:
    given = readings()
    loop = tuple(10.0 ** -np.arange(1.0, 5.0))
    given.main.evaluations[4] = replace(given.main.evaluations[4], scf_converged=False, convergence=loop)
    _, (rejected,) = collect_labels([Requested(0, 4)], given, SYMBOLS, Gates(), 1e-6)
    assert rejected.scf is not None
    assert rejected.scf.verdict == "converging_slowly"
    assert "2.0 decades left" in rejected.detail
