"""The comment line of a frame in extended XYZ: its entries and their numbers (no AiiDA).

Own code and not ASE's: that reader keeps the last of two entries of one name, takes half of a tensor that is not
symmetric for the whole, and reads an entry without a value as true.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

LONGEST_NAME = 100
LONGEST_VALUE = 10_000
"""Characters of one entry."""

_CLOSING = {'"': '"', "'": "'", "{": "}", "[": "]"}
_LOGICAL = {"t": True, "true": True, "1": True, "f": False, "false": False, "0": False}


@dataclass(frozen=True)
class Entry:
    """One entry of a comment line; its value is text, None where no value stands."""

    name: str
    value: str | None


def entries_of(line: str) -> list[Entry]:
    """Return the entries of a comment line in their order, those of one name and one value once.

    :raises ValueError: two entries of one name differ, a quote is not closed, or a name is none.
    """
    entries = list(dict.fromkeys(_entries(line)))
    twice, count = next(iter(Counter(entry.name for entry in entries).most_common(1)), ("", 0))
    if count > 1:
        values = " and ".join(repr(entry.value)[:60] for entry in entries if entry.name == twice)
        raise ValueError(f"{twice}: {values} found; allowed is one entry of a name. Delete the wrong one")
    return entries


def _entries(line: str) -> Iterator[Entry]:
    """Yield every entry of a line: ``name``, ``name=value`` or ``name="value with blanks"``."""
    place, end = 0, len(line)
    while place < end:
        if line[place].isspace() or line[place] == ",":
            place += 1
            continue
        name, place = _text(line, place, stop="=")
        if len(name) > LONGEST_NAME or not name.isprintable() or not name:
            raise ValueError(f"an entry named {name[:40]!a} found; allowed are printable names. Rename it")
        after = place + len(line[place:]) - len(line[place:].lstrip())
        if after < end and line[after] == "=":
            value, place = _text(line, after + 1 + len(line[after + 1 :]) - len(line[after + 1 :].lstrip()))
            if len(value) > LONGEST_VALUE:
                raise ValueError(f"{name}: {len(value)} characters found; allowed are {LONGEST_VALUE}. Delete it")
            yield Entry(name, value if value.strip() else None)
        else:
            yield Entry(name, None)


def _text(line: str, place: int, stop: str = "") -> tuple[str, int]:
    """Return the text from a place to the next blank outside quotes and brackets, and where it ends."""
    found: list[str] = []
    closing: list[str] = []
    while place < len(line):
        char = line[place]
        if char == "\\" and place + 1 < len(line):
            place += 1
            found.append(line[place])
        elif closing and char == closing[-1]:
            closing.pop()
        elif char in _CLOSING and (not closing or closing[-1] in "]}"):
            closing.append(_CLOSING[char])
        elif not closing and (char.isspace() or char == stop):
            break
        else:
            found.append(char)
        place += 1
    if closing:
        raise ValueError(f"a {closing[-1]!r} is missing: close the quotes or brackets of every entry")
    return "".join(found), place


def numbers(tokens: Sequence[str], what: str) -> np.ndarray:
    """Return numbers that are written as text, those with a Fortran exponent (``1.5D-03``) too.

    :param what: the field, for the message.
    :raises ValueError: one of them is no number.
    """
    try:
        if "_" in "".join(tokens):  # Python would read 1_0 as ten
            raise ValueError
        return np.array([float(token) for token in tokens])
    except ValueError:
        return np.array([_number(token, what) for token in tokens])


def _number(token: str, what: str) -> float:
    """Return one number."""
    try:
        if "_" in token:
            raise ValueError
        return float(token.replace("D", "E").replace("d", "e") if token[:1] in "+-.0123456789" else token)
    except ValueError:
        raise ValueError(f"{what}: {token[:40]!r} found; allowed are numbers. Correct the entry") from None


def numbers_of(entry: Entry, counts: Sequence[int]) -> np.ndarray:
    """Return the numbers of an entry.

    :param counts: how many there may be.
    :raises ValueError: there is no value, no number, or another count.
    """
    allowed = " or ".join({1: "one number"}.get(count, f"{count} numbers") for count in counts)
    if entry.value is None:
        raise ValueError(f"{entry.name}: no value found; allowed is {allowed}. Write {entry.name}=NUMBER")
    text = entry.value.removeprefix("_JSON").translate(str.maketrans("[](){},;", "        "))
    found = numbers(text.split(), entry.name)
    if len(found) not in counts:
        shown = repr(entry.value) if len(entry.value) <= 60 else f"{len(found)} numbers"
        raise ValueError(f"{entry.name}: {shown} found; allowed is {allowed}. Correct the entry")
    return found


def logicals_of(entry: Entry) -> list[bool]:
    """Return the logical values of an entry: T, F, true, false, 1, 0.

    :raises ValueError: there is another value, or none.
    """
    words = (entry.value or "").translate(str.maketrans("[](){},;", "        ")).split()
    if not words or any(word.lower() not in _LOGICAL for word in words):
        raise ValueError(f"{entry.name}: {entry.value!r} found; allowed are T and F. Correct the entry")
    return [_LOGICAL[word.lower()] for word in words]


def logical(word: str) -> bool | None:
    """Return the logical value of a word, None if it is none."""
    return _LOGICAL.get(word.lower())
