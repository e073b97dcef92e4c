"""Which frames from elsewhere become labels; each of the others has a named reason."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from aiida_zif.plugins.cp2k.levels import load_level
from aiida_zif.plugins.cp2k.reading.gates import Gates
from aiida_zif.plugins.data.labelled_frame import LabelledFrame, Refused
from aiida_zif.plugins.imports.gates import IMPORT_GATES, Rules, grouped, sort_frames

Frame = Callable[..., LabelledFrame]

NAN = np.full((4, 3), np.nan)
HOT = np.zeros((4, 3)) + np.array([0.0, 60.0, 0.0])
TOUCHING = np.array([[0.0, 0, 0], [0.5, 0, 0], [2.7, 2.7, 0], [2.7, 0, 2.7]])


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"forces": NAN}, "non_finite"),
        ({"energy": float("inf")}, "non_finite"),
        ({"positions": NAN}, "non_finite"),
        ({"virial": np.full((3, 3), np.nan)}, "non_finite"),
        ({"forces": HOT}, "force_too_large"),
        ({"positions": TOUCHING}, "atoms_overlap"),
        ({"cell": np.zeros((3, 3))}, "not_periodic"),
        ({"forces": np.zeros((3, 3))}, "wrong_shape"),
        ({"symbols": ("Ar", "Ar", "Ar", "Type_3")}, "unknown_element"),
        ({"virial": np.array([[1.0, 0.5, 0], [0.0, 1, 0], [0, 0, 1]])}, "virial_not_symmetric"),
        ({"virial": np.eye(3) * 1e3}, "stress_too_large"),
        ({"forces": np.full((4, 3), 0.2)}, "net_force"),
        ({"forces": np.zeros((4, 3))}, "forces_zero"),
        ({"virial": np.zeros((3, 3))}, "virial_zero"),
        ({"energy": 0.0}, "energy_zero"),
    ],
)
def test_a_broken_frame_is_refused_for_what_is_broken(frame: Frame, change: dict[str, Any], reason: str) -> None:
    good, refused = sort_frames([frame(0), frame(1, **change), frame(2)])
    assert [one.place for one in good] == ["test:0", "test:2"]
    assert [(one.place, one.reason) for one in refused] == [("test:1", reason)]
    assert refused[0].detail


@pytest.mark.parametrize(("name", "kind"), [("NaCl", "rocksalt"), ("ZnS", "zincblende")])
def test_forces_that_symmetry_makes_zero_are_forces(name: str, kind: str) -> None:
    from ase.build import bulk

    atoms = bulk(name, kind, 5.5, cubic=True)
    symbols, cell = tuple(atoms.get_chemical_symbols()), atoms.cell.array
    frame = LabelledFrame("test:0", symbols, atoms.positions, cell, -1.0, np.zeros((8, 3)), np.eye(3))
    assert sort_frames([frame]) == ([frame], [])
    atoms.rattle(0.02, seed=1)
    (refused,) = sort_frames([replace(frame, positions=atoms.positions)])[1]
    assert refused.reason == "forces_zero"


def test_the_second_of_two_equal_frames_is_a_duplicate_of_the_first(frame: Frame) -> None:
    good, refused = sort_frames([frame(0), frame(1), frame(0, place="again:0")])
    assert len(good) == 2
    assert refused == [Refused("again:0", "duplicate", "the same frame as test:0")]


def test_what_a_reader_refused_stays_refused(frame: Frame) -> None:
    fault = Refused("file:3", "no_energy", "nothing")
    assert sort_frames([frame(0), fault])[1] == [fault]


def test_frames_of_other_atoms_or_without_a_virial_go_into_blocks_of_their_own(frame: Frame) -> None:
    other = ("Ar", "Ar", "Ar", "Kr")
    frames = [frame(0), frame(1, symbols=other), frame(2), frame(3, virial=None), frame(4, symbols=other[::-1])]
    assert [[one.place for one in group] for group in grouped(frames)] == [
        ["test:0", "test:2"], ["test:1"], ["test:3"], ["test:4"],
    ]  # fmt: skip


def test_where_most_stresses_are_too_large_the_unit_of_the_file_is_wrong(frame: Frame) -> None:
    frames = [frame(0, virial=np.eye(3) * 1e3), frame(1, virial=np.eye(3) * 2e3), frame(2), frame(3, virial=None)]
    good, refused = sort_frames(frames)
    assert [one.place for one in good] == ["test:3"]
    assert {one.reason for one in refused} == {"stress_too_large"}
    assert "2 of 3 stresses" in refused[2].detail


def test_two_labels_of_one_frame_that_contradict_each_other_are_both_refused(frame: Frame) -> None:
    images = frame(0).positions + np.array([1, 0, -2, 0])[:, None] * frame(0).cell[1]
    wrong = frame(0, place="again:0", energy=frame(0).energy + 0.01, positions=images)
    good, refused = sort_frames([frame(0), frame(1), wrong])
    assert [one.place for one in good] == ["test:1"]
    assert [(one.place, one.reason) for one in refused] == [
        ("test:0", "labels_contradict"), ("again:0", "labels_contradict"),
    ]  # fmt: skip
    assert "again:0" in refused[0].detail
    assert "energies" in refused[0].detail


def test_an_energy_far_from_its_composition_is_refused_also_against_what_the_profile_holds(frame: Frame) -> None:
    off = frame(9, energy=frame(9).energy + 4 * 0.6)
    assert [one.reason for one in sort_frames([*map(frame, range(9)), off])[1]] == ["energy_outlier"]
    assert sort_frames([frame(0), off])[1] == []
    usual = [frame(0).energy / 4] * 8
    _, refused = sort_frames([frame(0), off], Rules(references={"Ar4": usual}))
    assert [one.reason for one in refused] == ["energy_outlier"]
    assert "8 of them are labels that the profile holds" in refused[0].detail


@pytest.mark.parametrize(
    ("symbols", "charge", "multiplicity", "said"),
    [
        (("C", "H", "N", "N"), 0, None, "15 valence electrons, an odd number"),
        (("C", "H", "N", "N"), 0, 2, None),
        (("C", "H", "N", "N"), 1, None, None),
        (("C", "H", "H", "N"), 0, None, "11 valence electrons"),
        (("C", "O", "H", "H"), 0, None, None),
        (("C", "O", "H", "H"), 0, 2, "12 valence electrons, an even number"),
        (("C", "O", "U", "H"), 0, None, "no parameters for U"),
    ],
)
def test_elements_and_electrons_are_those_that_the_declared_level_allows(
    frame: Frame, symbols: tuple[str, ...], charge: int, multiplicity: int | None, said: str | None
) -> None:
    level = load_level("pbe-d3").in_state(charge, multiplicity)
    far = frame(0).positions * 1.5, frame(0).cell * 1.5  # room for every element
    _, refused = sort_frames([frame(0, symbols=symbols, positions=far[0], cell=far[1])], Rules(level=level))
    assert [one.reason for one in refused] == ([] if said is None else ["level_cannot_treat"])
    assert said is None or said in refused[0].detail


def test_a_bound_of_the_import_lets_its_frames_in(frame: Frame) -> None:
    drift = frame(0, forces=frame(0).forces + 0.1)
    assert [one.reason for one in sort_frames([drift])[1]] == ["net_force"]
    assert sort_frames([drift], Rules(Gates(net_force=0.5, stress=False)))[1] == []


def test_a_virial_may_lack_unless_the_gates_ask_for_one(frame: Frame) -> None:
    assert not IMPORT_GATES.stress
    assert sort_frames([frame(0, virial=None)])[1] == []
    assert sort_frames([frame(0, virial=None)], Rules(Gates()))[1][0].reason == "no_stress"
