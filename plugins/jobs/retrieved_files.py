"""Reading of retrieved files with limits, so that their content is safe for database and terminal. No AiiDA here.

A disk that was full leaves zero bytes in a log, which PostgreSQL refuses in any text; other control characters act on
the terminal that shows them. NaN and infinities are refused by databases. No AiiDA here.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from typing import Any
from zipfile import BadZipFile, ZipFile

import numpy as np

LARGEST_ARRAYS = 2 * 10**9
"""Bytes of all arrays of one file, unpacked."""

_PLAIN = bytes(byte if byte >= 32 or byte in b"\t\n\r" else ord("?") for byte in range(256)).replace(b"\x7f", b"?")
_C1 = dict.fromkeys(range(0x80, 0xA0), "?")  # control characters beyond ASCII


def readable(content: bytes) -> str:
    """Return the text of a file, whatever is in it: what is no UTF-8 and no character is replaced."""
    text = content.translate(_PLAIN).decode("utf-8", errors="replace")
    return text if text.isascii() else text.translate(_C1)


def storable(value: Any) -> Any:
    """Return plain values as every database takes them: no number that is none, no control character."""
    if isinstance(value, str):
        return readable(value.encode("utf-8", errors="replace"))
    if isinstance(value, float) and not np.isfinite(value):
        return None
    if isinstance(value, Mapping):
        return {storable(str(key)): storable(item) for key, item in value.items()}
    return [storable(item) for item in value] if isinstance(value, list | tuple) else value


def read_json(content: bytes) -> Any:
    """Return what a file in JSON holds, :func:`storable`.

    :raises ValueError: it is no JSON, or nested without end.
    """
    try:
        return storable(json.loads(content))
    except RecursionError as error:
        raise ValueError("nested without end") from error


def load_arrays(content: bytes) -> dict[str, np.ndarray]:
    """Return the arrays of numbers of a file in NumPy's format npz; nothing is unpickled.

    :raises ValueError: it is no such file, it is damaged, it holds something else, or it unfolds to too much.
    """
    try:
        with ZipFile(io.BytesIO(content)) as archive:
            size = sum(member.file_size for member in archive.infolist())
        if size > LARGEST_ARRAYS:
            raise ValueError(f"{size / 1e9:.1f} GB of arrays")
        arrays = dict(np.load(io.BytesIO(content), allow_pickle=False))
    except (BadZipFile, EOFError, KeyError, MemoryError, NotImplementedError, OSError, RuntimeError) as error:
        raise ValueError(f"damaged: {error}") from error
    if any(not isinstance(array, np.ndarray) or array.dtype.kind not in "fiub" for array in arrays.values()):
        raise ValueError("something else than numbers")
    return arrays
