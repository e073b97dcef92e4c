"""What extended XYZ from here and from elsewhere says, in our units and signs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from argon_crystal import argon, virial_by_differences

from aiida_zif.plugins.data.frame_id import frame_ids
from aiida_zif.plugins.data.labelled_frame import FormatError, LabelledFrame, Refused
from aiida_zif.plugins.imports.extxyz.file import read_extxyz, write_frame

Frame = Callable[..., LabelledFrame]


def written(path: Path, *frames: LabelledFrame, **info: Any) -> Path:
    with path.open("w") as stream:
        for frame in frames:
            write_frame(stream, frame, info)
    return path


def read(path: Path) -> list[Any]:
    return list(read_extxyz(path, path.name))


def test_what_is_written_is_read_back_to_the_last_digit(frame: Frame, tmp_path: Path) -> None:
    frames = [frame(seed) for seed in range(3)]
    path = written(tmp_path / "all.extxyz", *frames, system="", note='a "b" = c', frame_id="0123456789012345")
    for one, again in zip(frames, read(path), strict=True):
        assert frame_ids(one.symbols, [one.positions], [one.cell]) == frame_ids(
            again.symbols, [again.positions], [again.cell]
        )
        assert again.energy == one.energy
        np.testing.assert_array_equal(again.forces, one.forces)
        np.testing.assert_allclose(again.virial, one.virial, rtol=1e-12, atol=1e-14)


def test_the_stress_that_ase_writes_becomes_the_virial_of_finite_differences(tmp_path: Path) -> None:
    from ase.io import write

    atoms = argon(5)
    atoms.get_potential_energy(), atoms.get_stress()
    write(tmp_path / "ase.extxyz", atoms)
    (again,) = read(tmp_path / "ase.extxyz")
    np.testing.assert_allclose(again.virial, virial_by_differences(5), atol=1e-6)
    assert np.abs(again.virial).max() > 0.01


def test_our_own_file_is_read_by_ase_with_its_sign_of_the_stress(frame: Frame, tmp_path: Path) -> None:
    from ase.io import read as ase_read

    atoms = ase_read(written(tmp_path / "own.extxyz", frame(2)))
    np.testing.assert_allclose(-atoms.get_stress(voigt=False) * atoms.get_volume(), virial_by_differences(2), atol=1e-6)


def test_a_virial_alone_is_taken_as_it_is(frame: Frame, tmp_path: Path) -> None:
    one = frame(1)
    path = written(tmp_path / "stress.extxyz", frame(1, virial=None))
    numbers = " ".join(map(repr, one.virial.ravel().tolist()))
    path.write_text(path.read_text().replace(" energy=", f' virial="{numbers}" energy='))
    np.testing.assert_allclose(read(path)[0].virial, one.virial)


def test_stress_and_virial_that_do_not_agree_are_refused(frame: Frame, tmp_path: Path) -> None:
    one = frame(1)
    path = written(tmp_path / "both.extxyz", one)
    numbers = " ".join(map(repr, (-one.virial).ravel().tolist()))
    path.write_text(path.read_text().replace(" energy=", f' virial="{numbers}" energy='))
    (refused,) = read(path)
    assert isinstance(refused, Refused)
    assert refused.reason == "stress_and_virial_differ"


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (" energy=", " dft_energy=", "no_energy"),
        ("forces:R:3", "velo:R:3", "no_forces"),
        ('pbc="T T T"', 'pbc="T T F"', "not_periodic"),
    ],
)
def test_a_frame_that_lacks_something_is_named_with_it(
    frame: Frame, tmp_path: Path, old: str, new: str, reason: str
) -> None:
    path = written(tmp_path / "lacks.extxyz", frame())
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    (refused,) = read(path)
    assert (refused.reason, refused.place) == (reason, "lacks.extxyz:0")


@pytest.mark.parametrize("text", ["", "hello\nworld\n", "3\nLattice=\n", "2\n\nAr 0 0 0\n"])
def test_what_is_no_extended_xyz_is_refused_with_a_way_out(tmp_path: Path, text: str) -> None:
    path = tmp_path / "wrong.xyz"
    path.write_text(text)
    with pytest.raises(FormatError, match=r"wrong\.xyz"):
        read(path)


def test_a_file_that_ends_in_the_middle_of_a_frame_is_refused(frame: Frame, tmp_path: Path) -> None:
    path = written(tmp_path / "cut.extxyz", frame(0), frame(1))
    path.write_text(path.read_text()[:-150])
    with pytest.raises(FormatError, match="frame"):
        read(path)
