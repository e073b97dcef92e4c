"""A model file of somebody else is read as far as it says what it is; anything else is refused in one line."""

from __future__ import annotations

import contextlib
import io
import json
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from aiida_zif.plugins.data.labelled_frame import FormatError
from aiida_zif.plugins.deepmd.models import trial
from aiida_zif.plugins.deepmd.models.foreign import ForeignModel, read_model, read_model_file
from aiida_zif.plugins.deepmd.models.trial import tried

REAL = Path(__file__).parents[2] / "fixtures" / "deepmd" / "train_ok" / "model.pb"
NAME = Path("model.pb")


def varint(value: int) -> bytes:
    """A number as protocol buffers write it."""
    parts = bytearray()
    while value > 127:
        parts.append(value & 127 | 128)
        value >>= 7
    return bytes([*parts, value])


def field(number: int, content: bytes) -> bytes:
    """A field of bytes."""
    return varint(number << 3 | 2) + varint(len(content)) + content


def node(name: str, operation: str, tensor: bytes | None = None) -> bytes:
    """A node of a graph; a constant has a tensor."""
    value = field(5, field(1, b"value") + field(2, field(8, tensor))) if tensor is not None else b""
    return field(1, field(1, name.encode()) + field(2, operation.encode()) + value)


def text(value: str) -> bytes:
    """A tensor of one string."""
    return field(8, value.encode())


def graph(**other: bytes | None) -> bytes:
    """A frozen model as far as it describes itself; other constants are put over these, None leaves one out."""
    constants: dict[str, bytes | None] = {
        "model_attr/tmap": text("H C N Zn"),
        "model_attr/model_type": text("ener"),
        "model_type": text("original_model"),
        "model_attr/model_version": text("1.1"),
        "descrpt_attr/rcut": field(6, struct.pack("<d", 6.0)),
        "fitting_attr/dfparam": field(7, b"\x00"),
    }
    constants |= {name.replace("__", "/"): tensor for name, tensor in other.items()}
    nodes = [node(name, "Const", tensor) for name, tensor in constants.items() if tensor is not None]
    return b"".join([*nodes, node("o_energy", "Reshape")])


def test_a_model_of_deepmd_kit_says_its_elements_cut_off_and_format() -> None:
    assert read_model_file(REAL) == ForeignModel(["H", "Zn"], 5.0, "1.1", "se_e2_a", 649)


def test_a_model_without_its_training_input_has_its_cut_off_in_a_constant() -> None:
    assert read_model(graph(), NAME) == ForeignModel(["H", "C", "N", "Zn"], 6.0, "1.1", "", 7)


