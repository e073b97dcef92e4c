"""Data sets of a stranger: each is refused with its reason, at once, and nothing outside of its folder is touched."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from aiida_zif.plugins.data.labelled_frame import FormatError, LabelledFrame
from aiida_zif.plugins.imports.formats import find_source
from aiida_zif.plugins.imports.gates import sort_frames

ARRAYS = {
    "coord": [[0, 0, 0, 2, 2, 2]],
    "box": [np.eye(3).ravel() * 10],
    "energy": [1.0],
    "force": [[0.1, 0, 0, -0.1, 0, 0]],
}
FLOATS = "{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}\n"
COMMENT = 'Lattice="10 0 0 0 10 0 0 0 10" Properties=species:S:1:pos:R:3:forces:R:3 energy=1 pbc="T T T"'
ATOMS = "H 0 0 0 0.1 0 0\nZn 2 2 2 -0.1 0 0\n"


def header(text: str) -> bytes:
    """Return a file in NumPy's format with this header and no data."""
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text.encode()


class Trap:
    """Leaves a trace if it is unpickled."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple[Callable[..., object], tuple[str]]:
        return os.mkdir, (str(self.trace),)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A good system in the layout deepmd/npy."""
    root = tmp_path / "tree"
    (root / "set.000").mkdir(parents=True)
    (root / "type.raw").write_text("0 1\n")
    (root / "type_map.raw").write_text("H Zn\n")
    for name, values in ARRAYS.items():
        np.save(root / "set.000" / f"{name}.npy", np.array(values, dtype=float))
    return root


def read(path: Path) -> dict[str, str]:
    """Return why frames were refused, by place; fails if one was taken."""
    good, refused = sort_frames(find_source(path).frames())
    assert not good
    return {frame.reason: frame.detail for frame in refused}


def xyz(folder: Path, text: str, name: str = "frames.extxyz") -> Path:
    """Write a file in extended XYZ."""
    (folder / name).write_text(text)
    return folder / name


def test_the_good_ones_are_taken(tree: Path, tmp_path: Path) -> None:
    for path in (tree, xyz(tmp_path, f"2\n{COMMENT}\n{ATOMS}\n"), xyz(tmp_path, f"2\n{COMMENT}\n{ATOMS}", "a@0.xyz")):
        assert len(sort_frames(find_source(path).frames())[0]) == 1


@pytest.mark.parametrize("place", ["set.000/coord.npy", "type.raw", "set.001", "more"])
def test_a_link_out_of_a_tree_is_refused(tree: Path, tmp_path: Path, place: str) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (tree / place).unlink(missing_ok=True)
    (tree / place).symlink_to(outside)
    with pytest.raises(FormatError, match="symbolic link"):
        find_source(tree)


@pytest.mark.parametrize("place", ["set.000/coord.npy", "type.raw", "type_map.raw"])
def test_a_pipe_in_a_tree_is_refused_and_not_waited_for(tree: Path, place: str) -> None:
    (tree / place).unlink()
    os.mkfifo(tree / place)
    with pytest.raises(FormatError):
        list(find_source(tree).frames())


@pytest.mark.parametrize("name", ["a\nb", "\x1b]0;mine\x07", "a\u202eb"])
def test_a_file_name_that_would_act_on_a_terminal_is_refused_and_shown_harmlessly(tree: Path, name: str) -> None:
    (tree / name).mkdir()
    with pytest.raises(FormatError, match="Rename it") as caught:
        find_source(tree)
    assert str(caught.value).isprintable()


def test_nothing_is_unpickled(tree: Path, tmp_path: Path) -> None:
    trap = np.empty(1, dtype=object)
    trap[0] = Trap(tmp_path / "trace")
    np.save(tree / "set.000" / "coord.npy", trap, allow_pickle=True)
    with pytest.raises(FormatError):
        list(find_source(tree).frames())
    (tree / "set.000" / "coord.npy").write_bytes(trap.dumps())
    with pytest.raises(FormatError):
        list(find_source(tree).frames())
    assert not (tmp_path / "trace").exists()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        header(FLOATS.format(shape=(10**12, 6))),
        header(FLOATS.format(shape=(0, 10**18))),
        header(FLOATS.format(shape=(2**32, 2**32))),
        header(FLOATS.format(shape=(-1, 6))) + bytes(48),
        header("{'descr': '|V1000000000', 'fortran_order': False, 'shape': (1,), }\n"),
        header("-" * 9000 + "1\n"),
        header("(" * 9000 + "\n"),
    ],
    ids=["empty", "terabytes", "nothing-times-much", "overflow", "negative", "void", "deep", "brackets"],
)
def test_an_array_that_announces_what_it_does_not_hold_is_refused(tree: Path, content: bytes) -> None:
    (tree / "set.000" / "coord.npy").write_bytes(content)
    with pytest.raises(FormatError):
        list(find_source(tree).frames())


@pytest.mark.parametrize("types", ["0 -1", "0 2", "", "0 " * 600_000], ids=["negative", "beyond", "none", "countless"])
def test_types_that_no_element_has_are_refused(tree: Path, types: str) -> None:
    (tree / "type.raw").write_text(types)
    with pytest.raises(FormatError, match=r"type\.raw"):
        list(find_source(tree).frames())


