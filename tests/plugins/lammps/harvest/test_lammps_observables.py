"""What is measured on the way, and how well."""

from __future__ import annotations

import numpy as np
import pytest

from aiida_zif.plugins.lammps.harvest.observables import EDGES, Observables
from aiida_zif.plugins.lammps.harvest.streaming import BlockMeans, Reservoir, Slots, Spread
from aiida_zif.plugins.lammps.structure import covalent_radii, masses, members
from aiida_zif.plugins.physics.geometry import densities
from aiida_zif.plugins.systems import load_system

THERMO = (300.0, 1.0e4, -5.0, 1000.0)


def observed(name: str, *frames: np.ndarray) -> Observables:
    atoms = load_system(name)
    symbols = atoms.get_chemical_symbols()
    groups = {"mass": sum(masses(symbols)), **members(symbols)}
    found = Observables(groups, covalent_radii(symbols))
    for positions in frames or (atoms.positions,):
        found.add(positions, atoms.cell[:], THERMO)
    return found


def test_crystal_has_its_density_and_four_nitrogens_a_metal() -> None:
    atoms = load_system("zif-4")
    report = observed("zif-4").report()
    assert report["density"]["mean"] == pytest.approx(
        densities(atoms.get_chemical_symbols(), atoms.cell[:])[0], rel=1e-6
    )
    assert report["metal_nitrogen_coordination"]["mean"] == 4.0
    assert report["three_fold_share"]["mean"] == 0.0
    assert observed("zif-4").averages()["pressure"] == pytest.approx(1.0)


def test_metal_that_lost_a_nitrogen_is_three_fold() -> None:
    atoms = load_system("zif-4")
    symbols = np.array(atoms.get_chemical_symbols())
    zinc = int(np.flatnonzero(symbols == "Zn")[0])
    near = np.argsort(atoms.get_distances(zinc, np.flatnonzero(symbols == "N"), mic=True))[0]
    along = atoms.get_distance(zinc, int(np.flatnonzero(symbols == "N")[near]), mic=True, vector=True)
    moved = atoms.positions.copy()
    moved[zinc] -= 0.7 * along / np.linalg.norm(along)
    share = observed("zif-4", moved).report()["three_fold_share"]["mean"]
    assert share == pytest.approx(1 / (symbols == "Zn").sum())


def test_radial_distribution_counts_every_neighbour() -> None:
    atoms = load_system("zif-4")
    report, n_nitrogen = observed("zif-4").report(), (np.array(atoms.get_chemical_symbols()) == "N").sum()
    g, shells = np.array(report["g_metal_nitrogen"]), 4 / 3 * np.pi * np.diff(EDGES**3)
    neighbours = np.cumsum(g * shells) * n_nitrogen / atoms.get_volume()
    assert neighbours[np.searchsorted(EDGES, 2.5) - 1] == pytest.approx(4.0, abs=0.01)
    first = EDGES[np.argmax(np.array(report["g_metal_metal"]))]
    assert 5.7 < first < 6.2


def test_without_metals_there_is_only_a_density() -> None:
    found = Observables({"mass": 2.0, "metals": [], "nitrogens": []}, [0.3, 0.3])
    found.add(np.zeros((2, 3)), 10 * np.eye(3), THERMO)
    assert list(found.report()) == ["density"]


def test_error_of_a_mean_holds_for_correlated_frames() -> None:
    """Each value is repeated 64 times: only one in 64 is independent, and the naive error is eight times too small."""
    rng = np.random.default_rng(0)
    errors = []
    for _ in range(40):
        means = BlockMeans(1)
        for value in np.repeat(rng.normal(size=128), 64):
            means.add(np.array([value]))
        errors.append(means.errors()[0])
        assert len(means.blocks) < BlockMeans.MOST
    assert np.mean(errors) == pytest.approx(1 / np.sqrt(128), rel=0.15)


def test_mean_of_nothing_is_no_number() -> None:
    assert np.isnan(BlockMeans(2).means()).all()
    assert np.isnan(BlockMeans(2).errors()).all()
    assert Spread(np.array([0.0, 1.0])).quantile(0.5) is None


def test_slots_keep_the_best_of_their_time_and_stay_few() -> None:
    slots, rng = Slots(10.0, 8), np.random.default_rng(1)
    deviations = rng.random(1000)
    for step, deviation in enumerate(deviations):
        slots.add(step, deviation, (step, deviation))
    rows = slots.rows(2)
    assert 4 <= len(rows) <= 8
    assert deviations.max() in rows[:, 1]
    length = int(slots.length)
    assert rows[0, 1] == deviations[:length].max()


def test_reservoir_is_uniform_and_never_over_full() -> None:
    counts = np.zeros(50)
    for seed in range(400):
        sample = Reservoir(5, seed)
        for index in range(50):
            sample.add((index,))
        kept = sample.rows(1)[:, 0].astype(int)
        assert len(set(kept)) == 5
        counts[kept] += 1
    assert counts.sum() == 2000
    assert np.abs(counts - 40).max() < 26  # four standard deviations


def test_reservoir_of_size_zero_keeps_nothing() -> None:
    sample = Reservoir(0, 1)
    sample.add((1,))
    assert sample.rows(1).shape == (0, 1)
