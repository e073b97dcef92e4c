"""The comment line of extended XYZ: what is read as meant, and what is refused by its name."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from foreign_files import CELL, PROPERTIES, read_text, refused, taken, text_of

from aiida_zif.plugins.data.labelled_frame import FormatError


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ("energy=-1 energy=-2", "energy: '-1' and '-2' found; allowed is one entry of a name"),
        ("energy", "energy: no value found"),
        ("energy=", "energy: no value found"),
        ("energy=abc", "energy: 'abc' found; allowed are numbers"),
        ('energy="-1 -2"', "energy: '-1 -2' found; allowed is one number"),
        ('energy="-1 eV"', "energy: 'eV' found"),
        ("energy=-1,5", "energy: '-1,5' found"),
        ("energy=T", "energy: 'T' found"),
        ("energy=-1_0", "energy: '-1_0' found"),
        ("energy=-1 stress=abc", "stress: 'abc' found"),
        ("energy=-1 stress=0.1", "stress: '0.1' found; allowed is 6 numbers or 9 numbers"),
        ('energy=-1 virial="1 2 3"', "virial: '1 2 3' found"),
        ("energy=-1 stress", "stress: no value found"),
        ("energy=-1 pbc=maybe", "pbc: 'maybe' found; allowed are T and F"),
        ('energy=-1 lattice="9 0 0 0 9 0 0 0 9"', "Lattice, Properties or pbc: two of one found"),
        ("energy=-1 note=[1", "a ']' is missing"),
        ('energy=-1 virial="1 2 3 0.1 0.2 0.3"', "virial: six numbers found"),
    ],
)
def test_an_entry_that_is_not_what_it_should_be_is_refused_by_its_name(
    tmp_path: Path, entries: str, message: str
) -> None:
    with pytest.raises(FormatError, match=rf"foreign\.extxyz: frame 0: {message}".replace("(", r"\(")) as caught:
        read_text(tmp_path, text_of(entries))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "entries",
    ["energy=-430.0", "energy = -430.0", "energy=-4.30D+02", "energy=-4.3e2", 'energy="-430"', "energy={-430}",
     "energy=-430 energy=-430", "note='it is' energy=-430", 'name="a \\"b\\" = c" energy=-430'],
)  # fmt: skip
def test_every_way_of_writing_a_number_is_that_number(tmp_path: Path, entries: str) -> None:
    assert taken(tmp_path, text_of(entries)).energy == -430.0


@pytest.mark.parametrize("energy", ["nan", "NaN", "inf", "-Infinity"])
def test_an_energy_that_is_no_number_reaches_the_gates(tmp_path: Path, energy: str) -> None:
    assert not np.isfinite(taken(tmp_path, text_of(f"energy={energy}")).energy)


@pytest.mark.parametrize("pbc", ['"T T T"', "[T, T, T]", "T", '"1 1 1"', '"True True True"'])
def test_periodic_boundaries_are_read_in_every_spelling(tmp_path: Path, pbc: str) -> None:
    assert taken(tmp_path, text_of(f"energy=-1 pbc={pbc}")).energy == -1.0


@pytest.mark.parametrize("pbc", ['"T T F"', '"F F F"', "[F,F,F]", '"1 1 0"'])
def test_a_frame_that_is_not_periodic_is_refused(tmp_path: Path, pbc: str) -> None:
    assert refused(tmp_path, text_of(f"energy=-1 pbc={pbc}")).reason == "not_periodic"


@pytest.mark.parametrize(
    "tensor", ['"1 2 3 2 4 5 3 5 6"', "[[1,2,3],[2,4,5],[3,5,6]]", "{1 2 3 2 4 5 3 5 6}", '"1 4 6 5 3 2"',
               '"_JSON [[1, 2, 3], [2, 4, 5], [3, 5, 6]]"'],
)  # fmt: skip
def test_a_stress_is_read_in_every_spelling(tmp_path: Path, tensor: str) -> None:
    frame = taken(tmp_path, text_of(f"energy=-1 stress={tensor}"))
    assert frame.virial == pytest.approx(-216.0 * np.array([[1.0, 2, 3], [2, 4, 5], [3, 5, 6]]))


def test_a_tensor_that_is_not_symmetric_is_passed_on_as_it_stands(tmp_path: Path) -> None:
    for name, factor in (("stress", -216.0), ("virial", 1.0)):
        frame = taken(tmp_path, text_of(f'energy=-1 {name}="1 2 3 4 5 6 7 8 9"'))
        assert frame.virial == pytest.approx(factor * np.arange(1.0, 10.0).reshape(3, 3))


def test_names_of_the_structure_may_be_in_small_letters(tmp_path: Path) -> None:
    text = text_of("energy=-1").replace(CELL, CELL.lower()).replace(PROPERTIES, PROPERTIES.lower())
    assert taken(tmp_path, text).forces[0].tolist() == [0.11, 0.02, -0.03]


def test_line_ends_of_windows_and_a_byte_order_mark_change_nothing(tmp_path: Path) -> None:
    text = text_of("energy=-1")
    assert taken(tmp_path, "\ufeff" + text.replace("\n", "\r\n")).energy == taken(tmp_path, text).energy


def test_what_is_not_taken_is_named(tmp_path: Path) -> None:
    text = text_of("energy=-1 config_type=bulk dipole=\"0 0 0\" flag", properties=PROPERTIES + ":tags:I:1",
                   atoms=("H 0.9 2 2 0.1 0 0 1", "C 2 2 2 -0.1 0 0 2"))  # fmt: skip
    assert taken(tmp_path, text).not_taken == ("config_type", "dipole", "flag", "column tags")
