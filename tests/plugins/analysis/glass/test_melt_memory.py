"""A crystal keeps everything, a permutation of its metals nothing, and a cell that only breathes moves no linker."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from aiida_zif.plugins.analysis.glass.melt_memory import Crystal, above_chance, crystal_of, kept_of
from aiida_zif.plugins.analysis.network.linkers import find_linkers
from aiida_zif.plugins.systems import load_system


@pytest.fixture(scope="module")
def zif4() -> tuple[Any, Crystal]:
    """The unit cell of ZIF-4: 16 Zn, 32 imidazolates, and what a melt of it is compared with."""
    atoms = load_system("zif-4")
    found = find_linkers(atoms.get_chemical_symbols(), atoms.positions, atoms.cell[:])
    parts = found.metals, found.atoms, found.nitrogens, found.owners
    return atoms, crystal_of(atoms.positions, atoms.cell[:], *parts, 2.5)


def test_zif4_has_sixty_four_bonds_and_thirty_two_links(zif4: tuple[Any, Crystal]) -> None:
    _, crystal = zif4
    assert len(crystal.nitrogens) == 64
    assert len(crystal.links) == 32
    assert crystal.bonds_by_chance == 1 / 16
    assert crystal.net_by_chance == 32 / 120


def test_a_crystal_keeps_everything(zif4: tuple[Any, Crystal]) -> None:
    atoms, crystal = zif4
    kept = kept_of(crystal, atoms.positions, atoms.cell[:])
    assert (kept.bonds, kept.net) == (1.0, 1.0)
    assert kept.displacement == pytest.approx(0.0, abs=1e-9)


def test_a_cell_that_breathes_drifts_and_wraps_moves_no_linker(zif4: tuple[Any, Crystal]) -> None:
    atoms, crystal = zif4
    strain = np.eye(3) * 0.95 + np.array([[0, 0.03, 0], [0, 0, 0], [0.02, 0, 0]])
    cell = atoms.cell[:] @ strain
    centres = np.array([atoms.positions[one].mean(axis=0) for one in crystal.linkers])
    assert len(centres) == 32
    fractions = (atoms.get_scaled_positions(wrap=False) + np.array([0.31, 0.2, 0.7])) % 1.0
    kept = kept_of(crystal, fractions @ cell, cell)
    assert kept.bonds == 1.0
    assert kept.displacement == pytest.approx(0.0, abs=1e-6)


def test_metals_that_change_places_keep_no_bond_but_the_net_only_by_its_symmetry(zif4: tuple[Any, Crystal]) -> None:
    atoms, crystal = zif4
    positions = atoms.positions.copy()
    positions[crystal.metals] = positions[np.roll(crystal.metals, 5)]
    kept = kept_of(crystal, positions, atoms.cell[:])
    assert kept.bonds == 0.0
    assert kept.net < 0.7


def test_a_nitrogen_that_moves_to_another_metal_is_one_bond_lost(zif4: tuple[Any, Crystal]) -> None:
    atoms, crystal = zif4
    positions = atoms.positions.copy()
    other = next(metal for metal in crystal.metals if metal != crystal.partners[0])
    positions[crystal.nitrogens[0]] = positions[other] + [0.0, 0.0, 0.5]
    assert kept_of(crystal, positions, atoms.cell[:]).bonds == 63 / 64


def test_linkers_that_move_are_measured_without_the_drift_of_all(zif4: tuple[Any, Crystal]) -> None:
    atoms, crystal = zif4
    positions = atoms.positions.copy()
    for index, linker in enumerate(crystal.linkers):
        positions[linker] += [2.0 if index % 2 else -2.0, 0.0, 0.0]
    assert kept_of(crystal, positions + np.array([1.0, 2.0, 3.0]), atoms.cell[:]).displacement == pytest.approx(
        2.0, abs=1e-6
    )


def test_a_crystal_without_bonds_is_refused(zif4: tuple[Any, Crystal]) -> None:
    atoms, crystal = zif4
    with pytest.raises(ValueError, match=r"no nitrogen within 1 Å of a metal"):
        crystal_of(
            atoms.positions, atoms.cell[:], crystal.metals, crystal.linkers, crystal.nitrogens, crystal.owners, 1.0
        )


def test_what_chance_alone_keeps_counts_as_nothing() -> None:
    assert above_chance(1.0, 0.25) == 1.0
    assert above_chance(0.25, 0.25) == 0.0
    assert above_chance(0.1, 0.25) == 0.0
    assert above_chance(0.625, 0.25) == 0.5
