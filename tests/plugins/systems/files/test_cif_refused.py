"""A CIF that contradicts itself, or lists something else than whole atoms, is refused with what was found."""

from __future__ import annotations

import pytest
from cif_cases import COLUMNS, NAME, everything, listed, operators, plain, rows, unit, whole

from aiida_zif.plugins.systems.faults import StructureFault
from aiida_zif.plugins.systems.files.cif import read_cif

HALL = "_space_group_name_Hall '%s'\n"
OCCUPANCY = COLUMNS + "_atom_site_occupancy\n"
DISORDER = COLUMNS + "_atom_site_disorder_group\n"


def with_last(column: str, values: list[str]) -> str:
    """The atoms of ZIF-4 with one more column, whose last values are given and whose others are 1 or a point."""
    sites = unit()
    filled = [("1" if "occupancy" in column else ".")] * (len(sites) - len(values)) + values
    return column + "".join(plain(*site)[:-1] + f" {value}\n" for site, value in zip(sites, filled, strict=True))


def extra(row: str) -> str:
    """The atoms of ZIF-4 and one more row."""
    return rows(unit()) + row


REFUSED = {
    "identity beside a name": (whole(NAME + listed(["x,y,z"])), "the operator x,y,z alone (34 atoms"),
    "half of the operators": (whole(NAME + listed(operators()[:4])), "also the space group 'P b c a'"),
    "operators beside P 1": (whole(NAME.replace("b c a", "1") + listed(operators())), "also the space group 'P 1'"),
    "operators that are no group": (whole(listed(operators()[:3])), "not closed"),
    "two settings": (whole(HALL % "-P 2ac 2ab" + NAME.replace("b c a", "c a b")), "also the space group 'P c a b'"),
    "name and number": (whole(NAME + "_symmetry_Int_Tables_number 62\n"), "also the space group number 62"),
    "unknown name": (whole("_symmetry_space_group_name_H-M 'P b q a'\n"), "'P b q a', which is not known"),
    "unknown Hall symbol": (whole(HALL % "Q 2xx"), "the space group 'Q 2xx', which is not known"),
    "two origins": (whole("_symmetry_space_group_name_H-M 'P n n n'\n"), "two origins"),
    "cell of another system": (whole("_symmetry_space_group_name_H-M 'P m -3 m'\n"), "does not have this symmetry"),
    "operators with blanks": (whole(listed(operators()).replace("'", "").replace(",", ", ")), "the operator 'x,'"),
    "modulated": (whole(more="_cell_modulation_dimension 1\n"), "modulated"),
    "guest in part": (whole(atoms=extra("O1W O 0.5 0.5 0.5 0.25\n").replace(COLUMNS, OCCUPANCY)), "Wrong number"),
    "occupancy": (whole(atoms=with_last(OCCUPANCY, ["0.5", "0.5(1)"])), "2 atoms whose occupancy is not one"),
    "occupancy of zero": (whole(atoms=with_last(OCCUPANCY, ["0"])), "1 atom whose occupancy"),
    "disorder": (whole(atoms=with_last(DISORDER, ["1", "2"])), "the disorder groups 1 ("),
    "disorder about a special position": (whole(atoms=with_last(DISORDER, ["-1"])), "the disorder groups -1 ("),
    "two elements": (whole(atoms=extra(plain("Co1", "Co", unit()[0][2]))), "two elements on one place: Zn1 (Zn)"),
    "one token too many": (whole(atoms=extra("O1 O 0.5 0.5 0.5 x\n")), "6 values for 5 columns: 'O1 O 0.5"),
    "blank in a number": (whole(atoms=extra("O1 O 0.5 0.5 0.5 (2)\n")), "6 values for 5 columns"),
    "one token too few": (whole(atoms=extra("O1 O 0.5 0.5\n")), "4 values for 5 columns"),
    "coordinates unknown": (whole(atoms=extra("H99 H ? ? .\n")), "1 atom whose coordinates are not numbers (H99"),
    "decimal comma": (whole(atoms=extra("H99 H 0,5 0,5 0,5\n")), "'0,5' '0,5' '0,5'"),
    "dummy": (
        whole(atoms=extra("Q1 Q 0.5 0.5 0.5\n")),
        "1 row without a chemical element",
    ),
    "water as one": (whole(atoms=extra("Wat1 Wat 0.5 0.5 0.5\n")), "('Wat')"),
    "two blocks": (whole() + whole().replace("zif4", "other"), "2 blocks with atoms (data_zif4, data_other)"),
    "no atoms": ("data_x\n_cell_length_a 1\n", "no atoms in the blocks x"),
    "not a CIF": ("nonsense\n", "unreadable as CIF: line 1"),
    "empty": ("\n", "an empty file"),
    "binary": ("data_x\0\n", "bytes that are not text"),
    "tag twice": (whole(more="_cell_length_a 14\n"), "the tag _cell_length_a twice"),
    "volume": (whole(more="_cell_volume 4000\n"), "_cell_volume 4000"),
    "no angle": (whole().replace("_cell_angle_beta 90.000000\n", ""), "_cell_angle_beta without a value"),
    "units": (whole(more="_chemical_formula_sum 'C6 H6 N4 Zn'\n_cell_formula_units_Z 8\n"), "C48H48N32Zn8 too many"),
    "other metal": (whole(more="_chemical_formula_sum 'C6 H6 Co N4'\n_cell_formula_units_Z 16\n"), "Co16 missing"),
    "hydrogen missing": (whole(more="_chemical_formula_sum 'C6 H8 N4 Zn'\n_cell_formula_units_Z 16\n"), "H32 missing"),
    "CIF 2.0": ("#\\#CIF_2.0\ndata_x\n_t '''a\nb'''\n" + whole(), "CIF 2.0"),
    "more atoms than allowed": (whole("", rows(everything() * 19)), "5168 atoms"),
    "two tables": (whole(atoms=rows(unit()) + "loop_\n_atom_site_occupancy\n1\n1\n"), "more than one table"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_wrong_cif_is_refused_with_what_was_found(case: str) -> None:
    text, words = REFUSED[case]
    with pytest.raises(StructureFault) as refused:
        read_cif(text.encode())
    assert words in refused.value.found
    assert refused.value.allowed
    assert refused.value.fix


def test_labels_of_a_stranger_reach_the_terminal_as_plain_text() -> None:
    with pytest.raises(StructureFault) as refused:
        read_cif(whole(atoms=extra("H\x1b[31m\u202e H ? ? ?\n")).encode())
    assert refused.value.found.isprintable()


def test_one_disorder_group_that_was_chosen_is_read() -> None:
    assert len(read_cif(whole(atoms=with_last(DISORDER, ["1", "1"])).encode())) == 272
