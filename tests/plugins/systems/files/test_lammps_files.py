"""Frames of LAMMPS are read as they were written; what does not say its elements or columns is refused."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest

from aiida_zif.plugins.lammps.structure import data_file, restricted_frame
from aiida_zif.plugins.systems.faults import StructureFault
from aiida_zif.plugins.systems.files.frame_files import format_of, read_frame_files
from aiida_zif.plugins.systems.files.lammps_data import read_lammps_data
from aiida_zif.plugins.systems.files.lammps_dump import read_lammps_dump

SYMBOLS = ["Zn", "N", "C", "H"]
TYPE_MAP = ["C", "H", "N", "Zn"]
MASSES = [12.011, 1.008, 14.007, 65.38]
CELL = np.array([[9.0, 0.0, 0.0], [2.0, 8.0, 0.0], [-1.0, 0.5, 7.0]])
POSITIONS = np.array([[0.5, 0.5, 0.5], [2.4, 0.6, 0.5], [4.0, 2.0, 1.0], [5.0, 3.0, 2.0]])


def data(rows: str, style: str = "", masses: str = "") -> str:
    head = "title\n\n2 atoms\n4 atom types\n\n-1.0 9.0 xlo xhi\n0.0 8.0 ylo yhi\n2.0 9.0 zlo zhi\n"
    return f"{head}{masses}\nAtoms{style}\n\n{rows}"


def dump(bounds: str, columns: str, *rows: str) -> io.StringIO:
    item = "ITEM: TIMESTEP\n100\nITEM: NUMBER OF ATOMS\n" + f"{len(rows)}\n"
    return io.StringIO(f"{item}ITEM: BOX BOUNDS {bounds}ITEM: ATOMS {columns}\n" + "\n".join(rows) + "\n")


def test_a_data_file_gives_back_the_tilted_cell_and_the_atoms_that_were_written() -> None:
    frame = read_lammps_data(data_file(SYMBOLS, POSITIONS, CELL, TYPE_MAP, MASSES), TYPE_MAP)
    positions, cell = restricted_frame(POSITIONS, CELL)
    assert list(frame.symbols) == SYMBOLS
    assert np.allclose(frame.cell, cell, atol=1e-9)
    assert np.allclose(frame.positions, positions, atol=1e-9)


def test_atoms_are_in_the_order_of_their_ids_and_positions_start_at_the_corner_of_the_box() -> None:
    frame = read_lammps_data(data("2 4 0.0 1.0 3.0\n1 3 -1.0 0.0 2.0\n", " # atomic"), TYPE_MAP)
    assert frame.symbols == ("N", "Zn")
    assert frame.positions.tolist() == [[0.0, 0.0, 0.0], [1.0, 1.0, 1.0]]
    assert frame.cell.diagonal().tolist() == [10.0, 8.0, 7.0]


@pytest.mark.parametrize(
    ("style", "rows"),
    [
        ("charge", "1 4 -0.5 1 2 3\n2 3 0.5 4 5 6\n"),
        ("full", "1 7 4 -0.5 1 2 3 0 0 1\n2 7 3 0.5 4 5 6 0 0 0\n"),
        ("molecular", "1 7 4 1 2 3\n2 7 3 4 5 6\n"),
    ],
)
def test_a_style_tells_the_type_from_charge_and_molecule(style: str, rows: str) -> None:
    frame = read_lammps_data(data(rows), TYPE_MAP, style)
    assert frame.symbols == ("Zn", "N")
    assert frame.positions.tolist() == [[2.0, 2.0, 1.0], [5.0, 5.0, 4.0]]


def test_type_labels_are_types_and_if_they_are_elements_no_type_map_is_needed() -> None:
    labels = "\nMasses\n\nZn 65.38\nN 14.007\n\nAtom Type Labels\n\n1 Zn\n2 N\n"
    frame = read_lammps_data(data("1 Zn 1 2 3\n2 N 4 5 6\n", " # atomic", labels), None)
    assert frame.symbols == ("Zn", "N")
    assert any("type labels" in note for note in frame.notes)
    with pytest.raises(StructureFault, match="a row of atoms with words"):
        read_lammps_data(data("1 Cu 1 2 3\n2 N 4 5 6\n", " # atomic", labels), None)


def test_columns_that_two_styles_have_are_refused_without_a_style() -> None:
    with pytest.raises(StructureFault, match="6 columns of atoms without a style"):
        read_lammps_data(data("1 4 0 1 2 3\n2 3 0 4 5 6\n"), TYPE_MAP)


def test_types_without_elements_are_refused_and_the_masses_propose_them() -> None:
    masses = "\nMasses\n\n1 12.011\n2 2.014\n3 14.007\n4 65.38\n"
    with pytest.raises(StructureFault, match=r"type_map: \[C, H, N, Zn\] fits the masses"):
        read_lammps_data(data("1 4 1 2 3\n2 3 4 5 6\n", masses=masses), None)


def test_a_type_map_that_contradicts_the_masses_is_refused() -> None:
    masses = "\nMasses\n\n1 12.011\n2 1.008\n3 14.007\n4 58.93\n"
    with pytest.raises(StructureFault, match=r"type 4 of mass 58\.93 u, which type_map calls Zn"):
        read_lammps_data(data("1 4 1 2 3\n2 3 4 5 6\n", masses=masses), TYPE_MAP)


def test_a_type_beyond_the_type_map_is_refused() -> None:
    with pytest.raises(StructureFault, match="type 4 with 3 elements"):
        read_lammps_data(data("1 4 1 2 3\n2 3 4 5 6\n"), TYPE_MAP[:3])


def test_a_dump_states_the_box_around_a_tilted_cell() -> None:
    bounds = "xy xz yz pp pp pp\n-1.0 11.0 2.0\n0.0 8.5 -1.0\n0.0 7.0 0.5\n"
    (frame,) = read_lammps_dump(dump(bounds, "id element xs ys zs", "2 N 0.5 0.5 0.5", "1 Zn 0 0 0"))
    assert np.allclose(frame.cell, CELL)
    assert frame.symbols == ("Zn", "N")
    assert np.allclose(frame.positions[1], CELL.sum(axis=0) / 2)
    assert frame.step == 100


def test_a_dump_with_types_needs_a_type_map() -> None:
    stream = dump("pp pp pp\n0 9\n0 8\n0 7\n", "id type x y z", "1 4 1 1 1")
    with pytest.raises(StructureFault, match="types without elements"):
        next(read_lammps_dump(stream))


def test_a_dump_may_say_its_units_and_times_and_other_lengths_than_angstrom_are_refused() -> None:
    whole = dump("pp pp pp\n0 9\n0 8\n0 7\n", "id element x y z", "1 Zn 1 1 1").read()
    with_units = f"ITEM: UNITS\nmetal\nITEM: TIME\n0.5\n{whole}ITEM: TIME\n0.6\n{whole}"
    assert [frame.step for frame in read_lammps_dump(io.StringIO(with_units))] == [100, 100]
    with pytest.raises(StructureFault, match="units 'lj'"):
        next(read_lammps_dump(io.StringIO(f"ITEM: UNITS\nlj\n{whole}")))


def test_a_frame_that_is_cut_is_refused() -> None:
    stream = dump("pp pp pp\n0 9\n0 8\n0 7\n", "id element x y z", "1 Zn 1 1 1", "2 N 1")
    with pytest.raises(StructureFault, match="step 100 is incomplete"):
        next(read_lammps_dump(stream))


def test_files_of_one_set_have_one_order_of_atoms(tmp_path: Path) -> None:
    for name, rows in (("a", "1 4 1 2 3\n2 3 4 5 6\n"), ("b", "1 3 1 2 3\n2 4 4 5 6\n")):
        (tmp_path / f"{name}.data").write_text(data(rows))
    with pytest.raises(StructureFault, match=r"b\.data: atoms in another order"):
        read_frame_files([tmp_path / "a.data", tmp_path / "b.data"], "lammps-data", TYPE_MAP)


def test_frames_of_extended_xyz_are_one_set(tmp_path: Path) -> None:
    frame = '1\nLattice="9 0 0 0 9 0 0 0 9" Properties=species:S:1:pos:R:3\nZn {} 0 0\n'
    (tmp_path / "a.xyz").write_text(frame.format(0) + frame.format(1))
    read = read_frame_files([tmp_path / "a.xyz"], format_of("a.xyz"))
    assert read.positions[:, 0, 0].tolist() == [0.0, 1.0]
    assert read.steps is None


def test_a_name_of_no_known_format_is_refused() -> None:
    with pytest.raises(StructureFault, match="state the format"):
        format_of("glass.pdb")
