"""Every number carries its convention, and does not depend on the cell in which a crystal is written."""

from __future__ import annotations

import numpy as np
import pytest
from thin_crystals import AXIS, Frame, diamond, repeated, table

SKEWED = np.array([[1, 1, 0], [0, 2, 1], [-1, 0, 2]])


@pytest.fixture
def shaken() -> Frame:
    """The small crystal at some temperature, its atoms in whatever image."""
    symbols, positions, cell = diamond()
    random = np.random.default_rng(3)
    moved = positions + random.normal(scale=0.02, size=positions.shape)
    return symbols, moved + random.integers(-2, 3, size=positions.shape) @ cell, cell


def test_an_ideal_crystal_of_34_atoms_gives_exact_answers() -> None:
    report, curves = table(diamond())
    exact = {
        ("coordination", "Zn-N"): 4.0,
        ("coordination", "Zn-Zn"): 4.0,
        ("bonded", "Zn-N"): 4.0,
        ("coordination_within", "Zn-N 3 Å"): 4.0,
        ("first_peak", "Zn-N"): (AXIS - 2.2) / 2,
        ("bond_length_width", "Zn-N"): 0.0,
        ("angle", "N-Zn-N"): np.degrees(np.arccos(-1 / 3)),
        ("angle_width", "N-Zn-N"): 0.0,
        ("tetrahedral_order", "Zn"): 1.0,
        ("tetrahedral_order_bonded", "Zn"): 1.0,
        ("bridging_exactly", ""): 1.0,
        ("bridging_exactly_within", "2.6 Å"): 1.0,
        ("rings_per_metal", "6"): 2.0,
        ("mean_ring_size", ""): 6.0,
        ("ring_axis_angle", ""): 90.0,
    }
    for (quantity, of), value in exact.items():
        found = report.measured(quantity, of)
        assert found is not None, (quantity, of)
        assert found.value == pytest.approx(value, abs=0.02 if quantity == "first_peak" else 1e-5), (quantity, of)
    around = curves["n/Zn-N"]
    assert np.interp(2.5, around.x, around.y) == 4.0


def test_no_number_and_no_curve_depends_on_the_cell_of_a_thin_crystal(shaken: Frame) -> None:
    (small, small_curves), (large, large_curves) = table(shaken), table(repeated(shaken, SKEWED))
    assert {(row.quantity, row.of) for row in small.rows} == {(row.quantity, row.of) for row in large.rows}
    for row in small.rows:
        if row.of == "H-H":
            continue  # two linkers touch by H: one pair in the small cell is chance, three in the large are not
        other = large.measured(row.quantity, row.of)
        assert other is not None
        assert other.value == pytest.approx(row.value.value, rel=1e-6, abs=1e-6), (row.quantity, row.of)
    for name in set(small_curves) - {"rings_through_images"}:
        one, other = small_curves[name], large_curves[name]
        shared = min(len(one.x), len(other.x))  # S(Q) begins at 2π/L, which a cell has by its faces
        assert one.x[-shared:] == pytest.approx(other.x[-shared:])
        assert one.y[-shared:] == pytest.approx(other.y[-shared:], abs=1e-6), name


def test_a_metal_with_three_bonds_counts_in_one_of_the_two_conventions_of_tetrahedral_order() -> None:
    symbols, positions, cell = repeated(diamond(), np.diag([2, 2, 2]))
    linker = np.arange(2, 10)
    aside = positions[linker[1]] - (positions[linker[0]] + positions[linker[2]]) / 2
    positions[linker] += 1.8 * aside / np.linalg.norm(aside)
    report, _ = table((symbols, positions, cell), observables=["pairs", "angles", "linkers"], pairs={"also": [2.7]})
    every, bonded = (report.measured(name, "Zn") for name in ("tetrahedral_order", "tetrahedral_order_bonded"))
    assert every is not None
    assert bonded is not None
    assert bonded.value == pytest.approx(1.0)
    assert every.value < 0.99
    assert report.measured("three_fold", "Zn").value > 0  # type: ignore[union-attr]
    assert report.measured("coordination_within", "Zn-N 2.7 Å").value == pytest.approx(4.0)  # type: ignore[union-attr]
    definitions = {row.quantity: row.definition for row in report.rows}
    assert "bonded or not" in definitions["tetrahedral_order"]
    assert "within 2.5 Å" in definitions["tetrahedral_order_bonded"]


def test_a_width_is_that_of_the_angles_of_all_frames_together() -> None:
    random, frames = np.random.default_rng(1), []
    for size in (0.01, 0.06):
        symbols, positions, cell = repeated(diamond(), np.diag([2, 2, 2]))
        frames.append((symbols, positions + random.normal(scale=size, size=positions.shape), cell))
    wide = table(*frames, observables=["angles"], independent=False)[0].measured("angle_width", "N-Zn-N")
    each = [table(frame, observables=["angles"])[0].measured("angle_width", "N-Zn-N") for frame in frames]
    squares = [one.value**2 for one in each if one is not None and one.value is not None]
    assert wide is not None
    assert wide.value == pytest.approx(np.mean(squares) ** 0.5, rel=1e-6)
