"""Columns of extended XYZ: elements, their numbers, forces, and atoms that were held fixed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from foreign_files import read_text, refused, taken, text_of

from aiida_zif.plugins.data.labelled_frame import FormatError

START = "Properties=species:S:1:pos:R:3:"


def two(columns: str, first: str, second: str) -> str:
    """A frame of two atoms with these columns after species and positions."""
    return text_of("energy=-1", (f"H 0.934 2 2 {first}", f"C 2 2 2 {second}"), START + columns)


def three(columns: str, forces: Sequence[str], marks: Sequence[str]) -> str:
    """A frame of three atoms with forces and a mark each."""
    places = ("H 0.934 2 2", "C 2 2 2", "N 3.156 2 2")
    atoms = [" ".join(parts) for parts in zip(places, forces, marks, strict=True)]
    return text_of("energy=-1", atoms, f"{START}forces:R:3:{columns}")


def test_forces_may_be_called_force(tmp_path: Path) -> None:
    frame = taken(tmp_path, two("force:R:3", "0.1 0 0", "-0.1 0 0"))
    assert (frame.taken[1], frame.forces[0].tolist()) == ("forces from force in eV/Å", [0.1, 0.0, 0.0])


@pytest.mark.parametrize(
    ("properties", "first", "second"),
    [
        ("pos:R:3:forces:R:3:species:S:1", "0.934 2 2 0.1 0 0 H", "2 2 2 -0.1 0 0 C"),
        ("Z:I:1:pos:R:3:forces:R:3", "1 0.934 2 2 0.1 0 0", "6 2 2 2 -0.1 0 0"),
        ("species:S:1:pos:R:3:Z:I:1:forces:R:3", "H 0.934 2 2 1 0.1 0 0", "C 2 2 2 6 -0.1 0 0"),
        ("numbers:I:1:positions:R:3:forces:R:3", "1 0.934 2 2 0.1 0 0", "6 2 2 2 -0.1 0 0"),
        ("species:S:1:pos:R:3:n_neighb:I:1:force:R:3", "h 0.934 2 2 4 .1 0 0", "C 2 2 2 4 -.1 0 0"),
        ("species:S:1:pos:R:3:forces:R:3", "H 0.934D0 2 2 1.0D-1 0 0", "C 2 2 2 -1.0d-01 0 0"),
    ],
)  # fmt: skip
def test_columns_are_found_by_their_names_in_any_order(
    tmp_path: Path, properties: str, first: str, second: str
) -> None:
    frame = taken(tmp_path, text_of("energy=-1", (first, second), f"Properties={properties}"))
    assert frame.symbols == ("H", "C")
    assert frame.positions.tolist() == [[0.934, 2.0, 2.0], [2.0, 2.0, 2.0]]
    assert frame.forces.tolist() == [[0.1, 0.0, 0.0], [-0.1, 0.0, 0.0]]


def test_atomic_numbers_that_contradict_the_elements_are_refused(tmp_path: Path) -> None:
    found = refused(tmp_path, two("Z:I:1:forces:R:3", "1 0.1 0 0", "7 -0.1 0 0"))
    assert (found.reason, found.detail) == ("species_and_numbers_differ", "atom 2 is C and N (species and Z)")


@pytest.mark.parametrize(
    ("properties", "first", "message"),
    [
        ("species:S:1:pos:R:3:forces:R:3", "D 0.934 2 2 0.1 0 0", "'D' found.*Write H"),
        ("species:S:1:pos:R:3:forces:R:3", "H1 0.934 2 2 0.1 0 0", "'H1' found; allowed are symbols of elements"),
        ("species:S:1:pos:R:3:forces:R:3", "1 0.934 2 2 0.1 0 0", "'1' found; allowed are symbols of elements"),
        ("species:I:1:pos:R:3:forces:R:3", "1 0.934 2 2 0.1 0 0", "species: columns species:I"),
        ("Z:I:1:pos:R:3:forces:R:3", "0 0.934 2 2 0.1 0 0", "Z: 0 found; allowed are atomic numbers"),
        ("Z:I:1:pos:R:3:forces:R:3", "1.5 0.934 2 2 0.1 0 0", r"Z: 1\.5 found; allowed are atomic numbers"),
        ("Z:I:1:pos:R:3:forces:R:3", "nan 0.934 2 2 0.1 0 0", "Z: nan found; allowed are atomic numbers"),
        ("species:S:1:pos:R:3:forces:R:3", "H 0.934 2 2 0.1 0 0 9", "7 columns announced, 8 found"),
        ("species:S:1:pos:R:3:forces:R:3", "H 0.934 2 2 **** 0 0", r"forces: '\*\*\*\*' found"),
        ("species:S:1:pos:R:3:forces:R:2", "H 0.934 2 2 0.1 0", "2 columns of kind R found; allowed is forces:R:3"),
        ("species:S:1:pos:R:3:forces:S:3", "H 0.934 2 2 a b c", "3 columns of kind S found"),
        ("species:S:1:frac:R:3:forces:R:3", "H 0.1 0.2 0.2 0.1 0 0", "pos: no column found"),
        ("species:S:1:pos:R:3:pos:R:3", "H 0.934 2 2 0.1 0 0", "column pos found twice"),
        ("species:S:1:pos:R", "H 0.934 2 2", "allowed is NAME:KIND:COUNT"),
    ],
)
def test_a_column_that_is_not_what_it_should_be_is_refused_by_its_name(
    tmp_path: Path, properties: str, first: str, message: str
) -> None:
    with pytest.raises(FormatError, match=message):
        read_text(tmp_path, text_of("energy=-1", (first,), f"Properties={properties}"))


FIXED = ("0 0 0", "0.2 0.1 0.1", "-0.2 -0.1 -0.1")
FREE = ("0.1 0.2 0.3", "-0.1 -0.1 -0.1", "0 -0.1 -0.2")


@pytest.mark.parametrize(
    ("column", "marks"),
    [
        ("move_mask:L:1", ("F", "T", "T")), ("move_mask:L:3", ("F F F", "T T T", "T T T")),
        ("move_mask:L:3", ("T T F", "T T T", "T T T")), ("fixed:L:1", ("T", "F", "F")), ("fixed:I:1", ("1", "0", "0")),
        ("frozen:L:1", ("True", "False", "False")), ("selective_dynamics:L:3", ("F F F", "T T T", "T T T")),
        ("constraints:S:1", ("FixAtoms", "none", "none")),
    ],
)  # fmt: skip
def test_zero_forces_on_atoms_that_were_held_fixed_are_refused(
    tmp_path: Path, column: str, marks: tuple[str, str, str]
) -> None:
    found = refused(tmp_path, three(column, FIXED, marks))
    assert found.reason == "fixed_atoms"
    assert column.split(":")[0] in found.detail
    frame = taken(tmp_path, three(column, FREE, marks))
    assert frame.forces[0].tolist() == [0.1, 0.2, 0.3]
    assert frame.not_taken == (f"column {column.split(':')[0]}",)


def test_zero_forces_are_taken_where_the_file_says_that_every_atom_moves(tmp_path: Path) -> None:
    assert taken(tmp_path, three("move_mask:L:1", FIXED, ("T", "T", "T"))).energy == -1.0


def test_a_list_of_fixed_atoms_counts_too(tmp_path: Path) -> None:
    text = three("tags:I:1", FIXED, ("0", "0", "0")).replace("energy=-1", 'energy=-1 fixed_atoms="0"')
    assert refused(tmp_path, text).reason == "fixed_atoms"


def test_forces_that_were_zeroed_do_not_add_up_and_are_refused(tmp_path: Path) -> None:
    found = refused(tmp_path, three("tags:I:1", ("0 0 0", "0.2 0 0", "-0.1 0 0"), ("0", "0", "0")))
    assert (found.reason, "1 of 3 atoms" in found.detail) == ("forces_zeroed", True)


def test_an_atom_at_a_centre_of_symmetry_has_no_force_and_is_no_fixed_one(tmp_path: Path) -> None:
    frame = taken(tmp_path, three("tags:I:1", ("0.2 0 0", "0 0 0", "-0.2 0 0"), ("0", "0", "0")))
    np.testing.assert_array_equal(frame.forces[1], 0.0)
