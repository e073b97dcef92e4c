"""The frameworks that ship with the package are what they say they are."""

import json
from pathlib import Path

import numpy as np
import pytest
from ase.io import read

from aiida_zif.plugins.physics.geometry import densities, minimum_distances
from aiida_zif.plugins.systems import available_systems, describe_system, load_system

SHARED = Path(__file__).parents[4] / "shared" / "structures"
MEASURED = {"zif-4": "ZIF-4_exp_VEJYUF01", "salem-2": "SOD-Znim2_exp_IMIDZB10"}
RELAXED = {"zif-8": "ZIF-8_dft_durholt", "zif-8-cl": "SOD-Clim_dft_durholt"}
FILES = MEASURED | RELAXED
SYSTEMS = pytest.mark.parametrize("name", sorted(FILES))
FROM_EXPERIMENT = pytest.mark.parametrize("name", sorted(MEASURED))


def sorted_distances(atoms) -> np.ndarray:
    return np.sort(atoms.get_all_distances(mic=True)[np.triu_indices(len(atoms), 1)])


def test_the_frameworks_that_ship_are_available() -> None:
    assert available_systems() == sorted(FILES)


@SYSTEMS
def test_composition_is_as_described(name: str) -> None:
    atoms, expected = load_system(name), describe_system(name)["expected"]
    assert len(atoms) == expected["atoms"]
    assert atoms.get_chemical_formula() == expected["formula"]


@SYSTEMS
def test_density_is_as_described(name: str) -> None:
    atoms = load_system(name)
    density = densities(atoms.get_chemical_symbols(), atoms.cell[:])[0]
    assert density == pytest.approx(describe_system(name)["expected"]["density"], abs=2e-4)


@FROM_EXPERIMENT
def test_shortest_distance_is_the_reset_carbon_hydrogen_bond(name: str) -> None:
    atoms = load_system(name)
    shortest = minimum_distances(atoms.get_chemical_symbols(), atoms.positions, atoms.cell[:])
    assert shortest["C", "H"][0] == pytest.approx(1.08, abs=1e-3)
    assert min(float(value[0]) for value in shortest.values()) == shortest["C", "H"][0]


@SYSTEMS
def test_every_zinc_binds_four_nitrogens(name: str) -> None:
    atoms = load_system(name)
    zinc, nitrogen = atoms.numbers == 30, atoms.numbers == 7
    near = atoms.get_all_distances(mic=True)[np.ix_(zinc, nitrogen)] < 2.3
    assert (near.sum(axis=1) == 4).all()


@FROM_EXPERIMENT
def test_every_carbon_of_the_linker_holds_one_hydrogen(name: str) -> None:
    atoms = load_system(name)
    near = atoms.get_all_distances(mic=True)[np.ix_(atoms.numbers == 6, atoms.numbers == 1)] < 1.2
    assert (near.sum(axis=1) == 1).all()


@SYSTEMS
def test_atoms_come_in_the_same_order_every_time(name: str) -> None:
    first, second = load_system(name), load_system(name)
    assert first.get_chemical_symbols() == second.get_chemical_symbols()
    assert np.array_equal(first.positions, second.positions)


@SYSTEMS
def test_cell_is_lower_triangular_and_right_handed(name: str) -> None:
    cell = load_system(name).cell[:]
    assert np.abs(np.triu(cell, 1)).max() < 1e-9
    assert np.linalg.det(cell) > 0


@pytest.mark.parametrize("name", sorted(RELAXED))
def test_a_relaxed_structure_says_by_what_and_where_it_was_published(name: str) -> None:
    source = describe_system(name)["source"]
    assert source["licence"] == "CC-BY-4.0"
    assert "PBE-D3" in source["simulation"]
    assert "10.1021/acs.jctc.8b01041" in source["citation"][0]


@FROM_EXPERIMENT
def test_source_and_licence_are_stated(name: str) -> None:
    source = describe_system(name)["source"]
    assert source["licence"] == "CC-BY-4.0"
    assert source["database_doi"] == "10.1021/acs.jced.9b00835"
    assert "CSD refcode" in source["experiment"]
    assert any("1.08" in change for change in source["changes"])


@SYSTEMS
def test_a_changed_description_does_not_change_the_next_one(name: str) -> None:
    describe_system(name)["expected"]["atoms"] = 0
    assert describe_system(name)["expected"]["atoms"] > 0


def test_an_unknown_name_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match="salem-2, zif-4, zif-8"):
        load_system("zif-5")


@pytest.mark.skipif(not SHARED.is_dir(), reason="the structures that the frameworks were taken from are not here")
@SYSTEMS
def test_expansion_gives_the_structure_it_was_reduced_from(name: str) -> None:
    atoms, reference = load_system(name), read(SHARED / f"{FILES[name]}.cif")
    tolerance = 1e-4 if name in MEASURED else 1e-3  # a relaxed structure has its symmetry but for rounding
    assert atoms.cell.cellpar() == pytest.approx(reference.cell.cellpar(), abs=tolerance)
    assert atoms.get_chemical_formula() == reference.get_chemical_formula()
    assert sorted_distances(atoms) == pytest.approx(sorted_distances(reference), abs=tolerance)


@pytest.mark.skipif(not SHARED.is_dir(), reason="the manifest of the structures is not here")
@SYSTEMS
def test_source_allows_it_to_ship(name: str) -> None:
    entries = {entry["name"]: entry for entry in json.loads((SHARED / "manifest.json").read_text())}
    entry = entries[FILES[name]]
    assert entry["licence"].startswith("CC-BY-4.0")
    assert entry["source"].startswith("PyPI core-mof" if name in MEASURED else "fxcoudert/citable-data")
    assert entry["net"] == describe_system(name)["net"]
    assert entry["density"] == pytest.approx(describe_system(name)["expected"]["density"])
