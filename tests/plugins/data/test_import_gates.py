"""Which frames from elsewhere become labels; each of the others has a named reason."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from aiida_zif.plugins.data.import_gates import grouped, sort_frames
from aiida_zif.plugins.data.labelled_frame import LabelledFrame, Refused

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
    ],
)
def test_a_broken_frame_is_refused_for_what_is_broken(frame: Frame, change: dict[str, Any], reason: str) -> None:
    good, refused = sort_frames([frame(0), frame(1, **change), frame(2)])
    assert [one.place for one in good] == ["test:0", "test:2"]
    assert [(one.place, one.reason) for one in refused] == [("test:1", reason)]
    assert refused[0].detail


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
