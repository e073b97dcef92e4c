"""Read a model file of somebody else, and refuse what is no frozen potential; TensorFlow is not asked (no AiiDA).

Nothing of the file is unpickled, unpacked or run. What a frozen graph says of itself stands in constants that
DeePMD-kit leaves in it; its operations are compared with those that read or write files or run code.
"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ase.data import chemical_symbols

from aiida_zif.plugins.data.labelled_frame import FormatError
from aiida_zif.plugins.deepmd.models.frozen import fields_of

LARGEST_MODEL = 1_000_000_000
"""Bytes."""

RCUTS = (1.0, 30.0)
"""Å."""

MOST_TYPES = 118

TYPE_MAP, RCUT, KIND = "model_attr/tmap", "descrpt_attr/rcut", "model_attr/model_type"
FORMAT, COMPRESSION = "model_attr/model_version", "model_type"
FRAME_PARAMETERS, ATOM_PARAMETERS, SCRIPT = "fitting_attr/dfparam", "fitting_attr/daparam", "train_attr/training_script"
CONSTANTS = (TYPE_MAP, RCUT, KIND, FORMAT, COMPRESSION, FRAME_PARAMETERS, ATOM_PARAMETERS, SCRIPT)
"""Nodes of a frozen graph in which it says what it is."""

OUTSIDE = (
    "ReadFile", "WriteFile", "MatchingFiles", "PyFunc", "EagerPyFunc", "PyFuncStateless", "LoadDataset", "SaveDataset",
    "Save", "SaveV2", "SaveSlices", "Restore", "RestoreV2", "RestoreSlice", "MergeV2Checkpoints", "ShardedFilename",
    "WholeFileReader", "WholeFileReaderV2", "TextLineReader", "TextLineReaderV2", "TFRecordReader", "TFRecordReaderV2",
    "FixedLengthRecordReader", "FixedLengthRecordReaderV2", "DebugIdentity", "DebugIdentityV2", "PrintV2", "Send",
    "Recv", "RpcCall", "WriteSummary", "InitializeTableFromTextFile", "InitializeTableFromTextFileV2",
)  # fmt: skip
"""Operations by which a graph reads or writes files, sends, or runs code of its own."""

FREEZE = "freeze it with `dp --tf freeze`, and import the .pb file"
ALLOWED = "a frozen, uncompressed DeePMD-kit model of energies and forces (TensorFlow, .pb)"


@dataclass(frozen=True)
class ForeignModel:
    """What a model file says of itself.

    :param type_map: elements in the order of the model's types.
    :param rcut: cut-off radius in Å.
    :param model_format: number of DeePMD-kit's file format, such as ``1.1``; empty where the file does not say.
    :param descriptor: type of the descriptor, where the file keeps its training input.
    :param n_nodes: of the graph.
    """

    type_map: list[str]
    rcut: float
    model_format: str
    descriptor: str
    n_nodes: int


def read_model_file(path: Path) -> ForeignModel:
    """Return what a model file says of itself.

    :raises FormatError: in one line, if it is anything else than :data:`ALLOWED`.
    """
    try:
        if not path.is_file():
            raise refused(path, "no regular file", "give the path of the model file")
        if path.stat().st_size > LARGEST_MODEL:
            raise refused(path, f"a file of {path.stat().st_size / 1e6:.0f} MB", "is this the right file?")
        content = path.read_bytes()
    except OSError as error:
        raise refused(path, f"a file that cannot be read ({error.strerror})", "correct the path") from error
    return read_model(content, path)


def read_model(content: bytes, path: Path) -> ForeignModel:
    """Return what the bytes of a model file say.

    :param path: for messages.
    :raises FormatError: in one line, if they are anything else than :data:`ALLOWED`.
    """
    if other := what_else(content, path.name):
        raise refused(path, *other)
    try:
        operations, constants = graph_of(content)
        refuse_what_it_does(path, operations)
        return described(path, constants, sum(operations.values()))
    except IndexError as error:
        found = f"no protocol buffer, or one that was cut off ({str(error)[:80]})"
        raise refused(path, found, "copy the file again and compare checksums") from error


def described(path: Path, constants: Mapping[str, bytes], n_nodes: int) -> ForeignModel:
    """Return what the constants of a graph say of the model.

    :raises IndexError: if one of them is no tensor.
    :raises FormatError: if they describe no potential, or one that cannot be used.
    """
    if TYPE_MAP not in constants:
        raise refused(path, f"a graph of {n_nodes} nodes that names no elements ({TYPE_MAP})", FREEZE)
    refuse_other_kinds(path, constants)
    return ForeignModel(
        type_map_of(path, constants[TYPE_MAP]),
        rcut_of(path, constants),
        printable(text_of(string_in(constants.get(FORMAT, b"")))),
        printable(str(descriptor_of(constants).get("type", ""))),
        n_nodes,
    )


def refused(path: Path, found: str, fix: str, allowed: str = ALLOWED) -> FormatError:
    """Return the refusal of a model file."""
    return FormatError(f"{printable(path.name)}: found {found}; allowed: {allowed}; fix: {fix}.")


def what_else(content: bytes, name: str) -> tuple[str, str] | None:
    """Return in words what a file is that is plainly no frozen graph, with the fix; None if it may be one."""
    elsewhere = "train or convert it with the TensorFlow backend, and " + FREEZE
    if not content:
        return "an empty file", "copy it again"
    if content.startswith(b"PK\x03\x04"):
        if name.endswith(".pt"):
            return "a PyTorch checkpoint (zip archive)", elsewhere
        return "a PyTorch model (zip archive, such as .pth)", elsewhere
    if content.startswith(b"\x89HDF"):
        return "an HDF5 file, such as DeePMD-kit's .dp", elsewhere
    if content.startswith(b"\x80") and content[1:2] in (b"\x02", b"\x03", b"\x04", b"\x05"):
        return "a pickle, which is never loaded", elsewhere
    if content.startswith(b"model_checkpoint_path"):
        return "a TensorFlow checkpoint (its list of files)", FREEZE
    if name.endswith((".meta", ".index")) or ".data-0" in name:
        return "a part of a TensorFlow checkpoint", FREEZE
    if content.lstrip()[:1] in (b"{", b"<", b"#") or content[:5] in (b"node ", b"node{"):
        return "a text file", "give the binary .pb file"
    return None


def graph_of(content: bytes) -> tuple[dict[str, int], dict[str, bytes]]:
    """Return how often each operation stands in a frozen graph, and the tensors of the constants that describe it.

    :raises IndexError: if the bytes are no graph, or a part of one.
    """
    operations: dict[str, int] = {}
    constants: dict[str, bytes] = {}
    for number, node in fields_of(content):
        if number == 2:  # GraphDef.library: functions, whose nodes count like those of the graph
            for _, function in fields_of(node):
                for operation in (
                    text_of(dict(fields_of(one)).get(2, b"")) for n, one in fields_of(function) if n == 3
                ):
                    operations[operation] = operations.get(operation, 0) + 1
        if number != 1:
            continue
        parts = list(fields_of(node))
        name, operation = (text_of(next((value for n, value in parts if n == key), b"")) for key in (1, 2))
        operations[operation] = operations.get(operation, 0) + 1
        if name in CONSTANTS and operation == "Const":
            constants[name] = tensor_of(parts)
    if not operations:
        raise IndexError("it holds no node")
    return operations, constants


def tensor_of(parts: list[tuple[int, bytes]]) -> bytes:
    """Return the bytes of the tensor of a constant."""
    for entry in (dict(fields_of(value)) for number, value in parts if number == 5):
        if entry.get(1) == b"value":
            return dict(fields_of(entry.get(2, b""))).get(8, b"")
    return b""


def refuse_what_it_does(path: Path, operations: Mapping[str, int]) -> None:
    """Refuse a graph that reads or writes files, sends, or runs code."""
    if found := sorted(set(operations) & set(OUTSIDE)):
        allowed = "a model that only computes"
        raise refused(path, f"a graph with {', '.join(found)}", "do not load it; ask who gave it to you", allowed)


def refuse_other_kinds(path: Path, constants: Mapping[str, bytes]) -> None:
    """Refuse models of other quantities, compressed ones, and those that need parameters of frames or atoms."""
    kind = text_of(string_in(constants.get(KIND, b""))) or "ener"
    if kind != "ener":
        raise refused(path, f"a model of {printable(kind)}", "give the model of energies and forces")
    if text_of(string_in(constants.get(COMPRESSION, b""))) == "compressed_model":
        fix = "import the model that it was made of; jobs compress it where that pays"
        raise refused(path, "a compressed model, which cannot be trained further", fix)
    for name, what in ((FRAME_PARAMETERS, "frame"), (ATOM_PARAMETERS, "atomic")):
        if any(integers_in(constants.get(name, b""))):
            fix = "give a model without fparam and aparam"
            raise refused(path, f"a model that needs {what} parameters", fix)


def type_map_of(path: Path, tensor: bytes) -> list[str]:
    """Return the elements of a model."""
    elements = text_of(string_in(tensor)).split()
    strange = [printable(name) for name in elements if name not in chemical_symbols[1:]]
    if not elements or strange or len(set(elements)) < len(elements) or len(elements) > MOST_TYPES:
        found = f"the types {' '.join(printable(name) for name in elements[:8]) or '(none)'}"
        raise refused(path, found, "give a model whose type_map are elements", "chemical elements, each once")
    return elements


def rcut_of(path: Path, constants: Mapping[str, bytes]) -> float:
    """Return the cut-off radius of a model in Å, by its constant, or by the training input that it keeps."""
    packed = dict(fields_of(constants.get(RCUT, b""))).get(6, b"")  # TensorProto.double_val
    rcut: Any = struct.unpack("<d", packed)[0] if len(packed) == 8 else descriptor_of(constants).get("rcut")
    low, high = RCUTS
    if (
        isinstance(rcut, bool)
        or not isinstance(rcut, int | float)
        or not math.isfinite(rcut)
        or not low <= rcut <= high
    ):
        allowed = f"a cut-off radius of {low:g} to {high:g} Å ({RCUT})"
        raise refused(path, f"the cut-off {printable(str(rcut))[:40]}", "give a whole model", allowed)
    return float(rcut)


def descriptor_of(constants: Mapping[str, bytes]) -> dict[str, Any]:
    """Return the descriptor section of the training input that a model keeps; empty where it keeps none."""
    try:
        found: Any = json.loads(string_in(constants.get(SCRIPT, b"")) or b"{}")
        section = found["model"]["descriptor"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return {}
    return section if isinstance(section, dict) else {}


def string_in(tensor: bytes) -> bytes:
    """Return the first string of a tensor."""
    return next((value for number, value in fields_of(tensor) if number == 8), b"")


def integers_in(tensor: bytes) -> bytes:
    """Return the packed small integers of a tensor, one byte each where they are below 128."""
    return next((value for number, value in fields_of(tensor) if number == 7), b"")


def text_of(content: bytes) -> str:
    """Return bytes as text."""
    return content.decode("utf-8", errors="replace")


def printable(text: str) -> str:
    """Return text of a stranger so that a terminal shows it on one line and does nothing else."""
    return "".join(letter if letter.isprintable() else " " for letter in text)[:120]
