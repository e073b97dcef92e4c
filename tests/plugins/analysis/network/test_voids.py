"""The largest void is exact, whatever the cell, and a bubble in a glass is noticed."""

from __future__ import annotations

import numpy as np
import pytest
from zif_frames import said_otherwise, shipped

from aiida_zif.plugins.analysis.network.voids import largest_void, radii_for, void_gate

FCC = np.array([[0.0, 2.5, 2.5], [2.5, 0.0, 2.5], [2.5, 2.5, 0.0]])


def test_the_void_of_simple_crystals_is_in_the_middle() -> None:
    simple = largest_void(["C"], np.zeros((1, 3)), np.eye(3) * 6.0, tolerance=1e-4)
    assert simple.diameter == pytest.approx(2 * (3**0.5 * 3 - 1.7), abs=1e-4)
    assert simple.centre == pytest.approx([3.0, 3.0, 3.0], abs=1e-3)
    octahedral = largest_void(["C"], np.zeros((1, 3)), FCC, radii={"C": 1.0}, tolerance=1e-4)
    assert octahedral.diameter == pytest.approx(2 * (2.5 - 1.0), abs=1e-4)


def test_unequal_radii_move_the_void_towards_the_small_atom() -> None:
    cell, atoms = np.diag([20.0, 3.0, 3.0]), np.array([[0.0, 0, 0], [10.0, 0, 0]])
    found = largest_void(["Br", "H"], atoms, cell, radii={"Br": 3.0, "H": 1.0}, tolerance=1e-4)
    x, apart = found.centre[0] % 20, np.hypot(1.5, 1.5)
    clear = [np.hypot(min(abs(x - at), 20 - abs(x - at)), apart) - radius for at, radius in ((0, 3.0), (10, 1.0))]
    assert clear[0] == pytest.approx(clear[1], abs=1e-2)
    assert found.diameter == pytest.approx(2 * clear[0], abs=1e-2)


@pytest.mark.parametrize("name", ["zif-4", "zif-8"])
def test_no_sampled_point_has_more_room_and_the_centre_has_it(name: str) -> None:
    frame = shipped(name)
    found = largest_void(*frame.arrays())
    points = np.random.default_rng(0).random((400, 3)) @ frame.cell
    sizes, images = radii_for(frame.symbols), np.array(list(np.ndindex(3, 3, 3))) - 1
    atoms = (frame.positions[:, None] + images @ frame.cell).reshape(-1, 3)
    clear = np.linalg.norm(np.vstack([points, found.centre])[:, None] - atoms, axis=2) - np.repeat(sizes, 27)
    room = 2 * clear.min(axis=1)
    assert room[:-1].max() < found.diameter + found.tolerance
    assert room[-1] == pytest.approx(found.diameter)


def test_the_cage_of_zif_8_has_its_size() -> None:
    assert largest_void(*shipped("zif-8").arrays()).diameter == pytest.approx(11.48, abs=0.03)


@pytest.mark.parametrize("seed", range(3))
def test_a_void_does_not_depend_on_the_description(seed: int) -> None:
    here, there = (
        largest_void(*one.arrays()).diameter for one in (shipped("zif-4"), said_otherwise(shipped("zif-4"), seed))
    )
    assert there == pytest.approx(here, abs=0.01)


def test_a_void_that_is_wider_than_the_images_at_first_is_found() -> None:
    found = largest_void(["C"], np.zeros((1, 3)), np.eye(3) * 40.0)
    assert found.diameter == pytest.approx(2 * (3**0.5 * 20 - 1.7), abs=0.01)


def test_an_element_without_radius_is_refused() -> None:
    with pytest.raises(ValueError, match="radii: none for Fe"):
        largest_void(["Fe"], np.zeros((1, 3)), np.eye(3) * 5)


def test_a_bubble_fails_the_gate_and_a_pore_passes() -> None:
    crystal = np.array([4.9, 5.1, 5.0])
    passed, failed = void_gate(np.array([5.3, 6.9, 5.7]), crystal), void_gate(np.array([12.0]), crystal)
    assert passed.passed
    assert not failed.passed
    assert (passed.allowed, passed.crystal_spread) == (pytest.approx(7.5), pytest.approx(0.1))
    assert str(failed) == "largest void 12.00 Å is above 7.50 Å, 1.5 times the 5.00 Å of the crystal"


def test_an_emptied_region_of_a_crystal_is_a_bubble() -> None:
    frame = shipped("zif-4")
    apart = frame.positions - frame.positions[0]
    apart -= np.rint(apart @ np.linalg.inv(frame.cell)) @ frame.cell
    kept = np.linalg.norm(apart, axis=1) > 5.5
    symbols = [symbol for symbol, keep in zip(frame.symbols, kept, strict=True) if keep]
    hollow = largest_void(symbols, frame.positions[kept], frame.cell)
    assert not void_gate(np.array([hollow.diameter]), np.array([largest_void(*frame.arrays()).diameter])).passed
