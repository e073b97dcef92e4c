"""POSCAR and extended XYZ as people have them: the right atoms, or refused with what was found."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from ase import Atoms

from aiida_zif.plugins.systems import load_system
from aiida_zif.plugins.systems.faults import StructureFault
from aiida_zif.plugins.systems.files.reading import read_structure_file


def framework() -> Atoms:
    """SALEM-2, sorted by element."""
    atoms = load_system("salem-2")
    return atoms[np.argsort(atoms.numbers, kind="stable")]


def written(kind: str, **options: bool) -> list[str]:
    """The lines of a file as ASE writes it."""
    stream = io.StringIO()
    framework().write(stream, format=kind, **options)
    return stream.getvalue().split("\n")


def poscar(symbols: str = "H C N Zn", first: str = "salem 2", scale: str = "1.0") -> list[str]:
    """The lines of a POSCAR in fractions."""
    lines = written("vasp", direct=True)
    return [first, scale, *lines[2:5], symbols, *lines[6:]]


def load(folder: Path, lines: list[str] | str, kind: str) -> Atoms:
    """Write and read a file."""
    file = folder / "structure"
    file.write_text(lines if isinstance(lines, str) else "\n".join(lines))
    return read_structure_file(file, kind)


VOLUME = f"-{framework().get_volume():.8f}"
POSCARS = {
    "fractions": poscar(),
    "Cartesian": written("vasp"),
    "negative scale, a volume": poscar(scale=VOLUME),
    "three scales": poscar(scale="1.0 1.0 1.0"),
    "potentials": poscar("H C_s N/1a2b3c Zn_pv"),
    "capitals": poscar("H C N ZN"),
    "deuterium": poscar("D C N Zn"),
    "symbols of VASP 4 on the first line": [*poscar(first="H C N Zn")[:5], *poscar()[6:]],
    "selective dynamics": [*poscar()[:7], "Selective dynamics", "Direct"] + [f"{r} T T F" for r in poscar()[8:110]],
    "velocities": [*poscar()[:110], "", *["0.0 0.0 0.0"] * 102],
    "Windows": [f"{line}\r" for line in poscar()],
}


@pytest.mark.parametrize("case", POSCARS)
def test_the_same_crystal_is_read_from_every_poscar(tmp_path: Path, case: str) -> None:
    found, truth = load(tmp_path, POSCARS[case], "vasp"), framework()
    assert list(found.symbols) == list(truth.symbols)
    assert np.allclose(found.cell[:], truth.cell[:], atol=1e-6)
    apart = found.get_scaled_positions() - truth.get_scaled_positions()
    assert np.abs(apart - np.rint(apart)).max() < 1e-6
    assert not found.constraints
    assert set(found.get_masses()[found.numbers == 1]) == {1.008}


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ([*poscar()[:5], *poscar()[6:]], "no chemical symbols (the format of VASP 4)"),
        (poscar("H C N Xx"), "('Xx')"),
        (poscar("H C N"), "3 symbols and 4 numbers"),
        (poscar(scale="0"), "the scale '0'"),
        ([*poscar()[:110], "0.1 0.2 0.3"], "more rows than the 102 atoms announced"),
        ([*poscar()[:100], *[""] * 20], "102 atoms announced, 92 rows"),
        ([*poscar()[:110], "Direct configuration= 2", *poscar()[8:110]], "more than one frame"),
        ([*poscar()[:8], *[f"{row} Zn" for row in poscar()[8:110]]], "row 1 of the coordinates, which is named Zn"),
        (["x"], "1 lines"),
    ],
)
def test_a_wrong_poscar_is_refused(tmp_path: Path, lines: list[str], words: str) -> None:
    with pytest.raises(StructureFault) as refused:
        load(tmp_path, lines, "vasp")
    assert words in refused.value.found


def xyz() -> list[str]:
    """The lines of an extended XYZ file; the third is that of a hydrogen."""
    return written("extxyz")


def with_column(name: str, values: list[str]) -> list[str]:
    """The file with one more column behind the species."""
    count, comment, *rows = xyz()
    rows = [f"{row.split()[0]} {value} {' '.join(row.split()[1:])}" for row, value in zip(rows, values, strict=False)]
    return [count, comment.replace("species:S:1", f"species:S:1:{name}"), *rows]


def heavy() -> list[str]:
    """The file with masses, deuterium's for hydrogen."""
    return with_column("masses:R:1", ["2.014" if symbol == "H" else "1" for symbol in framework().symbols])


@pytest.mark.parametrize(
    ("lines", "note"),
    [
        (xyz(), None),
        ([line.replace("Zn ", "ZN ") for line in xyz()], None),
        ([f"D{line[1:]}" if line.startswith("H ") else line for line in xyz()], "36 × D"),
        (with_column("Z:I:1", [str(number) for number in framework().numbers]), None),
        (with_column("move_mask:L:1", ["F"] * 102), "fixed atoms are not used"),
        (heavy(), "masses of the file are not used"),
    ],
)
def test_the_same_crystal_is_read_from_every_xyz_file(tmp_path: Path, lines: list[str], note: str | None) -> None:
    found, truth = load(tmp_path, lines, "extxyz"), framework()
    assert list(found.symbols) == list(truth.symbols)
    assert np.allclose(found.positions, truth.positions, atol=1e-7)
    assert set(found.get_masses()[found.numbers == 1]) == {1.008}
    assert not found.constraints
    assert [note in text for text in found.info["notes"]] == ([True] if note else [])


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ([*xyz()[:-1], *xyz()], "2 frames"),
        ([*xyz()[:4], f"{xyz()[4]} 9", *xyz()[5:]], "row 3 of the atoms with 5 values for 4 columns"),
        ([*xyz()[:4], "H 0 0", *xyz()[5:]], "row 3 of the atoms with 3 values for 4 columns"),
        ([*xyz()[:4], "X 0 0 0", *xyz()[5:]], "dummy atoms or groups ('X')"),
        ([*xyz()[:4], "1 0 0 0", *xyz()[5:]], "('1')"),
        (with_column("Z:I:1", ["6"] * 102), "row 1 of the atoms with the element H and the atomic number 6"),
        ("", "an empty file"),
        ("\ufeff" + "\n".join(xyz()), "a byte order mark"),
    ],
)
def test_a_wrong_xyz_file_is_refused(tmp_path: Path, lines: list[str] | str, words: str) -> None:
    with pytest.raises(StructureFault) as refused:
        load(tmp_path, lines, "extxyz")
    assert words in refused.value.found
