"""Which files of a path come in, and which never do."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from aiida_zif.plugins.data.labelled_frame import FormatError, LabelledFrame
from aiida_zif.plugins.imports import formats as import_formats
from aiida_zif.plugins.imports.extxyz.file import write_frame
from aiida_zif.plugins.imports.formats import find_source

Frame = Callable[..., LabelledFrame]


def test_every_system_below_a_folder_is_found_and_read(deepmd: Path, frame: Frame) -> None:
    shutil.copytree(deepmd, deepmd.parent / "more" / "deep")
    source = find_source(deepmd.parent)
    frames = list(source.frames())
    assert (source.kind, len(source.files)) == ("deepmd", 14)
    assert [one.place for one in frames] == ["argon:0", "argon:1", "more/deep:0", "more/deep:1"]
    np.testing.assert_array_equal(frames[1].forces, frame(1).forces)
    np.testing.assert_array_equal(frames[1].virial, frame(1).virial)
    assert frames[1].symbols == frame(1).symbols


def test_several_sets_are_read_in_order(deepmd: Path) -> None:
    shutil.copytree(deepmd / "set.000", deepmd / "set.001")
    assert len(list(find_source(deepmd).frames())) == 4


def test_the_checksum_is_that_of_what_is_read_wherever_it_lies(deepmd: Path, tmp_path: Path) -> None:
    before = find_source(deepmd).checksum
    shutil.copytree(deepmd, tmp_path / "copy")
    (tmp_path / "copy" / "notes.txt").write_text("mine")
    assert find_source(tmp_path / "copy").checksum == before
    array = np.load(deepmd / "set.000" / "energy.npy")
    np.save(deepmd / "set.000" / "energy.npy", array + 1e-9)
    assert find_source(deepmd).checksum != before


def test_the_name_of_an_extxyz_file_does_not_change_its_checksum(frame: Frame, tmp_path: Path) -> None:
    for name in ("a.extxyz", "b.xyz"):
        with (tmp_path / name).open("w") as stream:
            write_frame(stream, frame(), {})
    assert find_source(tmp_path / "a.extxyz").checksum == find_source(tmp_path / "b.xyz").checksum


@pytest.mark.parametrize("where", ["set.000/energy.npy", "set.001"])
def test_a_link_is_refused_whatever_it_points_to(deepmd: Path, tmp_path: Path, where: str) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    link = deepmd / where
    link.unlink(missing_ok=True)
    link.symlink_to(outside)
    with pytest.raises(FormatError, match="symbolic link"):
        find_source(deepmd)


@pytest.mark.parametrize(
    ("name", "message"), [("nopbc", "not periodic"), ("type_map.raw", "type_map"), ("set.000", "deepmd/raw")]
)
def test_a_system_that_cannot_be_read_frame_by_frame_is_refused(deepmd: Path, name: str, message: str) -> None:
    if name == "nopbc":
        (deepmd / name).touch()
    elif name == "set.000":
        shutil.rmtree(deepmd / name)
    else:
        (deepmd / name).unlink()
    with pytest.raises(FormatError, match=message):
        find_source(deepmd)


def test_pickled_objects_are_not_loaded(deepmd: Path, tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> tuple[object, ...]:
            return Path.touch, (tmp_path / "sprung",)

    np.save(deepmd / "set.000" / "energy.npy", np.array([Trap(), Trap()], dtype=object), allow_pickle=True)
    with pytest.raises(FormatError, match=r"energy|object"):
        list(find_source(deepmd).frames())
    assert not (tmp_path / "sprung").exists()


def test_a_zip_archive_in_the_place_of_an_array_is_refused(deepmd: Path) -> None:
    with (deepmd / "set.000" / "energy.npy").open("wb") as stream:
        np.savez(stream, energy=np.zeros(2))
    with pytest.raises(FormatError, match="not a plain array"):
        list(find_source(deepmd).frames())


def test_a_header_that_asks_for_more_memory_than_the_file_is_large_is_refused(deepmd: Path) -> None:
    path = deepmd / "set.000" / "energy.npy"
    header = "{'descr': '<f8', 'fortran_order': False, 'shape': (100000000000,), }".ljust(117) + "\n"
    path.write_bytes(b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header.encode() + b"\0" * 16)
    with pytest.raises(FormatError, match="not complete"):
        list(find_source(deepmd).frames())


@pytest.mark.parametrize(
    ("name", "array"), [("force", np.zeros((2, 9))), ("energy", np.zeros(3)), ("box", np.zeros((2, 3)))]
)
def test_arrays_that_do_not_fit_together_are_refused(deepmd: Path, name: str, array: np.ndarray) -> None:
    np.save(deepmd / "set.000" / f"{name}.npy", array)
    with pytest.raises(FormatError, match="layout"):
        list(find_source(deepmd).frames())


def test_a_type_that_the_map_does_not_have_is_refused(deepmd: Path) -> None:
    (deepmd / "type.raw").write_text("0\n0\n0\n7\n")
    with pytest.raises(FormatError, match="layout"):
        list(find_source(deepmd).frames())


@pytest.mark.parametrize("name", ["data.zip", "data.tar.gz", "OUTCAR", "vasprun.xml"])
def test_archives_and_other_formats_are_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"PK")
    with pytest.raises(FormatError, match="Unpack archives"):
        find_source(tmp_path / name)


def test_an_empty_or_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match=r"type\.raw"):
        find_source(tmp_path)
    with pytest.raises(FormatError, match="no such file"):
        find_source(tmp_path / "nowhere")


def test_more_than_fits_is_refused_before_it_is_read(deepmd: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_formats, "LARGEST", 100)
    with pytest.raises(FormatError, match="Import it in parts"):
        find_source(deepmd)
