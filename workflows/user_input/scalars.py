"""YAML scalars that YAML reads in another way than people mean them (no AiiDA).

YAML 1.1 reads ``0777`` as octal 511, ``12:00:00`` as 43200, ``2026-01-01`` as a date and ``1e-3`` as text.
"""

from __future__ import annotations

import re
from typing import Any

TAG = "tag:yaml.org,2002:"
_OCTAL = re.compile(r"[-+]?0[0-7_]*[0-7]")
_EXPONENT = re.compile(r"[-+]?(?:\d[\d_]*(?:\.[\d_]*)?|\.\d[\d_]*)[eE][-+]?\d+", re.ASCII)
_ODD_BLANKS = re.compile("[\u00a0\u1680\u2000-\u200f\u202f\u205f\u2060\u3000\ufeff]")
_ODD_BREAKS = re.compile("[\u0085\u2028\u2029]")

Fault = tuple[str, str, str]


def settle(node: Any) -> Fault | None:
    """Give a plain scalar the type that its writer means, or return (found, allowed, fix).

    Clock times become text, numbers with an exponent become numbers; octal numbers and dates are refused.

    :param node: a scalar node of PyYAML; its tag may be changed.
    """
    kind = node.tag.removeprefix(TAG)
    if node.style is not None:
        return None  # in quotes: text
    if kind in ("int", "float") and ":" in node.value:
        node.tag = TAG + "str"
    elif kind == "str" and _EXPONENT.fullmatch(node.value):
        node.tag = TAG + "float"
    elif kind == "int" and _OCTAL.fullmatch(node.value):
        digits = node.value.replace("_", "")
        plain = ("-" if digits.startswith("-") else "") + (digits.lstrip("+-0") or "0")
        found = f"{node.value}, which YAML reads as the octal number {int(digits, 8)}"
        return found, "numbers without a zero in front", f"write {plain}, or put it in quotes if it is text"
    elif kind == "timestamp":
        return f"{node.value}, which YAML reads as a date", "text and numbers", "put it in quotes"
    return None


def odd_key(key: str) -> Fault | None:
    """Return (found, allowed, fix) for a key with a blank in it that only looks like one."""
    match = _ODD_BLANKS.search(key)
    if match is None:
        return None
    found = f"the key {key!a} with the character U+{ord(match[0]):04X}, which looks like a blank or like nothing"
    return found, "plain blanks", "type the line again"


def odd_line(text: str) -> tuple[int, Fault] | None:
    """Return the line, counted from 1, and (found, allowed, fix) of a line break that editors do not show."""
    match = _ODD_BREAKS.search(text)
    if match is None:
        return None
    found = f"the character U+{ord(match[0]):04X}, which YAML takes for the end of a line"
    return text.count("\n", 0, match.start()) + 1, (found, "plain line breaks", "type the line again")
