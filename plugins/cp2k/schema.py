"""What CP2K's input may hold, read from the description that CP2K writes of itself (no AiiDA).

cp2k-input-tools ships that description, for CP2K 2024.1. The file of another version is made with
``cp2k.psmp --xml`` and named in the environment variable ``AIIDA_ZIF_CP2K_SCHEMA``. It is large (27 MB), so only
the sections that are asked for are built; this takes half a second and happens only where there is something to
check.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.parsers import expat

VARIABLE = "AIIDA_ZIF_CP2K_SCHEMA"


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


def read_schema(wanted: Mapping[str, Any], path: Path | None = None) -> Section:
    """Return the root of the input with the sections that an input uses.

    :param wanted: nested sections; keys in any case, everything that is no mapping is ignored.
    :param path: the description; by default that of the environment variable, else of cp2k-input-tools.
    :raises ValueError: the file is not there or does not describe CP2K's input.
    """
    path = path or _default_path()
    reader = _Reader(wanted)
    try:
        with path.open("rb") as file:
            reader.parser.ParseFile(file)
    except (OSError, expat.ExpatError) as error:
        raise ValueError(f"{VARIABLE}: {path} found ({error}), the output of `cp2k.psmp --xml` is needed") from None
    if not reader.root.sections:
        raise ValueError(f"{VARIABLE}: {path} has no section of CP2K; make it with `cp2k.psmp --xml`")
    return reader.root


def _default_path() -> Path:
    if os.environ.get(VARIABLE):
        return Path(os.environ[VARIABLE])
    from cp2k_input_tools import DEFAULT_CP2K_INPUT_XML

    return Path(DEFAULT_CP2K_INPUT_XML)


class _Reader:
    """Builds sections while the file streams by; what nobody asked for is only counted through."""

    def __init__(self, wanted: Mapping[str, Any]) -> None:
        self.root = Section()
        self.open: list[tuple[Section, Mapping[str, Any]]] = [(self.root, wanted)]
        self.pending: Section | None = None
        """A section whose name is still to come."""
        self.keyword: Keyword | None = None
        self.removed = False
        self.in_choices = False
        self.text: list[str] = []
        self.skipped = 0
        """Depth inside a section that nobody asked for."""
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        if self.skipped:
            self.skipped += 1
        elif tag == "SECTION":
            self.pending = Section(repeats=attributes.get("repeats") == "yes")
        elif tag in ("KEYWORD", "DEFAULT_KEYWORD", "SECTION_PARAMETERS"):
            self.keyword = Keyword(repeats=attributes.get("repeats") == "yes")
            self.removed = attributes.get("removed") == "yes"
        elif tag == "DATA_TYPE" and self.keyword:
            self.keyword.kind = attributes["kind"]
        elif tag == "ENUMERATION":
            self.in_choices = True
        elif tag in ("NAME", "N_VAR", "DEFAULT_UNIT"):
            self.text = []
            self.parser.CharacterDataHandler = self.text.append

    def _end(self, tag: str) -> None:
        if self.skipped:
            self.skipped -= 1
            return
        if tag in ("NAME", "N_VAR", "DEFAULT_UNIT"):
            self.parser.CharacterDataHandler = None
            self._value(tag, "".join(self.text).strip())
        elif tag == "ENUMERATION":
            self.in_choices = False
        elif tag in ("KEYWORD", "DEFAULT_KEYWORD", "SECTION_PARAMETERS"):
            self._keyword(tag)
        elif tag == "SECTION":
            self.open.pop()

    def _value(self, tag: str, text: str) -> None:
        if self.keyword is None:
            if self.pending is not None and tag == "NAME":
                self._section(self.pending, text)
        elif tag == "N_VAR":
            self.keyword.count = int(text)
        elif tag == "DEFAULT_UNIT":
            self.keyword.unit = text
        elif self.in_choices:
            self.keyword.choices.append(text)
        else:
            self.keyword.names.append(text)

    def _section(self, section: Section, name: str) -> None:
        """The name of a section is known: build it, or skip it."""
        parent, wanted = self.open[-1]
        self.pending, section.name = None, name
        asked = [value for key, value in wanted.items() if str(key).upper() == name]
        inside = _inside(asked[0]) if asked else None
        parent.sections[name] = section if inside is not None else None
        if inside is None:
            self.skipped = 1
        else:
            self.open.append((section, inside))

    def _keyword(self, tag: str) -> None:
        section, keyword = self.open[-1][0], self.keyword
        assert keyword is not None
        self.keyword = None
        if tag == "SECTION_PARAMETERS":
            section.parameter = keyword
        elif not self.removed:
            section.keywords |= dict.fromkeys(keyword.names, keyword)


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