@pytest.mark.parametrize(
    ("name", "values", "reason"),
    [
        ("coord", [[0, 0, 0, np.nan, 2, 2]], "non_finite"),
        ("coord", [[0, 0, 0, 1e300, 2, 2]], "out_of_range"),
        ("box", np.full((1, 9), np.inf), "non_finite"),
        ("box", [np.eye(3).ravel() * 1e300], "out_of_range"),
        ("box", [np.diag([1e-3, 1e-3, 1e4]).ravel()], "not_periodic"),
        ("force", np.full((1, 6), 1e6), "force_too_large"),
    ],
)
def test_numbers_that_no_crystal_has_are_refused(tree: Path, name: str, values: object, reason: str) -> None:
    np.save(tree / "set.000" / f"{name}.npy", np.array(values, dtype=float))
    assert reason in read(tree)


@pytest.mark.parametrize("symbol", ["../../etc", "\x00", "\x1b[31m"])
def test_an_element_that_is_none_is_refused_and_shown_harmlessly(tree: Path, symbol: str) -> None:
    (tree / "type_map.raw").write_text(f"H {symbol}\n")
    assert read(tree)["unknown_element"].isprintable()


@pytest.mark.parametrize(
    "text",
    [
        f"{10**18}\n{COMMENT}\n{ATOMS}",
        f"2\n{COMMENT}\n{ATOMS}{10**9}\n{COMMENT}\n{ATOMS}",
        f"-5\n{COMMENT}\n{ATOMS}",
        f"0\n{COMMENT}\n",
        f"2\n{COMMENT}\nH 0 0 0 0 0 0\n",
        "2\n" + COMMENT.replace("pos:R:3", f"pos:R:{10**9}") + f"\n{ATOMS}",
        "2\n" + COMMENT.replace("forces:R:3", "forces:R:-3") + f"\n{ATOMS}",
        f"2\n{COMMENT} {'a' * 10**6}\n{ATOMS}",
        f'2\n{COMMENT} x="_JSON {"[" * 15_000}"\n{ATOMS}',
        f"2\n{COMMENT} virial=hello\n{ATOMS}",
        f"2\n{COMMENT.replace('energy=1', 'energy=__import__')}\n{ATOMS}",
        f"2\n{COMMENT}\n{ATOMS.replace('Zn', '../x')}",
        f"2\n{COMMENT} \x1b]0;mine\x07=1\n{ATOMS}",
        f"2\n{COMMENT} {'n' * 200}=1\n{ATOMS}",
        f"2\n{COMMENT} charge=1e400\n{ATOMS}",
        f"2\n{COMMENT.replace('species:S:1', 'Z:I:1')}\n{ATOMS.replace('Zn', '1e400').replace('H', '1')}",
        f"2\n{COMMENT} note=\"open\n{ATOMS}",
        "\x00" * 1000,
    ],
    ids=[
        "countless", "countless-later", "negative", "none", "cut-off", "columns", "negative-columns", "long-line",
        "deep", "virial", "energy", "element", "control", "long-name", "charge", "number", "open-quote", "nul",
    ],
)  # fmt: skip
def test_extended_xyz_that_announces_what_it_does_not_hold_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(FormatError) as caught:
        list(find_source(xyz(tmp_path, text)).frames())
    assert len(str(caught.value)) < 600


@pytest.mark.parametrize("cell", ["1e300 0 0 0 1e300 0 0 0 1e300", "1e-3 0 0 0 1e-3 0 0 0 1e4", "nan 0 0 0 1 0 0 0 1"])
def test_a_cell_that_no_crystal_has_is_refused(tmp_path: Path, cell: str) -> None:
    text = f"2\n{COMMENT.replace('10 0 0 0 10 0 0 0 10', cell)}\n{ATOMS}"
    assert {*read(xyz(tmp_path, text))} & {"out_of_range", "not_periodic", "non_finite"}


def test_a_key_of_a_frame_names_no_file(tmp_path: Path) -> None:
    text = f"2\n{COMMENT} ../../x=y name=../../z\n{ATOMS}"
    assert len(sort_frames(find_source(xyz(tmp_path / ".", text)).frames())[0]) == 1
    assert {path.name for path in tmp_path.iterdir()} == {"frames.extxyz"}


def test_names_without_end_are_read_at_once(tmp_path: Path) -> None:
    names = " ".join(f"n{index}" for index in range(3000))
    (frame,) = find_source(xyz(tmp_path, f"2\n{COMMENT} {names}\n{ATOMS}")).frames()
    assert isinstance(frame, LabelledFrame)
    assert len(frame.not_taken) == 3000


@pytest.mark.parametrize("name", ["spin.npy", "fparam.npy", "real_atom_types.npy"])
def test_a_pipe_in_the_place_of_another_array_is_not_waited_for(tree: Path, name: str) -> None:
    os.mkfifo(tree / "set.000" / name)
    if name == "real_atom_types.npy":
        assert len(list(find_source(tree).frames())) == 1
    else:
        with pytest.raises(FormatError, match=name):
            find_source(tree)


def test_parameters_that_are_objects_are_not_unpickled(tree: Path, tmp_path: Path) -> None:
    trap = np.empty(1, dtype=object)
    trap[0] = Trap(tmp_path / "trace")
    np.save(tree / "set.000" / "fparam.npy", trap, allow_pickle=True)
    with pytest.raises(FormatError, match="fparam"):
        find_source(tree)
    assert not (tmp_path / "trace").exists()
