"""CP2K's description of its input: sections and keywords (no AiiDA).

cp2k-input-tools ships that description, for CP2K 2024.1. The file of another version is made with
``cp2k.psmp --xml`` and named in the environment variable ``AIIDA_ZIF_CP2K_SCHEMA``. It is large (27 MB): where every
section stands is found once, and only the sections that are asked for are parsed.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, BinaryIO
from xml.etree import ElementTree

VARIABLE = "AIIDA_ZIF_CP2K_SCHEMA"
_BORDER = re.compile(rb"<SECTION\b[^>]*>\s*<NAME>\s*(\S+)\s*</NAME>|</SECTION>")


@dataclass
class Keyword:
    """A keyword, or the parameter of a section.

    :param kind: ``logical``, ``integer``, ``real``, ``string``, ``word`` or ``keyword`` (one of ``choices``).
    :param count: number of values; -1 for any number.
    :param choices: in capitals.
    :param unit: of a bare number; empty if there is none.
    """

    names: list[str] = field(default_factory=list)
    kind: str = "string"
    count: int = 1
    choices: list[str] = field(default_factory=list)
    unit: str = ""
    repeats: bool = False


@dataclass
class Section:
    """A section; ``sections`` holds None where a section exists that was not asked for.

    :param keywords: by name and by every other name that CP2K takes for it.
    :param parameter: what may follow the name of the section, known as ``_``.
    """

    name: str = ""
    repeats: bool = False
    keywords: dict[str, Keyword] = field(default_factory=dict)
    sections: dict[str, Section | None] = field(default_factory=dict)
    parameter: Keyword | None = None


@dataclass
class _Place:
    """Where a section stands in the file: first byte, and the first one after all that is its own."""

    begin: int = 0
    end: int = 0
    below: dict[str, _Place] = field(default_factory=dict)


def read_schema(wanted: Mapping[str, Any], path: Path | None = None) -> Section:
    """Return the root of the input with the sections that an input uses.

    :param wanted: nested sections; keys in any case, everything that is no mapping is ignored.
    :param path: the description; by default that of the environment variable, else of cp2k-input-tools.
    :raises ValueError: the file is not there or does not describe CP2K's input.
    """
    path = path or _default_path()
    root = Section()
    try:
        places = _outline(path, path.stat().st_mtime_ns).below
        with path.open("rb") as file:
            root.sections = _sections(places, wanted, file)
    except (OSError, ElementTree.ParseError) as error:
        raise ValueError(f"{VARIABLE}: {path} found ({error}), the output of `cp2k.psmp --xml` is needed") from None
    if not places:
        raise ValueError(f"{VARIABLE}: {path} has no section of CP2K; make it with `cp2k.psmp --xml`")
    return root


def _default_path() -> Path:
    if os.environ.get(VARIABLE):
        return Path(os.environ[VARIABLE])
    tools = find_spec("cp2k_input_tools")  # found and not imported, which would take longer than all that follows
    assert tools is not None
    assert tools.origin is not None
    return Path(tools.origin).with_name("cp2k_input.xml")


@lru_cache(maxsize=1)
def _outline(path: Path, changed: int) -> _Place:
    """Find all sections by their borders, for a parser would take ten times as long.

    :param changed: time stamp of the file; another one is read again.
    """
    inside = [_Place()]
    for border in _BORDER.finditer(path.read_bytes()):
        if border[1]:
            place = _Place(border.start())
            inside[-1].end = inside[-1].end or border.start()  # what is its own comes before the sections below it
            inside[-1].below[border[1].decode()] = place
            inside.append(place)
        elif len(inside) > 1:
            place = inside.pop()
            place.end = place.end or border.start()
    return inside[0]


def _sections(places: Mapping[str, _Place], wanted: Mapping[str, Any], file: BinaryIO) -> dict[str, Section | None]:
    """The sections at ``places``, those parsed that are wanted."""
    asked = {str(key).upper(): _inside(value) for key, value in wanted.items()}
    built: dict[str, Section | None] = {}
    for name, place in places.items():
        inside = asked.get(name)
        built[name] = None
        if inside is not None:
            file.seek(place.begin)
            section = _section(ElementTree.fromstring(file.read(place.end - place.begin) + b"</SECTION>"))
            section.sections = _sections(place.below, inside, file)
            built[name] = section
    return built


def _section(element: ElementTree.Element) -> Section:
    """A section by itself."""
    section = Section(element.findtext("NAME", "").strip(), element.get("repeats") == "yes")
    for child in element:
        if child.tag == "SECTION_PARAMETERS":
            section.parameter = _keyword(child)
        elif child.tag in ("KEYWORD", "DEFAULT_KEYWORD") and child.get("removed") != "yes":
            keyword = _keyword(child)
            section.keywords |= dict.fromkeys(keyword.names, keyword)
    return section


def _keyword(element: ElementTree.Element) -> Keyword:
    """A keyword, or the parameter of a section."""
    data_type = element.find("DATA_TYPE")
    return Keyword(
        names=[(name.text or "").strip() for name in element.iterfind("NAME")],
        kind="string" if data_type is None else data_type.get("kind", "string"),
        count=int(element.findtext("DATA_TYPE/N_VAR", "1")),
        choices=[(name.text or "").strip() for name in element.iterfind("DATA_TYPE/ENUMERATION/ITEM/NAME")],
        unit=element.findtext("DEFAULT_UNIT", "").strip(),
        repeats=element.get("repeats") == "yes",
    )


def _inside(value: Any) -> Mapping[str, Any] | None:
    """The sections below a value; those of all items if a section comes more than once."""
    if isinstance(value, Mapping):
        return value
    if isinstance(value, list) and value and all(isinstance(item, Mapping) for item in value):
        joined: dict[str, Any] = {}
        for item in value:
            joined |= item
        return joined
    return None