def archive(*names: str) -> bytes:
    """A zip archive with empty files."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as packed:
        for name in names:
            packed.writestr(name, b"")
    return stream.getvalue()


REFUSED: dict[str, tuple[bytes, str, str]] = {
    "empty": (b"", "model.pb", "an empty file"),
    "truncated": (REAL.read_bytes()[:-700], "model.pb", "no protocol buffer, or one that was cut off"),
    "noise": (bytes(np.random.default_rng(3).integers(0, 256, 4000, dtype=np.uint8)), "model.pb", "no protocol buffer"),
    "torch model": (archive("archive/constants.pkl"), "model.pth", "a PyTorch model"),
    "torch checkpoint": (archive("archive/data.pkl"), "model.pt", "a PyTorch checkpoint"),
    "hdf5": (b"\x89HDF\r\n\x1a\n" + bytes(80), "model.dp", "an HDF5 file"),
    "pickle": (b"\x80\x04\x95" + bytes(80), "model.pb", "a pickle, which is never loaded"),
    "checkpoint": (b'model_checkpoint_path: "model.ckpt-100"\n', "checkpoint", "a TensorFlow checkpoint"),
    "part of a checkpoint": (b"\x00" * 40, "model.ckpt-100.index", "a part of a TensorFlow checkpoint"),
    "input.json": (b'{"model": {}}', "model.pb", "a text file"),
    "another graph": (node("x", "Const", text("y")), "model.pb", "a graph of 1 nodes that names no elements"),
    "compressed": (graph(model_type=text("compressed_model")), "model.pb", "a compressed model"),
    "dipoles": (graph(model_attr__model_type=text("dipole")), "model.pb", "a model of dipole"),
    "frame parameters": (graph(fitting_attr__dfparam=field(7, b"\x02")), "model.pb", "needs frame parameters"),
    "no element": (graph(model_attr__tmap=text("H Xx")), "model.pb", "the types H Xx"),
    "an element twice": (graph(model_attr__tmap=text("H H")), "model.pb", "the types H H"),
    "types of a terminal": (graph(model_attr__tmap=text("H \x1b]0;mine\x07")), "model.pb", "the types H  ]0;mine "),
    "no cut-off": (graph(descrpt_attr__rcut=None), "model.pb", "the cut-off None"),
    "endless cut-off": (graph(descrpt_attr__rcut=field(6, struct.pack("<d", np.inf))), "model.pb", "the cut-off inf"),
    "deep input": (
        graph(descrpt_attr__rcut=None, train_attr__training_script=text("[" * 100_000)), "model.pb", "the cut-off None",
    ),
    "writes files": (graph() + node("w", "WriteFile"), "model.pb", "a graph with WriteFile"),
    "runs code": (graph() + node("p", "EagerPyFunc"), "model.pb", "a graph with EagerPyFunc"),
    "runs code in a function": (
        graph() + field(2, field(1, field(3, field(2, b"PyFunc")))), "model.pb", "a graph with PyFunc",
    ),
    "endless number": (b"\x0a" + b"\x80" * 5000, "model.pb", "a number of more than 10 bytes"),
    "longer than the file": (b"\x0a" + varint(2**60), "model.pb", "cut off"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_anything_else_is_refused_in_one_line(case: str, tmp_path: Path) -> None:
    content, name, found = REFUSED[case]
    (tmp_path / name).write_bytes(content)
    with pytest.raises(FormatError) as caught:
        read_model_file(tmp_path / name)
    said = str(caught.value)
    assert said.startswith(f"{name}: found ")
    assert found in said
    assert "; allowed: " in said
    assert "; fix: " in said
    assert said.isprintable()


def test_a_folder_is_no_model(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="found no regular file"):
        read_model_file(tmp_path)


@pytest.mark.parametrize("seed", range(5))
def test_a_damaged_model_is_refused_or_read_and_nothing_else_happens(seed: int) -> None:
    rng, whole = np.random.default_rng(seed), REAL.read_bytes()
    for _ in range(30):
        damaged = bytearray(whole[: rng.integers(1, len(whole) + 1)])
        for place in rng.integers(0, len(damaged), rng.integers(1, 20)):
            damaged[place] = rng.integers(0, 256)
        with contextlib.suppress(FormatError):
            assert isinstance(read_model(bytes(damaged), NAME), ForeignModel)


@pytest.fixture
def answering(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Let the trial run another program instead of DeePMD-kit."""

    def use(program: str) -> None:
        monkeypatch.setattr(trial, "is_installed", lambda: True)
        monkeypatch.setattr(trial, "PROGRAM", program)

    return use


def answer(**other: Any) -> str:
    """A program that gives the answer of a good model, with differences."""
    good = {"type_map": ["H", "Zn"], "rcut": 5.0, "energy": -1.0, "force": 0.5, "version": "3.2.0"}
    return f"print('a warning')\nprint({json.dumps(good | other)!r})"


def test_a_model_that_computes_is_said_to_have_been_tried(answering: Callable[[str], None]) -> None:
    answering(answer())
    assert tried(REAL, read_model_file(REAL)).startswith("DeePMD-kit 3.2.0, finite energy and forces")


@pytest.mark.parametrize(
    ("program", "found"),
    [
        (answer(force=float("nan")), "no number for the energy or a force"),
        (answer(rcut=7.0), "7.0 Å as DeePMD-kit loads it"),
        (answer(type_map=["Zn", "H"]), "as DeePMD-kit loads it"),
        ("raise SystemExit('graph \\x1b[31mis broken')", "cannot load"),
        ("print('no answer')", "cannot load"),
        ("print('{}')", "cannot load"),
        ("import os; os.abort()", "cannot load"),
    ],
)
def test_a_model_that_does_not_compute_is_refused(answering: Callable[[str], None], program: str, found: str) -> None:
    answering(program)
    with pytest.raises(FormatError) as caught:
        tried(REAL, read_model_file(REAL))
    assert found in str(caught.value)
    assert str(caught.value).isprintable()


def test_a_model_that_does_not_answer_is_refused(
    answering: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    answering("import time; time.sleep(60)")
    monkeypatch.setattr(trial, "LONGEST_TRIAL", 0.5)
    with pytest.raises(FormatError, match="no answer within"):
        tried(REAL, read_model_file(REAL))


def test_the_trial_knows_no_profile(answering: Callable[[str], None], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIIDA_PATH", "/somewhere")
    answering("import os\nassert 'AIIDA_PATH' not in os.environ and not os.listdir()\n" + answer())
    assert tried(REAL, read_model_file(REAL))


@pytest.mark.codes
def test_deepmd_kit_agrees_with_what_the_file_says() -> None:
    assert "finite energy and forces" in tried(REAL, read_model_file(REAL))
