"""A right CIF gives the right atoms, whatever program wrote it."""

from __future__ import annotations

import io

import numpy as np
import pytest
from ase.io import read
from cif_cases import (
    COLUMNS,
    NAME,
    cell,
    everything,
    framework,
    largest_distance,
    listed,
    operators,
    plain,
    rows,
    unit,
    whole,
)

from aiida_zif.plugins.systems import available_systems, load_system
from aiida_zif.plugins.systems.files.cif import read_cif

HALL = "_space_group_name_Hall '-P 2ac 2ab'\n"
IDENTITY = NAME.replace("P b c a", "P 1") + listed(["x,y,z"])
OCCUPANCY = COLUMNS + "_atom_site_occupancy\n"

SHELX = (
    "_shelx_res_file\n;\nTITL x\nloop_\n_atom_site_label\ndata_fake\n;\n_shelx_hkl_file\n;\n 1 0 0 12.0 0.1\n;\n"
    "_shelx_hkl_checksum 123\n"
)


def charged(label: str, element: str, place: list[float]) -> str:
    """A row of the ICSD."""
    return plain(label, element + {"Zn": "2+", "N": "3-", "C": "2+", "H": "1+"}[element], place)


def of_force_field(label: str, element: str, place: list[float]) -> str:
    """A row with the types of a force field for elements."""
    return plain(label, {"Zn": "Zn3+2", "N": "N_R", "C": "C_R", "H": "H_"}[element], place)


DIALECTS = {
    "operators": whole(),
    "name": whole(NAME),
    "name without blanks": whole("_symmetry_space_group_name_H-M Pbca\n"),
    "name of an older program": whole("_space_group_name_H-M_alt 'P B C A'\n"),
    "full name": whole("_space_group_name_H-M_alt 'P 2_1/b 2_1/c 2_1/a'\n"),
    "Hall symbol": whole(HALL),
    "number": whole("_symmetry_Int_Tables_number 61\n"),
    "all three": whole(HALL + NAME + "_space_group_IT_number 61\n"),
    "no symmetry, all atoms": whole("", rows(everything())),
    "P1, all atoms": whole(IDENTITY, rows(everything())),
    "named but all atoms listed": whole(NAME + listed(["x,y,z"]), rows(everything())),
    "all atoms and all operators": whole(atoms=rows(everything())),
    "operators with decimals": whole(listed([t.replace("1/2", "0.5").upper() for t in operators()])),
    "operators in DDLm": whole(listed(operators(), "_space_group_symop.operation_xyz")).replace("_cell_", "_cell."),
    "uncertainties": whole(atoms=rows(unit(), lambda *site: plain(*site).replace("\n", "(12)\n"))),
    "charges": whole(atoms=rows(unit(), charged)),
    "types of a force field": whole(atoms=rows(unit(), of_force_field)),
    "capitals": whole(atoms=rows(unit(), lambda label, element, place: plain(label.upper(), element.upper(), place))),
    "occupancy with uncertainty": whole(atoms=rows(unit(), lambda *s: plain(*s)[:-1] + " 1.00(2)\n", OCCUPANCY)),
    "occupancy unknown": whole(atoms=rows(unit(), lambda *s: plain(*s)[:-1] + " ?\n", OCCUPANCY)),
    "primes of labels and a name without quotes": whole(
        atoms=rows(unit(), lambda label, *rest: plain(label + "\u2032", *rest)), more="_publ_author_name Dürholt\n"
    ),
    "minus signs of a word processor": whole(
        atoms=rows(unit(), lambda label, element, place: plain(label, element, [x - 1 for x in place])).replace(
            "-", "\u2212"
        )
    ),
    "text blocks of SHELX": whole() + SHELX,
    "block without name": whole().replace("data_zif4", "data_"),
    "block of the publication in front": "data_global\n_publ_contact_author ?\n" + whole(),
    "capitals of CIF": whole()
    .replace("data_", "DATA_")
    .replace("loop_", "LOOP_")
    .replace("_atom_site_", "_ATOM_SITE_"),
    "old Macintosh": whole().replace("\n", "\r"),
    "Windows": whole().replace("\n", "\r\n"),
    "formula": whole(more="_chemical_formula_sum 'C6 H6 N4 Zn'\n_cell_formula_units_Z 16\n"),
    "formula of the cell and units, as pymatgen": whole(
        more="_chemical_formula_sum 'Zn16 H96 C96 N64'\n_cell_formula_units_Z 16\n"
    ),
    "tags twice that mean nothing here": whole(more="_audit_x 1\n_audit_x 2\n"),
}


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_same_crystal_is_read_in_every_dialect(dialect: str) -> None:
    assert largest_distance(read_cif(DIALECTS[dialect].encode()), framework()) < 1e-4


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32", "latin-1"])
def test_the_same_crystal_is_read_in_every_encoding(encoding: str) -> None:
    raw = whole(more="_publ_author_name 'Dürholt'\n").encode(encoding)
    assert largest_distance(read_cif(raw), framework()) < 1e-4


def test_cartesian_coordinates_of_mmcif_are_read() -> None:
    atoms = framework()
    table = "loop_\n_atom_site.id\n_atom_site.type_symbol\n" + "".join(f"_atom_site.Cartn_{axis}\n" for axis in "xyz")
    table += "".join(
        f"{i} {symbol.upper()} {x:.5f} {y:.5f} {z:.5f}\n"
        for i, (symbol, (x, y, z)) in enumerate(zip(atoms.symbols, atoms.positions, strict=True))
    )
    found = read_cif(whole(IDENTITY, table).replace("_cell_", "_cell.").encode())
    assert largest_distance(found, atoms) < 1e-4


