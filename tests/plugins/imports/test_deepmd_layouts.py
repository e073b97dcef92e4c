"""Folders in the layout deepmd/npy as people have them: sets that differ, mixed type, DP-GEN runs, other arrays."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from aiida_zif.plugins.data.labelled_frame import FormatError, LabelledFrame, Refused
from aiida_zif.plugins.imports.formats import Source, find_source
from aiida_zif.plugins.imports.gates import grouped, sort_frames
from aiida_zif.plugins.imports.reading import Reading

Write = Callable[..., Path]

TYPE_MAP = ("H", "C", "N", "Zn")


def arrays_of(seed: int, n_frames: int, n_atoms: int) -> dict[str, np.ndarray]:
    """Arrays of one set, all numbers different."""
    rng = np.random.default_rng(seed)
    force = rng.normal(size=(n_frames, n_atoms, 3))
    lattice = np.arange(n_atoms)[:, None] * np.array([2.5, 0.1, 0.2]) + 1.0
    return {
        "coord": (lattice + 0.05 * rng.normal(size=(n_frames, n_atoms, 3))).reshape(n_frames, -1),
        "box": np.tile(np.diag([12.0, 6.0, 6.0]).ravel(), (n_frames, 1)),
        "energy": rng.normal(size=n_frames) - 400.0,
        "force": (force - force.mean(axis=1, keepdims=True)).reshape(n_frames, -1),
        "virial": np.tile(np.eye(3).ravel(), (n_frames, 1)) * rng.normal(size=(n_frames, 1)),
    }


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a system: its sets, as dictionaries of arrays, its types and its type map."""

    def system(
        sets: Sequence[dict[str, np.ndarray]], name: str = "data", types: str = "0 1 2", type_map: str = "H C N Zn"
    ) -> Path:
        for index, arrays in enumerate(sets):
            folder = tmp_path / name / f"set.{index:03d}"
            folder.mkdir(parents=True)
            for array, values in arrays.items():
                np.save(folder / f"{array}.npy", values)
        (tmp_path / name / "type.raw").write_text(types)
        (tmp_path / name / "type_map.raw").write_text(type_map)
        return tmp_path / name

    return system


def frames_of(path: Path) -> list[LabelledFrame]:
    """The frames of a folder, all of which must be labels."""
    frames: list[LabelledFrame] = []
    for frame in find_source(path).frames():
        assert isinstance(frame, LabelledFrame), frame
        frames.append(frame)
    return frames


def without(arrays: dict[str, np.ndarray], *names: str) -> dict[str, np.ndarray]:
    return {name: array for name, array in arrays.items() if name not in names}


@pytest.mark.parametrize("name", ["energy", "force", "box", "coord", "virial"])
def test_a_set_whose_files_hold_other_numbers_of_frames_is_refused_by_its_name(write: Write, name: str) -> None:
    one, two = arrays_of(0, 3, 3), arrays_of(1, 3, 3)
    moved = {"set.000": one[name][:2], "set.001": np.concatenate([one[name][2:], two[name]])}  # in all as many
    path = write([{**one, name: moved["set.000"]}, {**two, name: moved["set.001"]}])
    with pytest.raises(FormatError, match=rf"set\.000: not the same number.*2 in {name}\.npy") as caught:
        frames_of(path)
    assert "3 in" in str(caught.value)


def test_virials_of_some_sets_are_kept_for_the_frames_that_have_them(write: Write) -> None:
    sets = [arrays_of(0, 2, 3), without(arrays_of(1, 3, 3), "virial"), arrays_of(2, 1, 3)]
    frames = frames_of(write(sets))
    assert [frame.virial is not None for frame in frames] == [True, True, False, False, False, True]
    np.testing.assert_array_equal(frames[5].virial, sets[2]["virial"].reshape(3, 3))
    np.testing.assert_array_equal(frames[3].forces, sets[1]["force"][1].reshape(3, 3))
    assert [[frame.place for frame in group] for group in grouped(sort_frames(frames)[0])] == [
        ["frame:0", "frame:1", "frame:5"], ["frame:2", "frame:3", "frame:4"],
    ]  # fmt: skip


def test_frames_of_mixed_type_have_the_atoms_of_their_own(write: Write) -> None:
    arrays = arrays_of(3, 3, 4)
    arrays["real_atom_types"] = np.array([[0, 1, 2, -1], [3, 1, -1, 0], [2, 2, 1, 0]])
    frames = frames_of(write([arrays], types="0 0 0 0"))
    assert [frame.symbols for frame in frames] == [("H", "C", "N"), ("Zn", "C", "H"), ("N", "N", "C", "H")]
    np.testing.assert_array_equal(frames[1].positions, arrays["coord"][1].reshape(4, 3)[[0, 1, 3]])
    np.testing.assert_array_equal(frames[1].forces, arrays["force"][1].reshape(4, 3)[[0, 1, 3]])
    np.testing.assert_array_equal([frame.energy for frame in frames], arrays["energy"])


