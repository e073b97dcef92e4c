"""The block of a CIF with atoms, with normalised tags (no AiiDA).

gemmi reads the grammar of CIF 1.1. What it does not decide is decided here: the encoding, which block is meant, tags of
the core, DDLm and mmCIF dictionaries that mean the same (``_cell.length_a`` and ``_cell_length_a``), tags that come
twice.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from aiida_zif.plugins.systems.faults import StructureFault, named, refuse_too_many

ENCODINGS = [
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
]
"""Byte order marks; that of UTF-32 (little-endian) begins with that of UTF-16, so it comes first."""

MEANT = ("_cell_", "_symmetry_", "_space_group_", "_atom_site", "_atom_type_symbol", "_chemical_formula_sum")
"""Beginnings of tags that decide which atoms there are."""

NOT_MEANT = ("_atom_site_aniso", "_cell_measurement")

TYPED = {0x2212: "-", 0x2013: "-", 0xA0: " "}
"""Signs that word processors make of minus and blank."""

NOT_ASCII = re.compile(r"[^\x00-\x7f]")
"""CIF 1.1 is ASCII. What else there is stands in authors' names and primes of labels, and decides nothing."""

COORDINATES = ("_atom_site_fract_x", "_atom_site_cartn_x")

LONGEST_LINE = 2048
"""Characters of a line of CIF 1.1."""

TOKEN = re.compile(r"'[^\n]*?'(?=\s|$)|\"[^\n]*?\"(?=\s|$)|#[^\n]*|\S+")


@dataclass(frozen=True)
class Tags:
    """The values of a block by tag, in lower case, with underscores for the dots of mmCIF; None for ``?`` and ``.``."""

    block: str
    values: dict[str, list[str | None]]
    loops: dict[str, int]

    def column(self, name: str) -> list[str | None] | None:
        """The values of a tag, None if it is not there or without a single value."""
        found = self.values.get(name)
        return found if found and any(value is not None for value in found) else None

    def texts(self, *names: str) -> list[tuple[str, str]]:
        """Tag and first value of every given tag that has one."""
        pairs = [(name, (self.values.get(name) or [None])[0]) for name in names]
        return [(name, value) for name, value in pairs if value is not None]


def decoded(raw: bytes) -> str:
    """Return the text of a file: by its byte order mark, else UTF-8, else Latin-1, with ``\\n`` after each line.

    :raises StructureFault: it is not text.
    """
    mark, encoding = next(((mark, name) for mark, name in ENCODINGS if raw.startswith(mark)), (b"", "utf-8"))
    try:
        text = raw[len(mark) :].decode(encoding)
    except UnicodeDecodeError:
        # Latin-1 reads every byte, and authors' names are all that is not ASCII in a CIF
        text = raw.decode("latin-1") if encoding == "utf-8" else "\0"
    if "\0" in text:
        raise StructureFault("bytes that are not text", "text in UTF-8", "save the file as plain text in UTF-8")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def read_tags(raw: bytes) -> Tags:
    """Return the tags of the block that holds atoms.

    :raises StructureFault: not a CIF, no block or more than one with atoms, a tag twice with two values.
    """
    text = NOT_ASCII.sub("x", decoded(raw).translate(TYPED))
    blocks = [_tags(block) for block in _document(text)]
    with_atoms = [tags for tags in blocks if any(tags.values.get(name) for name in COORDINATES)]
    if not with_atoms:
        found = f"no atoms in the blocks {named([tags.block for tags in blocks])}" if blocks else "no data block"
        raise StructureFault(found, "one block with _atom_site_fract_x, y and z", "check that this is the right file")
    if len(with_atoms) > 1:
        names = named([f"data_{tags.block}" for tags in with_atoms])
        found = f"{len(with_atoms)} blocks with atoms ({names})"
        raise StructureFault(found, "one structure in a file", "write the block that you want to a file of its own")
    return with_atoms[0]


def _document(text: str) -> Any:
    from gemmi import cif

    if not text.strip():
        raise StructureFault("an empty file", "a CIF", "write the file again")
    try:
        return cif.read_string(text, 0)
    except (ValueError, RuntimeError, IndexError) as error:
        first = ascii(" ".join(str(error).replace("string:", "line ", 1).split()))[1:-1][:120]
        if text.startswith("#\\#CIF_2.0") and "number of values" not in first:
            fix = "convert it to CIF 1.1, for example with a crystal viewer"
            raise StructureFault(f"CIF 2.0 syntax that is not read ({first})", "CIF 1.1", fix) from None
        found, fix = f"unreadable as CIF: {first}", "correct this line or the one before it"
        odd = odd_row(text) if "number of values" in first else None
        if odd:
            found += f"; {odd}"
            fix = "give every row one value for each column; put values with blanks in quotes"
        raise StructureFault(found, "the grammar of CIF", fix) from None


def odd_row(text: str) -> str | None:
    """Return which line of a table of atoms has more or fewer values than the table has columns, or None."""
    columns, in_head, words = 0, False, ""
    for number, line in enumerate(text.split("\n"), 1):
        stripped = line.strip()
        if stripped.lower() == "loop_":
            columns, in_head, words = 0, True, ""
        elif in_head and stripped.startswith("_"):
            columns, words = columns + 1, words + stripped.lower()
        elif not stripped or stripped.startswith(("#", "_", "data_", ";")):
            in_head, columns = False, 0 if stripped and stripped[0] != "#" else columns
        elif columns and "_atom_site" in words:
            in_head = False
            if len(stripped) > LONGEST_LINE:
                return None
            there = len([token for token in TOKEN.findall(stripped) if not token.startswith("#")])
            if there != columns:
                return f"line {number} has {there} values for {columns} columns: {stripped[:60]!a}"
    return None


def _tags(block: Any) -> Tags:
    from gemmi import cif

    values: dict[str, list[str | None]] = {}
    loops: dict[str, int] = {}
    for number, item in enumerate(block):
        for name, raw in _columns(item):
            read = [None if cif.is_null(value) or not value else cif.as_string(value).strip() for value in raw]
            if values.get(name, read) != read:
                found = f"the tag {ascii(name)[1:-1]} twice with different values"
                raise StructureFault(found, "every tag once", "keep the right one")
            values[name], loops[name] = read, number
    return Tags(ascii(block.name.strip())[1:-1][:60] or "(no name)", values, loops)


def _columns(item: Any) -> Iterator[tuple[str, list[str]]]:
    """Tags of an item, in one spelling, and their values as they stand, of those that decide which atoms there are."""
    tags = [item.pair[0]] if item.pair is not None else list(item.loop.tags) if item.loop is not None else []
    names = [tag.lower().replace(".", "_") for tag in tags]
    meant = [name.startswith(MEANT) and not name.startswith(NOT_MEANT) for name in names]
    if not any(meant):
        return
    if item.loop is None:
        yield names[0], [item.pair[1]]
        return
    if set(names) & set(COORDINATES):
        refuse_too_many(item.loop.length())
    flat = list(item.loop.values)
    yield from ((name, flat[place :: len(names)]) for place, name in enumerate(names) if meant[place])
