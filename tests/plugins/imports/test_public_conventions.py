"""Files as ASE, dpdata, MACE, NequIP, GAP and NEP write them: the same labels come out of each.

The labels are those of a Lennard-Jones crystal under strain, whose virial is known from differences of its energy.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from aiida_zif.plugins.data.labelled_frame import LabelledFrame
from aiida_zif.plugins.imports.extxyz.file import read_extxyz
from aiida_zif.plugins.imports.formats import find_source
from aiida_zif.plugins.imports.reading import Reading

dpdata = pytest.importorskip("dpdata")


def crystal() -> Any:
    """Atoms of a compressed and sheared crystal with their labels."""
    from ase.build import bulk
    from ase.calculators.lj import LennardJones

    atoms = bulk("Ar", "fcc", 4.9, cubic=True)
    atoms.set_cell(atoms.cell.array @ np.array([[1.0, 0.03, 0.0], [0.0, 0.98, 0.02], [0.0, 0.0, 1.01]]), True)
    atoms.rattle(0.05, seed=3)
    atoms.set_chemical_symbols(["Ar", "Ar", "Kr", "Ar"])
    atoms.calc = LennardJones(sigma=3.4, epsilon=0.0104, rc=7.0, smooth=True)
    atoms.get_potential_energy(), atoms.get_stress()
    return atoms


def virial_by_differences(atoms: Any) -> np.ndarray:
    """-dE/d(strain) in eV."""
    step, virial, cell = 1e-5, np.zeros((3, 3)), atoms.cell.array.copy()
    for i in range(3):
        for j in range(3):
            energies = []
            for sign in (1, -1):
                strain = np.zeros((3, 3))
                strain[i, j] += sign * step / 2
                strain[j, i] += sign * step / 2
                atoms.set_cell(cell @ (np.eye(3) + strain), scale_atoms=True)
                energies.append(atoms.get_potential_energy())
            virial[i, j] = -(energies[0] - energies[1]) / (2 * step)
    atoms.set_cell(cell, scale_atoms=True)
    return virial


@pytest.fixture(scope="module")
def labels() -> dict[str, Any]:
    """What every file must say."""
    atoms = crystal()
    virial = virial_by_differences(crystal())
    return {"atoms": atoms, "energy": atoms.get_potential_energy(), "forces": atoms.get_forces(), "virial": virial}


def check(frame: object, labels: dict[str, Any], digits: float = 1e-7) -> None:
    """The frame has the labels, to the digits that the file has."""
    assert isinstance(frame, LabelledFrame), frame
    assert frame.symbols == ("Ar", "Ar", "Kr", "Ar")
    np.testing.assert_allclose(frame.positions, labels["atoms"].positions, atol=digits)
    np.testing.assert_allclose(frame.cell, labels["atoms"].cell.array, atol=digits)
    assert frame.energy == pytest.approx(labels["energy"], abs=digits)
    np.testing.assert_allclose(frame.forces, labels["forces"], atol=digits)
    assert frame.virial is not None
    np.testing.assert_allclose(frame.virial, labels["virial"], atol=max(1e-5, digits * 100))
    assert np.abs(labels["virial"]).max() > 0.1


def read(path: Path, **said: str) -> object:
    (frame,) = read_extxyz(path, path.name, Reading.of(said))
    return frame


def numbers(array: np.ndarray) -> str:
    return " ".join(f"{value:.10f}" for value in np.ravel(array))


def written(path: Path, comment: str, *columns: np.ndarray) -> Path:
    """A file of one frame with these columns after the symbols."""
    lines = [
        f"{symbol} {numbers(row)}"
        for symbol, row in zip(("Ar", "Ar", "Kr", "Ar"), np.hstack(columns), strict=True)
    ]  # fmt: skip
    path.write_text("\n".join(["4", comment, *lines]) + "\n")
    return path


def test_ase_writes_what_its_calculator_says(labels: dict[str, Any], tmp_path: Path) -> None:
    from ase.io import write

    write(tmp_path / "ase.extxyz", labels["atoms"])
    check(read(tmp_path / "ase.extxyz"), labels)


def test_mace_keeps_reference_labels_beside_those_of_a_calculator(labels: dict[str, Any], tmp_path: Path) -> None:
    from ase.calculators.singlepoint import SinglePointCalculator
    from ase.io import write

    atoms = labels["atoms"].copy()
    atoms.info |= {"REF_energy": labels["energy"], "REF_stress": -labels["virial"] / atoms.get_volume()}
    atoms.info |= {"config_type": "Default", "config_weight": 1.0, "head": "dft"}
    atoms.arrays["REF_forces"] = labels["forces"]
    atoms.calc = SinglePointCalculator(atoms, energy=1.0, forces=np.ones((4, 3)), stress=np.ones(6))
    write(tmp_path / "mace.extxyz", atoms)
    text = (tmp_path / "mace.extxyz").read_text()
    assert "REF_stress" in text
    assert "_JSON" in text  # ASE writes a matrix of another name than stress as JSON
    frame = read(tmp_path / "mace.extxyz", energy_key="REF_energy", forces_key="REF_forces", stress_key="REF_stress")
    check(frame, labels)
    assert {"energy", "stress", "column forces", "head"} <= set(frame.not_taken)  # type: ignore[attr-defined]


def test_mace_has_virials_too(labels: dict[str, Any], tmp_path: Path) -> None:
    lattice = f'Lattice="{numbers(labels["atoms"].cell.array)}" Properties=species:S:1:pos:R:3:REF_forces:R:3'
    comment = f'{lattice} REF_energy={labels["energy"]:.10f} REF_virials="{numbers(labels["virial"])}" pbc="T T T"'
    path = written(tmp_path / "mace.xyz", comment, labels["atoms"].positions, labels["forces"])
    keys = {"energy_key": "REF_energy", "forces_key": "REF_forces", "virial_key": "REF_virials"}
    check(read(path, **keys), labels)


def test_gap_writes_dft_labels_and_numbers_of_elements(labels: dict[str, Any], tmp_path: Path) -> None:
    header = "Properties=species:S:1:pos:R:3:map_shift:R:3:dft_force:R:3"
    comment = (
        f'dft_energy={labels["energy"]:.10f} dft_virial="{numbers(labels["virial"])}" config_type=bulk '
        f'cutoff=-1.00000000 nneightol=1.20000000 energy_sigma=0.001 pbc="T T T" '
        f'Lattice="{numbers(labels["atoms"].cell.array)}" {header}'
    )
    path = written(tmp_path / "gap.xyz", comment, labels["atoms"].positions, np.zeros((4, 3)), labels["forces"])
    keys = {"energy_key": "dft_energy", "forces_key": "dft_force", "virial_key": "dft_virial"}
    check(read(path, **keys), labels)


def test_nep_writes_force_and_a_virial_of_nine(labels: dict[str, Any], tmp_path: Path) -> None:
    comment = (
        f'energy={labels["energy"]:.10f} virial="{numbers(labels["virial"])}" config_type=ar weight=1.0 '
        f'lattice="{numbers(labels["atoms"].cell.array)}" properties=species:S:1:pos:R:3:force:R:3'
    )
    check(read(written(tmp_path / "train.xyz", comment, labels["atoms"].positions, labels["forces"])), labels)


def test_nequip_reads_total_energy_and_a_stress_of_ase(labels: dict[str, Any], tmp_path: Path) -> None:
    stress = -labels["virial"] / labels["atoms"].get_volume()
    comment = (
        f'Lattice="{numbers(labels["atoms"].cell.array)}" Properties=species:S:1:pos:R:3:forces:R:3 '
        f'total_energy={labels["energy"]:.10f} stress="{numbers(stress)}" pbc="T T T"'
    )
    path = written(tmp_path / "nequip.xyz", comment, labels["atoms"].positions, labels["forces"])
    check(read(path, energy_key="total_energy"), labels)


@pytest.fixture
def system(labels: dict[str, Any]) -> Any:
    """The frame as a system of dpdata."""
    atoms = labels["atoms"]
    data = {
        "atom_names": ["Ar", "Kr"], "atom_numbs": [3, 1], "atom_types": np.array([0, 0, 1, 0]), "orig": np.zeros(3),
        "cells": atoms.cell.array[None], "coords": atoms.positions[None], "energies": np.array([labels["energy"]]),
        "forces": labels["forces"][None], "virials": labels["virial"][None],
    }  # fmt: skip
    return dpdata.LabeledSystem(data=data)


def test_dpdata_writes_virial_and_stress(labels: dict[str, Any], system: Any, tmp_path: Path) -> None:
    system.to("extxyz", str(tmp_path / "dpdata.extxyz"))
    check(read(tmp_path / "dpdata.extxyz"), labels, 1e-9)


def test_dpdata_reads_units_as_we_do(labels: dict[str, Any], tmp_path: Path) -> None:
    comment = (
        f'Lattice="{numbers(labels["atoms"].cell.array)}" Properties=species:S:1:pos:R:3:forces:R:3 energy=-1.25 '
        f'energy-unit=hartree force-unit=kcal/mol/angstrom stress-unit=GPa stress="1 2 3 2 4 5 3 5 6"'
    )
    path = written(tmp_path / "units.extxyz", comment, labels["atoms"].positions, labels["forces"])
    other = next(iter(dpdata.MultiSystems.from_file(str(path), fmt="extxyz")))
    ours = read(path, stress_sign="ase")
    assert isinstance(ours, LabelledFrame)
    assert ours.energy == pytest.approx(other["energies"][0], rel=1e-12)
    np.testing.assert_allclose(ours.forces, other["forces"][0], rtol=1e-12)
    np.testing.assert_allclose(ours.virial, other["virials"][0], rtol=1e-9)


@pytest.mark.parametrize(("precision", "digits"), [(np.float64, 1e-12), (np.float32, 1e-5)])
def test_dpdata_writes_deepmd_npy(
    labels: dict[str, Any], system: Any, tmp_path: Path, precision: Any, digits: float
) -> None:
    system.to("deepmd/npy", str(tmp_path / "npy"), prec=precision)
    (frame,) = find_source(tmp_path / "npy").frames()
    check(frame, labels, digits)


@pytest.mark.parametrize("pad", [None, 8])
def test_dpdata_writes_frames_of_mixed_type(
    labels: dict[str, Any], system: Any, tmp_path: Path, pad: int | None
) -> None:
    fewer = system.sub_system([0]).pick_atom_idx([0, 1, 2])
    options = {"atom_numb_pad": pad} if pad else {}
    dpdata.MultiSystems(system, fewer).to("deepmd/npy/mixed", str(tmp_path / "mixed"), **options)
    frames = [frame for frame in find_source(tmp_path / "mixed").frames() if isinstance(frame, LabelledFrame)]
    short, whole = sorted(frames, key=lambda frame: len(frame.symbols))
    assert short.symbols == ("Ar", "Ar", "Kr")
    np.testing.assert_allclose(short.positions, labels["atoms"].positions[:3], atol=1e-5)
    check(whole, labels, 1e-5)