@pytest.mark.parametrize("types", [[[0, 1, 7]], [[-2, 1, 0]], [[-1, -1, -1]], [[0.5, 1, 2]], [[0, 1, np.nan]]])
def test_a_mixed_frame_of_types_that_are_none_is_refused(write: Write, types: object) -> None:
    path = write([{**arrays_of(3, 1, 3), "real_atom_types": np.array(types)}], types="0 0 0")
    with pytest.raises(FormatError, match=r"real_atom_types\.npy needs an atom, and types from -1 to 3"):
        frames_of(path)


def test_a_system_is_of_mixed_type_in_all_its_sets_or_in_none(write: Write) -> None:
    path = write([{**arrays_of(3, 1, 3), "real_atom_types": np.array([[0, 1, 2]])}, arrays_of(4, 1, 3)])
    with pytest.raises(FormatError, match=r"real_atom_types\.npy in set\.000 only"):
        find_source(path)


def test_single_precision_is_read_as_it_stands(write: Write) -> None:
    arrays = {name: array.astype(np.float32) for name, array in arrays_of(5, 2, 3).items()}
    frames = frames_of(write([arrays]))
    assert [frame.energy for frame in frames] == arrays["energy"].astype(float).tolist()
    np.testing.assert_array_equal(frames[1].positions.ravel(), arrays["coord"][1].astype(float))


def test_the_order_in_memory_and_the_shape_of_an_array_change_nothing(write: Write) -> None:
    arrays = arrays_of(6, 2, 3)
    other = {
        "coord": np.asfortranarray(arrays["coord"].reshape(2, 3, 3)), "box": np.asfortranarray(arrays["box"]),
        "energy": arrays["energy"].reshape(2, 1), "force": arrays["force"].astype(">f8"),
        "virial": arrays["virial"].reshape(2, 3, 3),
    }  # fmt: skip
    for one, again in zip(frames_of(write([arrays])), frames_of(write([other], name="other")), strict=True):
        np.testing.assert_array_equal(one.positions, again.positions)
        np.testing.assert_array_equal(one.forces, again.forces)
        assert one.energy == again.energy


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("energy", lambda a: a.astype(np.float16), "float16 found, too coarse"),
        ("force", lambda a: a.astype(int), "int64 found, too coarse"),
        ("energy", lambda a: a.astype(complex), "not a plain array of numbers"),
        ("energy", lambda a: a.astype(str), "not a plain array of numbers"),
        ("force", lambda a: a[:, :6], r"shape \(2, 6\) does not divide into frames of \(3, 3\)"),
        ("force", lambda a: np.tile(a, (3, 1))[:, :6][:3], r"shape \(3, 6\) does not divide"),
        ("box", lambda a: a[:, :3], r"shape \(2, 3\) does not divide"),
        ("coord", lambda a: np.hstack([a, a]), r"shape \(2, 18\) does not divide"),
    ],
)
def test_an_array_of_the_wrong_kind_or_width_is_refused_by_its_name(
    write: Write, name: str, change: Callable[[np.ndarray], np.ndarray], message: str
) -> None:
    arrays = arrays_of(7, 2, 3)
    with pytest.raises(FormatError, match=rf"set\.000/{name}\.npy: {message}"):
        frames_of(write([{**arrays, name: change(arrays[name])}]))


@pytest.mark.parametrize("name", ["energy", "force", "coord", "box"])
def test_a_set_without_a_file_that_every_set_needs_is_refused(write: Write, name: str) -> None:
    with pytest.raises(FormatError, match=rf"set\.000/{name}\.npy: no such file; every set needs coord, box, energy"):
        frames_of(write([without(arrays_of(8, 2, 3), name)]))


@pytest.mark.parametrize(
    ("types", "message"),
    [
        ("0.0 1.0 2.0", "type.raw has '0.0'"),
        ("H C N", "type.raw has 'H'"),
        ("0 1 9", "types from 0 to 3"),
        ("", "an atom"),
    ],
)
def test_types_that_are_none_are_refused(write: Write, types: str, message: str) -> None:
    with pytest.raises(FormatError, match=message):
        frames_of(write([arrays_of(9, 1, 3)], types=types))


def test_two_types_of_one_element_are_that_element(write: Write) -> None:
    (frame,) = frames_of(write([arrays_of(9, 1, 3)], type_map="H C C"))
    assert frame.symbols == ("H", "C", "C")


def test_what_is_not_read_is_listed_with_its_number_of_folders(write: Write) -> None:
    arrays = {**arrays_of(10, 1, 3), "atom_ener": np.zeros((1, 3)), "fparam": np.ones((1, 2))}
    path = write([arrays, arrays])
    (path / "energy.raw").write_text("-1\n")
    assert find_source(path).left_out == {"atom_ener.npy": 2, "fparam.npy": 2, "energy.raw": 1}


