"""Check nested sections against CP2K's own description of its input (no AiiDA).

Sections are mappings with the parameter of a section under ``_``, as aiida-cp2k writes them; a list stands for a
section or keyword that comes more than once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from aiida_zif.plugins.cp2k.schema.description import Keyword, Section

PARAMETER = "_"
SWITCH = ("ON", "OFF", "TRUE", "FALSE", "T", "F", "YES", "NO", ".TRUE.", ".FALSE.")
KINDS = {"logical": "true or false", "integer": "a whole number", "real": "a number", "string": "text", "word": "text"}


@dataclass(frozen=True)
class Fault:
    """Something that CP2K would refuse.

    :param path: sections and keyword.
    """

    path: tuple[str, ...]
    found: str
    allowed: str
    fix: str


def faults(content: Mapping[str, Any], section: Section, path: tuple[str, ...] = ()) -> Iterator[Fault]:
    """Yield what CP2K would refuse in ``content``.

    :param content: what stands in the section.
    :param section: its description; sections that ``content`` uses must have been asked for.
    :param path: of the section, for messages.
    """
    given: dict[int | str, str] = {}
    for key, value in content.items():
        here, name = (*path, str(key)), str(key).upper()
        keyword = None if isinstance(value, Mapping | list) else section.keywords.get(name)
        one = name if keyword is None else id(keyword)
        if (first := given.setdefault(one, str(key))) != str(key):
            yield Fault(here, f"{first} and {key}, which are the same", "one of them", "join them, or remove one")
        elif name == PARAMETER:
            yield from _parameter_faults(value, section, here)
        elif name in section.sections and (isinstance(value, Mapping | list) or name not in section.keywords):
            yield from _section_faults(value, section.sections[name], here)
        elif name in section.keywords:
            yield from _keyword_faults(value, section.keywords[name], here)
        else:
            yield _unknown(name, section, here)


def canonical(content: Mapping[str, Any], section: Section) -> dict[str, Any]:
    """Return content that has no fault with the names and choices that CP2K itself uses, in capitals."""
    result: dict[str, Any] = {}
    for key, value in content.items():
        name = str(key).upper()
        below = section.sections.get(name)
        if isinstance(value, Mapping) and below is not None:
            result[name] = canonical(value, below)
        elif isinstance(value, list) and below is not None:
            result[name] = [canonical(item, below) for item in value]
        else:
            keyword = section.parameter if name == PARAMETER else section.keywords.get(name)
            choice = keyword is not None and keyword.kind == "keyword" and isinstance(value, str)
            main = keyword.names[0] if keyword is not None and name != PARAMETER else name
            result[main] = value.upper() if choice else value
    return result


def closest(word: str, names: Sequence[str], otherwise: str) -> str:
    """Return the name that was probably meant as a question, or ``otherwise``."""
    close = get_close_matches(word.upper(), [name.upper() for name in names], n=1, cutoff=0.6)
    by_capitals = {name.upper(): name for name in names}
    return f"did you mean {by_capitals[close[0]]!r}?" if close else otherwise


def _section_faults(value: Any, section: Section | None, path: tuple[str, ...]) -> Iterator[Fault]:
    if value is None:
        return  # leaves the section out
    items = value if isinstance(value, list) else [value]
    for item in items:
        if not isinstance(item, Mapping):
            yield Fault(path, repr(value), "a section", f"write keys with values below {path[-1]}")
            return
    if section is None:
        return
    if len(items) > 1 and not section.repeats:
        yield Fault(path, f"{len(items)} sections", "one section", "join them")
    for item in items:
        yield from faults(item, section, path)


def _parameter_faults(value: Any, section: Section, path: tuple[str, ...]) -> Iterator[Fault]:
    if section.parameter is None:
        yield Fault(path, repr(value), "a section without a parameter", f"remove {PARAMETER!r}")
    elif section.parameter.kind == "logical" and str(value).upper() in SWITCH:
        return
    else:
        yield from _keyword_faults(value, section.parameter, path)


def _keyword_faults(value: Any, keyword: Keyword, path: tuple[str, ...]) -> Iterator[Fault]:
    if value is None:
        return  # leaves the keyword out
    if isinstance(value, Mapping):
        yield Fault(path, "a section", _allowed(keyword), f"{path[-1]} is a keyword: write its value")
        return
    if isinstance(value, list) and not keyword.repeats:
        fix = "write the values as one text: '1 2 3'" if keyword.count != 1 else "give one value"
        yield Fault(path, repr(value), _allowed(keyword), fix)
        return
    for item in value if isinstance(value, list) else [value]:
        words = _words(item, keyword)
        if keyword.count > 1 and len(words) != keyword.count:
            yield Fault(path, repr(item), _allowed(keyword), "write the values as one text, blanks between them")
        elif not all(_fits(word, keyword) for word in words):
            yield Fault(path, repr(item), _allowed(keyword), _fix(item, keyword))
        elif isinstance(item, str) and not item.isprintable():
            yield Fault(path, ascii(item), "text on one line", "remove line breaks and control characters")
        elif path[-1].upper() == "FILENAME" and re.search(r"[/\\]|^=", str(item)):
            fix = "CP2K writes into the folder of its job, and puts the name of its project before this one"
            yield Fault(path, repr(item), "a name without a folder and without '='", fix)


def _words(value: Any, keyword: Keyword) -> list[Any]:
    """The single values; the numbers of a text with several of them as numbers."""
    if keyword.count == 1 or not isinstance(value, str) or keyword.kind in ("string", "word"):
        return [value]
    return [_number(word) for word in value.split()]


def _number(word: str) -> Any:
    if re.fullmatch(r"[+-]?\d+", word):
        return int(word)
    if re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)([eEdD][+-]?\d+)?", word):
        return float(re.sub("[dD]", "e", word))
    return word


def _fits(value: Any, keyword: Keyword) -> bool:
    if keyword.kind == "logical":
        return isinstance(value, bool)
    if keyword.kind == "keyword":
        return isinstance(value, str) and value.upper() in keyword.choices
    if isinstance(value, bool):
        return False
    if keyword.kind == "integer":
        return isinstance(value, int)
    if keyword.kind == "real":
        return isinstance(value, int | float)
    return isinstance(value, str | int | float)


def _allowed(keyword: Keyword) -> str:
    if keyword.kind == "keyword":
        return f"one of {', '.join(keyword.choices)}"
    unit = f" ({keyword.unit})" if keyword.unit else ""
    if keyword.count > 1:
        return f"{keyword.count} values, each {KINDS[keyword.kind]}{unit}"
    return f"{KINDS[keyword.kind]}{unit}"


def _fix(value: Any, keyword: Keyword) -> str:
    if keyword.kind == "keyword" and isinstance(value, bool):
        return "put it in quotes: YAML reads ON and OFF as true and false"
    if keyword.kind == "keyword":
        return closest(str(value), keyword.choices, "take one of these")
    if keyword.kind in ("real", "integer") and isinstance(value, str):
        unit = f", in {keyword.unit}" if keyword.unit else ""
        return f"write a plain number{unit}; YAML reads 1.0e-7 as a number, but 1e-7 as text"
    return "change it to what is allowed"


def _unknown(name: str, section: Section, path: tuple[str, ...]) -> Fault:
    """An unknown name: one of this section with a slip, or one of a section below it."""
    names = [*section.sections, *section.keywords]
    place = _place(name, section)
    below = f"it belongs below {'/'.join(place)}" if place else "see the manual of CP2K"
    owner = section.name or "the input"
    return Fault(path, f"the unknown key {name}", f"keywords and sections of {owner}", closest(name, names, below))


def _place(name: str, section: Section) -> tuple[str, ...]:
    """Where below a section a name is known; empty if nowhere."""
    for below in filter(None, section.sections.values()):
        if name in below.keywords or name in below.sections:
            return (below.name,)
        deeper = _place(name, below)
        if deeper:
            return (below.name, *deeper)
    return ()
