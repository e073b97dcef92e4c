"""A change that is made of one cause is found to be made of it; a mixed one is divided, and parts add up."""

from __future__ import annotations

import numpy as np
import pytest

from aiida_zif.plugins.analysis.attribution.bodies import (
    CAUSES,
    COORDINATION,
    REORIENTATION,
    REST,
    VOLUME,
    Layout,
    angles,
    bodies_of,
    layout_of,
    partners,
)
from aiida_zif.plugins.analysis.attribution.exchange import Exchanged, exchange
from aiida_zif.plugins.analysis.attribution.regression import CAUSES as REGRESSED
from aiida_zif.plugins.analysis.attribution.regression import explain, points_of
from aiida_zif.plugins.analysis.attribution.shares import Attribution, attribute, shapley
from aiida_zif.plugins.analysis.network.linkers import find_linkers
from aiida_zif.plugins.systems import load_system

CHARGES = {"H": 1.0, "C": 6.0, "N": 7.0, "Zn": 30.0}
LENGTHS = {"H": 6.6681, "C": 6.6472, "N": 9.36, "Zn": 5.68}
"""fm, of D in place of H."""
ATOMS = load_system("zif-4")
POSITIONS, CELL = ATOMS.get_positions(), np.asarray(ATOMS.cell[:])
LAYOUT = layout_of(find_linkers(ATOMS.get_chemical_symbols(), POSITIONS, CELL))
N_FRAMES = 4


def turned(degrees: float, seed: int = 1) -> np.ndarray:
    """The crystal with each linker turned about its axis through two N, to either side."""
    from scipy.spatial.transform import Rotation

    frame, linkers = bodies_of(LAYOUT, POSITIONS, CELL), LAYOUT.linkers
    signs = np.random.default_rng(seed).choice([-1.0, 1.0], len(linkers))
    shapes = frame.shapes.copy()
    for number, atoms in enumerate(linkers.atoms):
        first, second = frame.shapes[linkers.nitrogens[linkers.owners == number]][:2]
        axis = (second - first) / np.linalg.norm(second - first)
        turn = Rotation.from_rotvec(np.radians(degrees) * signs[number] * axis)
        shapes[atoms] = turn.apply(shapes[atoms])
    return np.asarray((frame.centres @ CELL)[LAYOUT.owner] + shapes)


def strained(strain: float) -> tuple[np.ndarray, np.ndarray]:
    """The crystal in a smaller cell, its linkers as they were."""
    frame, cell = bodies_of(LAYOUT, POSITIONS, CELL), CELL * (1 + strain)
    return (frame.centres @ cell)[LAYOUT.owner] + frame.shapes, cell


def noise(seed: int, width: float) -> np.ndarray:
    return np.random.default_rng(seed).normal(scale=width, size=(N_FRAMES, *POSITIONS.shape))


def exchanged(positions: np.ndarray, cell: np.ndarray, width: float = 0.0, seed: int = 0) -> Exchanged:
    frames = positions + noise(2 * seed, width), np.tile(cell, (N_FRAMES, 1, 1))
    reference = POSITIONS + noise(2 * seed + 1, width), np.tile(CELL, (N_FRAMES, 1, 1))
    return exchange(LAYOUT, frames, reference, r_max=6.0, width=0.1)


def divided(
    positions: np.ndarray, cell: np.ndarray = CELL, width: float = 0.0, n: int = 1, lengths: bool = False
) -> Attribution:
    replicas = [exchanged(positions, cell, width, seed) for seed in range(n)]
    return attribute(replicas, LENGTHS if lengths else CHARGES, seed=3)


def share(found: Attribution, cause: str) -> float:
    return float(found.shares.mean[CAUSES.index(cause)])


def test_turned_rings_are_reorientation_alone() -> None:
    found = divided(turned(25.0))
    assert share(found, REORIENTATION) == pytest.approx(1.0, abs=1e-6)
    assert found.alone.mean == pytest.approx([1, 0, 0, 0], abs=1e-6)
    assert found.last.mean == pytest.approx([1, 0, 0, 0], abs=1e-6)


def test_a_strain_that_leaves_linkers_rigid_is_volume_alone() -> None:
    found = divided(*strained(-0.05))
    assert share(found, VOLUME) == pytest.approx(1.0, abs=1e-6)


def test_moved_metals_that_lose_bonds_are_coordination_alone() -> None:
    positions = POSITIONS.copy()
    metals = LAYOUT.linkers.metals[:4]
    positions[metals] += [1.2, 0.0, 0.0]
    result = exchanged(positions, CELL)
    found = attribute([result], CHARGES, seed=3)
    assert result.changed.min() >= 4 / len(LAYOUT.linkers.metals)
    assert share(found, COORDINATION) == pytest.approx(1.0, abs=1e-6)


def test_a_displacement_that_keeps_bonds_and_shapes_is_the_rest() -> None:
    positions = POSITIONS.copy()
    positions[LAYOUT.linkers.metals] += np.random.default_rng(5).normal(scale=0.1, size=(16, 3))
    found = divided(positions)
    assert share(found, REST) == pytest.approx(1.0, abs=1e-6)


def test_shares_add_up_to_one_whatever_the_change() -> None:
    small, cell = strained(-0.01)
    mixed = small + (turned(40.0) - POSITIONS)
    found = divided(mixed, cell, width=0.05, n=2, lengths=True)
    assert found.shares.mean.sum() == pytest.approx(1.0, abs=1e-9)
    assert share(found, REORIENTATION) > 0.5
    assert share(found, VOLUME) > 0.05
    assert found.shares.error[CAUSES.index(REORIENTATION)] > 0