@pytest.mark.parametrize("name", ["spin", "force_mag"])
def test_energies_of_spins_are_refused(write: Write, name: str) -> None:
    with pytest.raises(FormatError, match=rf"{name}\.npy: spins found"):
        find_source(write([{**arrays_of(11, 1, 3), name: np.zeros((1, 9))}]))


@pytest.mark.parametrize("name", ["fparam", "aparam", "charge_spin"])
def test_energies_that_depend_on_a_parameter_are_refused_if_it_changes(write: Write, name: str) -> None:
    sets = [{**arrays_of(12, 2, 3), name: np.array([[300.0], [300.0]])}]
    assert len(frames_of(write(sets))) == 2
    with pytest.raises(FormatError, match=rf"{name}\.npy: other values in other frames"):
        find_source(write([{**sets[0], name: np.array([[300.0], [900.0]])}], name="changes"))


def test_forces_of_fixed_atoms_are_refused_here_too(write: Write) -> None:
    arrays = arrays_of(13, 2, 3)
    arrays["force"][0, :3] = 0.0  # the others do not add up to zero any more
    first, second = find_source(write([arrays])).frames()
    assert isinstance(first, Refused)
    assert first.reason == "forces_zeroed"
    assert isinstance(second, LabelledFrame)


@pytest.fixture
def run(write: Write, tmp_path: Path) -> Path:
    """A run of DP-GEN: two iterations, links to their data, to models and to initial data, and jobs with links."""
    for index in (0, 1):
        write([arrays_of(20 + index, 2, 3)], name=f"run/iter.00000{index}/02.fp/data.000")
        (tmp_path / f"run/iter.00000{index}/02.fp/task.000.000000").mkdir()
        (tmp_path / f"run/iter.00000{index}/02.fp/task.000.000000/POTCAR").symlink_to("../../POTCAR")
    train = tmp_path / "run" / "iter.000001" / "00.train"
    (train / "data.iters").mkdir(parents=True)
    (train / "data.iters" / "iter.000000").symlink_to("../../../iter.000000")
    (train / "data.init").symlink_to(tmp_path)
    return tmp_path / "run"


@pytest.mark.parametrize(
    ("below", "places"),
    [
        (".", ["iter.000000/02.fp/data.000:0", "iter.000001/02.fp/data.000:1"]),
        ("iter.000001", ["02.fp/data.000:0", "02.fp/data.000:1"]),
        ("iter.000001/02.fp", ["data.000:0", "data.000:1"]),
        ("iter.000001/02.fp/data.000", ["frame:0", "frame:1"]),
    ],
)
def test_of_a_dp_gen_run_the_labelled_frames_are_read(run: Path, below: str, places: list[str]) -> None:
    frames = frames_of(run / below)
    assert [frames[0].place, frames[-1].place] == places
    assert len(frames) == (4 if below == "." else 2)
    note = find_source(run / below).note
    assert ("a DP-GEN run" in note) == (not below.endswith("data.000"))


def test_folders_that_are_called_like_iterations_and_hold_systems_are_read_as_they_are(write: Write) -> None:
    path = write([arrays_of(15, 2, 3)], name="tree/iter.000000/zif4").parent.parent
    assert [frame.place for frame in frames_of(path)] == ["iter.000000/zif4:0", "iter.000000/zif4:1"]
    assert find_source(path).note == ""


def test_a_link_among_the_labels_of_a_run_is_refused(run: Path, tmp_path: Path) -> None:
    (run / "iter.000001" / "02.fp" / "data.001").symlink_to(run / "iter.000000" / "02.fp" / "data.000")
    with pytest.raises(FormatError, match=r"data\.001: a symbolic link"):
        find_source(run)


def test_a_run_without_labels_is_refused_with_the_place_where_they_are_looked_for(run: Path) -> None:
    for index in (0, 1):
        shutil.rmtree(run / f"iter.00000{index}" / "02.fp" / "data.000")
    with pytest.raises(FormatError, match=r"no 02\.fp/data\.\* with a type\.raw"):
        find_source(run)


def test_the_kept_files_of_a_run_are_read_again_as_they_were(run: Path, tmp_path: Path) -> None:
    for below in (".", "iter.000001", "iter.000001/02.fp"):
        source = find_source(run / below)
        kept = tmp_path / "kept" / below.replace("/", "_")
        for name in source.files:
            (kept / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source.root / name, kept / name)
        again: Source = find_source(kept)
        assert (again.checksum, again.files) == (source.checksum, source.files)


def test_names_and_units_of_a_folder_cannot_be_chosen(write: Write) -> None:
    with pytest.raises(FormatError, match=r"--energy-unit: found for a folder"):
        find_source(write([arrays_of(14, 1, 3)]), Reading(energy_unit="hartree"))
