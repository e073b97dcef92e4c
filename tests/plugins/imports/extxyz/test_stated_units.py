"""Units that a file states are obeyed to the last digit, or refused by their name."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from foreign_files import VOLUME, read_text, taken, text_of

from aiida_zif.plugins.data.labelled_frame import FormatError

HARTREE, BOHR, GPA = 27.211386245988, 0.529177210903, 1 / 160.2176634
DIAGONAL = '"0.1 0 0 0 0.2 0 0 0 0.3"'


@pytest.mark.parametrize(
    "entries",
    [
        "energy-unit=hartree force-unit=hartree/bohr",
        "energy_unit=Ha force_unit=Ha/Bohr",
        "energy_units=au forces_units=a.u.",
        'units="hartree, hartree/bohr"',
        'units="energy: hartree, forces: hartree/bohr"',
        "EnergyUnit=hartree ForceUnit=hartree/bohr",
        "e_unit=hartree f_unit=hartree/bohr",
        'units="_JSON {\\"energy\\": \\"hartree\\", \\"forces\\": \\"hartree/bohr\\", \\"time\\": \\"fs\\"}"',
    ],
)
def test_energies_and_forces_in_hartree_become_those_in_ev(tmp_path: Path, entries: str) -> None:
    frame = taken(tmp_path, text_of(f"energy=-15.8 {entries}"))
    assert frame.energy == pytest.approx(-15.8 * HARTREE, rel=1e-15)
    assert frame.forces[0] == pytest.approx(np.array([0.11, 0.02, -0.03]) * HARTREE / BOHR, rel=1e-15)
    assert frame.positions[0].tolist() == [0.934, 2.0, 2.0]
    assert frame.taken == ("energy from energy in hartree", "forces from forces in hartree/bohr")
    assert frame.not_taken == ()


def test_positions_and_cell_in_bohr_become_those_in_angstrom(tmp_path: Path) -> None:
    frame = taken(tmp_path, text_of("energy=-1 energy_unit=Ha force_unit=Ha/bohr length_unit=bohr"))
    assert frame.positions[1] == pytest.approx([2 * BOHR] * 3, rel=1e-15)
    assert frame.cell == pytest.approx(np.eye(3) * 6 * BOHR, rel=1e-15)


def test_a_stress_over_the_cube_of_bohr_is_that_of_the_converted_cell(tmp_path: Path) -> None:
    units = "energy_unit=Ha force_unit=au length_unit=bohr stress_unit=hartree/bohr^3"
    frame = taken(tmp_path, text_of(f"energy=-1 stress={DIAGONAL} {units}"))
    assert frame.virial is not None
    assert np.diag(frame.virial) == pytest.approx(-np.array([0.1, 0.2, 0.3]) * HARTREE * VOLUME, rel=1e-14)


@pytest.mark.parametrize(("sign", "factor"), [("ase", -1.0), ("vasp", 1.0)])
@pytest.mark.parametrize(("unit", "worth"), [("GPa", GPA), ("kbar", 0.1 * GPA), ("bar", 1e-4 * GPA)])
def test_a_stress_in_units_of_pressure_is_converted_with_the_sign_that_the_user_says(
    tmp_path: Path, sign: str, factor: float, unit: str, worth: float
) -> None:
    frame = taken(tmp_path, text_of(f"energy=-1 stress={DIAGONAL} stress-unit={unit}"), stress_sign=sign)
    assert frame.virial is not None
    expected = factor * np.array([0.1, 0.2, 0.3]) * worth * VOLUME
    assert np.diag(frame.virial) == pytest.approx(expected, rel=1e-14)


def test_a_stress_in_units_of_pressure_is_refused_as_long_as_its_sign_is_open(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match=r"stress in kbar[\s\S]*--stress-sign ase or --stress-sign vasp"):
        read_text(tmp_path, text_of(f"energy=-1 stress={DIAGONAL} stress_unit=kbar"))


def test_a_unit_that_the_file_does_not_state_can_be_said(tmp_path: Path) -> None:
    said = {"stress_unit": "kbar", "stress_sign": "vasp"}
    frame = taken(tmp_path, text_of('energy=-15.8 stress="12.5 0.1 0 0.1 11.9 0.2 0 0.2 13.1"'), **said)
    assert frame.virial is not None
    assert frame.virial[0] == pytest.approx(np.array([12.5, 0.1, 0.0]) * 0.1 * GPA * VOLUME, rel=1e-14)


def test_a_virial_has_the_unit_that_is_stated_of_it(tmp_path: Path) -> None:
    units = "energy_unit=eV virial_unit=kcal/mol force_unit=eV/A"
    frame = taken(tmp_path, text_of(f"energy=-1 virial={DIAGONAL} {units}"))
    assert frame.virial is not None
    assert frame.virial[2, 2] == pytest.approx(0.3 * 0.0433641042418009, rel=1e-14)


@pytest.mark.parametrize("entries", ["energy_ha=-2", "energy-hartree=-2", "Energy_Ha=-2"])
def test_a_unit_in_the_name_of_an_entry_is_obeyed(tmp_path: Path, entries: str) -> None:
    frame = taken(tmp_path, text_of(entries), energy_key=entries.split("=")[0], forces_unit="eV/Å")
    assert frame.energy == pytest.approx(-2 * HARTREE, rel=1e-15)


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ("energy-unit=hartree", r"unit of forces[\s\S]*--forces-unit"),
        ("energy-unit=hartree force-unit=eV/A virial=" + DIAGONAL, r"unit of virial[\s\S]*--virial-unit"),
        ("length_unit=bohr", r"unit of energy[\s\S]*unit of forces"),
        ("energy-unit=eV/atom", r"energy-unit: 'eV/atom' found; allowed: eV"),
        ("energy_unit=furlong", r"energy_unit: 'furlong' found"),
        ("energy_unit", "energy_unit: None found"),
        ("forces_unit=eV", r"forces_unit: 'eV' found"),
        ("units=metal", r"units: 'metal' found[\s\S]*--energy-unit eV"),
        ("unit_system=atomic", "unit_system: 'atomic' found"),
        ("probe_unit=bohr", "probe_unit: 'bohr' found"),
        ("energy_unit=eV energy-unit=hartree force-unit=eV/A", r"unit of energy: eV and hartree \(energy-unit\) found"),
    ],
)
def test_a_unit_that_is_unclear_is_refused_by_its_name(tmp_path: Path, entries: str, message: str) -> None:
    with pytest.raises(FormatError, match=message):
        read_text(tmp_path, text_of(f"energy=-1 {entries}"))


def test_a_unit_of_one_label_is_not_that_of_its_rival(tmp_path: Path) -> None:
    text = text_of("energy=-1 REF_energy=-2 REF_energy_unit=hartree force_unit=eV/A")
    assert taken(tmp_path, text, energy_key="energy").energy == -1.0
    assert taken(tmp_path, text, energy_key="REF_energy").energy == pytest.approx(-2 * HARTREE, rel=1e-15)


def test_a_unit_of_a_label_that_is_not_there_by_name_is_that_of_the_one_that_is(tmp_path: Path) -> None:
    frame = taken(tmp_path, text_of("energy=-1 dft_energy_unit=hartree dft_forces_units=eV/Å"))
    assert frame.energy == pytest.approx(-HARTREE, rel=1e-15)


def test_what_the_user_says_cannot_contradict_the_file(tmp_path: Path) -> None:
    text = text_of("energy=-1 energy_unit=hartree force_unit=hartree/bohr")
    with pytest.raises(FormatError, match=r"--energy-unit: eV found; allowed: hartree, as the file says"):
        read_text(tmp_path, text, energy_unit="eV")


def test_a_system_of_units_is_not_needed_where_the_user_says_every_unit(tmp_path: Path) -> None:
    said = {"energy_unit": "eV", "forces_unit": "eV/Å", "length_unit": "Å"}
    assert taken(tmp_path, text_of("energy=-1 units=metal"), **said).not_taken == ("units",)


@pytest.mark.parametrize(
    "entries",
    [
        "formula_units=4",
        "unit_cell=primitive",
        "dipole_unit=debye",
        "time_units=fs",
        "cutoff_unit=bohr",
        "pressure_unit=GPa",
        "ecut_units=Ry",
        "probe_unit=Å",
    ],
)
def test_an_entry_that_states_no_unit_of_a_label_is_listed_as_not_taken(tmp_path: Path, entries: str) -> None:
    frame = taken(tmp_path, text_of(f"energy=-1 {entries}"))
    assert (frame.energy, frame.not_taken) == (-1.0, (entries.split("=")[0],))


@pytest.mark.parametrize(("field", "value"), [("energy_unit", "foo"), ("stress_unit", "eV"), ("stress_sign", "up")])
def test_an_option_that_means_nothing_is_refused_before_the_file_is_read(
    tmp_path: Path, field: str, value: str
) -> None:
    option = field.replace("_", "-")
    with pytest.raises(FormatError, match=rf"--{option}: '{value}' found; allowed: "):
        read_text(tmp_path, text_of("energy=-1"), **{field: value})


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        (
            "energy_unit=hartree force_unit=hartree/bohr",
            "",
            "unit of energy: eV found, and hartree in the frames before",
        ),
        ("length_unit=nm energy_unit=eV force_unit=eV/nm", "energy_unit=eV force_unit=eV/nm", "unit of positions and"),
    ],
)
def test_a_unit_that_only_some_frames_state_is_refused(tmp_path: Path, first: str, second: str, said: str) -> None:
    with pytest.raises(FormatError, match=rf"foreign\.extxyz:1: {said}"):
        read_text(tmp_path, text_of(f"energy=-1 {first}") + text_of(f"energy=-2 {second}"))


def test_a_unit_in_a_column_is_refused(tmp_path: Path) -> None:
    atoms = ["H 1 1 1 0 0 0.1 hartree/bohr", "H 2 1 1 0 0 -0.1 hartree/bohr"]
    properties = "Properties=species:S:1:pos:R:3:forces:R:3:forces_unit:S:1"
    with pytest.raises(FormatError, match="forces_unit: a unit in a column found; allowed: a unit in the comment line"):
        read_text(tmp_path, text_of("energy=-1", atoms, properties))