def test_two_samples_of_one_state_do_not_differ_beyond_the_noise() -> None:
    found = divided(POSITIONS, width=0.15, n=3)
    assert not found.significant
    assert divided(turned(25.0), width=0.15, n=3).significant


def test_all_parts_make_a_frame_its_partner_and_none_leaves_it() -> None:
    small, cell = strained(-0.03)
    positions = small + noise(9, 0.2)[0]
    pair = partners(LAYOUT, bodies_of(LAYOUT, positions, cell), bodies_of(LAYOUT, POSITIONS, CELL))
    for causes, wanted, its_cell in (((), positions, cell), (CAUSES, POSITIONS, CELL)):
        made, made_cell = pair.with_parts(causes)
        fractions = (made - wanted) @ np.linalg.inv(its_cell)
        assert np.abs(fractions - np.rint(fractions)).max() < 1e-9
        assert np.allclose(made_cell, its_cell)


def test_angles_say_how_far_rings_turned_and_about_which_axis() -> None:
    pair = partners(LAYOUT, bodies_of(LAYOUT, turned(25.0), CELL), bodies_of(LAYOUT, POSITIONS, CELL))
    total, about_axis = angles(pair)
    assert total == pytest.approx(np.full(len(total), 25.0), abs=1e-4)
    assert about_axis == pytest.approx(total, abs=1e-4)


def test_images_of_atoms_make_no_difference() -> None:
    shifts = np.random.default_rng(3).integers(-1, 2, size=POSITIONS.shape)
    found = divided(turned(25.0) + shifts @ CELL)
    assert share(found, REORIENTATION) == pytest.approx(1.0, abs=1e-6)


def test_cells_with_other_lattice_vectors_are_refused() -> None:
    other = np.array([[1, 0, 0], [1, 1, 0], [0, 0, 1]]) @ CELL
    with pytest.raises(ValueError, match="same lattice vectors"):
        partners(LAYOUT, bodies_of(LAYOUT, POSITIONS, other), bodies_of(LAYOUT, POSITIONS, CELL))


def far_apart(angles: tuple[float, ...], seed: int) -> list[Exchanged]:
    """States of one replica whose rings are turned by more and more."""
    reference = POSITIONS + noise(seed, 0.05), np.tile(CELL, (N_FRAMES, 1, 1))
    states = []
    for index, degrees in enumerate(angles):
        frames = turned(degrees, seed) + noise(100 * seed + index, 0.05)
        states.append(exchange(LAYOUT, (frames, reference[1]), reference, r_max=5.0, width=0.1))
    return states


def test_a_regression_over_states_of_turned_rings_names_the_rings() -> None:
    points = [points_of(far_apart((20.0, 40.0, 60.0), seed), LENGTHS, 0.2) for seed in (1, 2)]
    found = explain(points, seed=4)
    assert found is not None
    shares = dict(zip((*REGRESSED, "rest"), found.mean, strict=True))
    assert sum(shares.values()) == pytest.approx(1.0)
    assert shares[REORIENTATION] > 0.7
    assert shares[VOLUME] < 1e-9
    assert shares[COORDINATION] < 0.1


def test_a_regression_of_too_few_points_says_nothing() -> None:
    points = points_of(far_apart((20.0,), 1), LENGTHS, 0.2)
    assert explain([(points[0][:4], points[1][:4])], seed=4) is None


def test_parts_that_do_not_fit_are_said_not_to_be_separable() -> None:
    """Linkers that have changed places: orientations of one state collide in the other."""
    small, cell = strained(-0.01)
    moved, atoms = small.copy(), LAYOUT.linkers.atoms
    for here, there in zip(atoms, (*atoms[1:], atoms[0]), strict=True):
        moved[here] = small[there]
    assert divided(turned(25.0)).separable
    far = divided(moved, cell, lengths=True)
    assert far.misfit > 2.0
    assert not far.separable


def test_the_value_of_shapley_splits_what_two_parts_do_together() -> None:
    values = np.array([1.0, 0.7, 0.6, 0.0])  # alone 0.3 and 0.4, together 1
    assert shapley(values) == pytest.approx([0.45, 0.55])


def test_the_correlation_counts_what_a_direct_sum_counts() -> None:
    """All pairs but those within a linker, weighted by the product of charges, at one distance."""
    small: Layout = LAYOUT
    result = exchanged(POSITIONS, CELL)
    curve = result.correlation(CHARGES)[0, 0]
    charges = np.array([CHARGES[symbol] for symbol in small.linkers.symbols])
    bin_at = int(np.searchsorted(result.r, 5.95))
    lattice = [np.array(shift) @ CELL for shift in np.ndindex(3, 3, 3)]
    total = 0.0
    for vector in lattice:
        apart = POSITIONS[None] - POSITIONS[:, None] + vector - CELL.sum(axis=0)
        distance = np.linalg.norm(apart, axis=2)
        near = np.abs(distance - result.r[bin_at]) < 0.05
        if np.allclose(vector, CELL.sum(axis=0)):
            near &= small.owner[:, None] != small.owner[None, :]
        total += (np.outer(charges, charges) * near).sum()
    density = len(POSITIONS) / abs(np.linalg.det(CELL))
    expected = total / (len(POSITIONS) * charges.mean() ** 2 * 0.1 * result.r[bin_at])
    assert curve[bin_at] == pytest.approx(expected - 4 * np.pi * density * result.r[bin_at], rel=1e-6)