@pytest.mark.parametrize(
    "name", ["P 1 21/n 1", "P 21/n", "P21/n", "P2(1)/n", "P 2_1/n", "P 21/n (No. 14)", "P 1 2_1/n 1"]
)
def test_a_setting_of_a_space_group_is_that_of_its_name(name: str) -> None:
    truth = read_cif(monoclinic(listed(operators("P 1 21/n 1"))).encode())
    found = read_cif(monoclinic(f"_symmetry_space_group_name_H-M '{name}'\n_symmetry_Int_Tables_number 14\n").encode())
    assert largest_distance(found, truth) < 1e-6
    standard = read_cif(monoclinic(listed(operators("P 1 21/c 1"))).encode())
    assert largest_distance(standard, truth) > 1


def monoclinic(symmetry: str) -> str:
    """Two molecules' worth of argon, so that only the setting matters."""
    atoms = "Ar1 Ar 0.1 0.2 0.3\nAr2 Ar 0.42 0.37 0.05\n"
    angles = "_cell_angle_alpha 90\n_cell_angle_beta 97\n_cell_angle_gamma 90\n"
    return f"data_m\n_cell_length_a 9\n_cell_length_b 11\n_cell_length_c 13\n{angles}{symmetry}{COLUMNS}{atoms}"


@pytest.mark.parametrize(
    ("name", "angles", "count"),
    [
        ("R -3 m", "90 90 120", 36),
        ("R -3 m", "70 70 70", 12),
        ("R -3 m :R", "70 70 70", 12),
        ("R-3m H", "90 90 120", 36),
    ],
)
def test_rhombohedral_and_hexagonal_axes_follow_the_name_or_the_cell(name: str, angles: str, count: int) -> None:
    text = "data_r\n" + "".join(
        f"_cell_length_{axis} {12 if axis != 'c' or '70' in angles else 20}\n" for axis in "abc"
    )
    text += "".join(f"_cell_angle_{n} {v}\n" for n, v in zip(("alpha", "beta", "gamma"), angles.split(), strict=True))
    text += f"_symmetry_space_group_name_H-M '{name}'\n{COLUMNS}Ar1 Ar 0.11 0.23 0.37\n"
    assert len(read_cif(text.encode())) == count


def test_an_atom_on_a_special_position_is_there_once() -> None:
    text = whole("_symmetry_space_group_name_H-M 'P m -3 m'\n", COLUMNS + "Ar1 Ar 0.3333 0.3333 0.3334\nAr2 Ar 0 0 0\n")
    lengths = {"15.379000": "9", "15.449000": "9", "18.407000": "9"}
    for old, new in lengths.items():
        text = text.replace(old, new)
    assert len(read_cif(text.encode())) == 8 + 1


@pytest.mark.parametrize("name", available_systems())
def test_a_cif_of_ase_gives_the_digits_that_ase_reads(name: str) -> None:
    file = io.BytesIO()
    load_system(name).write(file, format="cif")
    found, wanted = read_cif(file.getvalue()), read(io.BytesIO(file.getvalue()), format="cif")
    assert list(found.symbols) == list(wanted.symbols)
    assert np.array_equal(found.positions, wanted.positions)
    assert np.array_equal(found.cell[:], wanted.cell[:])


def test_deuterium_is_hydrogen_of_its_mass_and_said_so() -> None:
    atoms = rows(unit(), lambda label, element, place: plain(label, "D" if element == "H" else element, place))
    found = read_cif(whole(atoms=atoms).encode())
    assert largest_distance(found, framework()) < 1e-4
    assert set(found.get_masses()[found.numbers == 1]) == {1.008}
    assert "deuterium" in found.info["notes"][0]


@pytest.mark.parametrize(
    ("label", "element"), [("ZN", "Zn"), ("CL", "Cl"), ("CO", "Co"), ("CD", "Cd"), ("Zn", "Zn"), ("CA", "C")]
)
def test_elements_of_labels_alone_are_those_that_fit_the_bonds(label: str, element: str) -> None:
    """The metal, a ring's carbon or the chlorine of Zn(2-chloroimidazolate)2 under a label of two letters."""
    atoms = load_system("zif-8-cl")
    taken = {"Zn": "Zn", "Cl": "Cl", "C": "C"}.get(element, "Zn")
    number = next(i for i, symbol in enumerate(atoms.symbols) if symbol == taken)
    labels = [symbol if symbol != taken or taken == "C" else label for symbol in atoms.symbols]
    labels[number] = label
    text = f"data_x\n{cell(atoms)}{IDENTITY}" + COLUMNS.replace("_atom_site_type_symbol\n", "")
    for i, (name, place) in enumerate(zip(labels, atoms.get_scaled_positions(), strict=True)):
        text += f"{name}{i} {place[0]:.6f} {place[1]:.6f} {place[2]:.6f}\n"
    found = read_cif(text.encode())
    assert found.symbols[number] == element


def test_a_name_that_is_not_known_beside_operators_is_said() -> None:
    found = read_cif(whole(NAME.replace("P b c a", "P b q a") + listed(operators())).encode())
    assert largest_distance(found, framework()) < 1e-4
    assert "'P b q a' is not known: 8 operators count first" in found.info["notes"][0]


def test_solvent_of_the_formula_alone_is_shown() -> None:
    found = read_cif(whole(more="_chemical_formula_sum 'C9 H13 N5 O Zn'\n_cell_formula_units_Z 16\n").encode())
    assert "C48H112N16O16 missing" in found.info["notes"][0]
