"""Every gate refuses what it is for, with its bound and the value, and lets the rest in."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from cp2k_cases import FIXTURES

from aiida_zif.plugins.cp2k.batches.order import closest_contact
from aiida_zif.plugins.cp2k.reading.gates import (
    Gates,
    fault_of_forces,
    fault_of_label,
    net_force,
    outliers,
    thinned,
)
from aiida_zif.plugins.cp2k.reading.outputs import HARTREE_PER_BOHR, read_xyz

RNG = np.random.default_rng(4)


def balanced(size: float, n_atoms: int = 20) -> np.ndarray:
    forces = RNG.normal(scale=size, size=(n_atoms, 3))
    return forces - forces.mean(axis=0)


def test_ordinary_forces_pass() -> None:
    assert fault_of_forces(balanced(2.0), Gates()) is None


def test_a_force_beyond_the_bound_is_named_with_its_size() -> None:
    forces = balanced(1.0)
    forces[3, 1], forces[4, 1] = 60.0, forces[4, 1] - 60.0
    reason, detail = fault_of_forces(forces, Gates()) or ("", "")
    assert reason == "force_too_large"
    assert detail == f"{np.abs(forces).max():.1f} eV/Å, more than 50: atoms overlap"


def test_forces_that_do_not_cancel_are_refused() -> None:
    forces = balanced(1.0)
    forces[0, 0] += 0.2 * np.sqrt(len(forces))
    assert (fault_of_forces(forces, Gates()) or ("",))[0] == "net_force"
    assert net_force(forces) == pytest.approx(0.2)


def test_noise_of_a_grid_passes_whatever_the_size_of_the_cell() -> None:
    for n_atoms in (2, 34, 272, 2000):
        assert net_force(RNG.normal(scale=0.01, size=(n_atoms, 3))) < 0.05


@pytest.mark.parametrize("case", ["batch", "aimd", "npt"])
def test_net_forces_of_real_labels_are_far_from_the_bound(case: str) -> None:
    frames = read_xyz((FIXTURES / case / "aiida-frc-1.xyz").read_text()).values()
    forces = [frame.values * HARTREE_PER_BOHR for frame in frames]
    assert max(net_force(one) for one in forces if np.abs(one).max() < 50) < 0.02 * Gates().net_force


def test_an_energy_outside_the_band_is_an_outlier() -> None:
    energies = RNG.normal(-5.0, 0.01, size=20)
    energies[7] += 2.1
    found = outliers(energies, [], Gates())
    assert list(found) == [7]
    assert found[7].endswith("from the median of 20 frames, band ±0.50")


def test_hot_frames_of_a_melt_are_no_outliers_among_those_of_a_crystal() -> None:
    crystal, melt = RNG.normal(-5.0, 0.002, size=40), RNG.normal(-4.75, 0.01, size=5)
    assert not outliers(melt, crystal, Gates())


def test_the_band_grows_with_the_spread() -> None:
    wide = RNG.normal(-5.0, 0.4, size=200)
    assert not outliers(wide, [], Gates())
    assert outliers(wide, [], Gates(energy_deviations=1.0))


def test_few_energies_say_nothing_of_what_is_usual() -> None:
    assert not outliers([-5.0, -5.0, 40.0], [], Gates())
    assert list(outliers([-5.0, -5.0, 40.0], [-5.0] * 5, Gates())) == [2]


def test_thinned_energies_keep_their_median_and_spread() -> None:
    energies = RNG.normal(-5.0, 0.1, size=5000)
    few = np.array(thinned(energies))
    assert len(few) == 200
    assert np.median(few) == pytest.approx(np.median(energies), abs=1e-3)
    assert few.std() == pytest.approx(energies.std(), rel=0.05)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({"max_forces": 1.0}, "gates.max_forces: found the key 'max_forces', allowed is contact, max_force, "),
        ({"max_force": -1.0}, "gates.max_force: found -1.0, allowed is a number in eV/Å, above 0"),
        ({"max_force": "50"}, "gates.max_force: found '50'"),
        ({"stress": 1}, "gates.stress: found 1, allowed is true or false"),
        ({"max_force": True}, "gates.max_force: found True, allowed is a number"),
    ],
)
def test_gates_that_would_not_do_are_refused(content: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Gates.read(content, "gates")


def test_the_protocols_hold_what_holds_for_a_job_without_them() -> None:
    from aiida_zif.plugins.cp2k.task import BatchTask
    from aiida_zif.plugins.lammps.limits import Chemistry
    from aiida_zif.workflows.campaign.loading import sections_of_protocol

    sections = sections_of_protocol("balanced")
    assert sections["labelling"]["gates"] == Gates().model_dump()
    assert sections["labelling"]["batch_time"] == BatchTask().batch_time
    assert sections["exploration"]["chemistry"] == Chemistry().model_dump(mode="json")


CELL = np.eye(3) * 6.0
GPA = CELL[0, 0] ** 3 / 160.21766208
"""Virial in eV of a stress of 1 GPa in the cell."""

EVEN = np.array([[0.1, 0, 0], [-0.1, 0, 0]])


@pytest.mark.parametrize(
    ("stress", "reason"),
    [
        (np.diag([12.5, 11.9, 13.1]) * 160.2, "stress_too_large"),  # kbar taken for eV/Å³
        (np.diag([0.4, 0.1, 0.1]) * 160.2, "stress_too_large"),  # GPa taken for eV/Å³
        (np.diag([-51.0, 1, 1]), "stress_too_large"),
        (np.diag([49.0, 1, 1]), None),
        (np.array([[1.0, 0.2, 0.3], [0.2, 1.1, 0.1], [0.4, 0.1, 0.9]]), "virial_not_symmetric"),
        (np.array([[1.0, 0.2, 0.3], [0.2, 1.1, 0.1], [0.305, 0.1, 0.9]]), None),  # noise of a grid
        (np.array([[0.02, 0.001, 0], [0.002, 0.01, 0], [0, 0, 0.01]]), None),  # hardly any stress at all
    ],
)
def test_a_stress_that_no_framework_holds_or_that_is_not_symmetric_is_refused(
    stress: np.ndarray, reason: str | None
) -> None:
    fault = fault_of_label(EVEN, -stress * GPA, CELL, Gates())
    assert (fault and fault[0]) == reason


def test_a_label_without_a_virial_is_judged_by_its_forces() -> None:
    assert fault_of_label(EVEN, None, CELL, Gates()) is None
    assert fault_of_label(np.add(EVEN, [0.1, 0, 0]), None, CELL, Gates(net_force=0.1)) is not None


@pytest.mark.parametrize("cell", [np.eye(3) * 8.0, np.array([[8.0, 0, 0], [16.0, 8, 0], [-24.0, 16, 8]])])
def test_contacts_are_seen_in_every_image_also_in_a_tilted_cell(cell: np.ndarray) -> None:
    radii = np.array([0.7, 0.7])
    positions = np.array([[0.1, 0.2, 0.3], [0.1 + 0.5 + 8, 0.2 - 8, 0.3 + 16]])
    assert closest_contact(radii, positions, cell) == pytest.approx(0.5 / 1.4)
    assert closest_contact(radii[:1], positions[:1], np.diag([0.7, 8, 8])) == pytest.approx(0.5)
    assert closest_contact(radii, np.array([[0, 0, 0], [4.0, 4, 4]]), np.eye(3) * 8) == np.inf
