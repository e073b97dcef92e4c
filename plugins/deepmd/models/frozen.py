"""Read the parameters that are stored in a frozen TensorFlow model, without TensorFlow (no AiiDA).

A ``.pb`` file is a protocol-buffer message ``GraphDef``. The constants DeePMD-kit leaves in it name its elements
and hold the whole training input. Field numbers are those of TensorFlow's public ``graph.proto``,
``node_def.proto``, ``attr_value.proto`` and ``tensor.proto``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

TYPE_MAP_NODE = b"model_attr/tmap"
SCRIPT_NODE = b"train_attr/training_script"

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
FIXED_SIZE = {FIXED64: 8, FIXED32: 4}
LONGEST_VARINT = 10
"""Bytes of a number of 64 bits."""


@dataclass(frozen=True)
class FrozenModel:
    """Elements in the order of the model's types, and the input it was trained with (empty if not kept)."""

    type_map: list[str]
    training_input: dict[str, Any]

    @property
    def descriptor(self) -> dict[str, Any]:
        """The descriptor section of the training input."""
        return dict(self.training_input.get("model", {}).get("descriptor", {}))

    @property
    def rcut(self) -> float | None:
        """Cut-off radius in Å."""
        return self.descriptor.get("rcut")

    @property
    def sel(self) -> list[int] | None:
        """Neighbours kept of each element; None where the model does not say."""
        sel = self.descriptor.get("sel")
        return [int(number) for number in sel] if isinstance(sel, list) else None


def read_frozen(content: bytes) -> FrozenModel:
    """Return what the bytes of a frozen model say.

    :raises ValueError: the bytes are no frozen DeePMD-kit model, or are truncated.
    """
    wanted = {TYPE_MAP_NODE: b"", SCRIPT_NODE: b""}
    try:
        for number, node in fields_of(content):
            if number != 1:  # GraphDef.node
                continue
            name = next((value for field, value in fields_of(node) if field == 1), b"")
            if name in wanted:
                wanted[name] = _string_constant(node)
        script = json.loads(wanted[SCRIPT_NODE] or b"{}")
    except (IndexError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise ValueError(f"not a frozen model, or a truncated one: {error}") from error
    type_map = wanted[TYPE_MAP_NODE].decode().split()
    if not type_map:
        raise ValueError("not a frozen DeePMD-kit model: it names no elements (model_attr/tmap)")
    return FrozenModel(type_map, script)


def constant_content(content: bytes, name: bytes) -> tuple[bytes, bytes] | None:
    """Return the bytes of a node that is a constant, and those of its numbers inside them; None if it is not there.

    :param content: of a frozen model.
    :param name: of the node.
    """
    for number, node in fields_of(content):
        if number != 1 or next((value for field, value in fields_of(node) if field == 1), b"") != name:
            continue
        for entry in (dict(fields_of(value)) for field, value in fields_of(node) if field == 5):
            if entry.get(1) == b"value":
                tensor = dict(fields_of(dict(fields_of(entry[2])).get(8, b"")))
                return node, tensor.get(4, b"")  # TensorProto.tensor_content
    return None


def _string_constant(node: bytes) -> bytes:
    """NodeDef.attr["value"].tensor.string_val of a constant."""
    for entry in (value for field, value in fields_of(node) if field == 5):
        parts = dict(fields_of(entry))
        if parts.get(1) != b"value":
            continue
        tensor = dict(fields_of(parts[2])).get(8, b"")
        return dict(fields_of(tensor)).get(8, b"")
    return b""


def fields_of(message: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield (field number, payload) of the length-delimited fields of a message, skipping numbers.

    :raises IndexError: if the message is none, or is truncated.
    """
    position = 0
    while position < len(message):
        key, position = _varint(message, position)
        number, kind = key >> 3, key & 7
        if kind == VARINT:
            _, position = _varint(message, position)
            continue
        if kind == BYTES:
            length, position = _varint(message, position)
        elif kind in FIXED_SIZE:
            length = FIXED_SIZE[kind]
        else:
            raise IndexError(f"unknown wire type {kind} at byte {position}")
        end = position + length
        if end > len(message):
            raise IndexError(f"field {number} ends {end - len(message)} bytes past the end")
        if kind == BYTES:
            yield number, message[position:end]
        position = end


def _varint(message: bytes, position: int) -> tuple[int, int]:
    value = 0
    for index in range(LONGEST_VARINT):
        byte = message[position + index]
        value |= (byte & 0x7F) << 7 * index
        if byte < 0x80:
            return value, position + index + 1
    raise IndexError(f"a number of more than {LONGEST_VARINT} bytes at byte {position}")
