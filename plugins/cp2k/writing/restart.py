"""Restart files of CP2K, from which a run continues exactly (no AiiDA)."""

from __future__ import annotations

import re
from collections.abc import Mapping

from aiida_zif.plugins.cp2k.writing.inputs import PROJECT

WRITTEN_FILES = (f"{PROJECT}-1.restart", f"{PROJECT}-1.restart.bak-1")
"""What a run leaves behind: the last one, and the one before it for the case that a kill fell into the writing."""

_STEP = re.compile(r"^\s*STEP_START_VAL\s+(\d+)\s*$", re.MULTILINE)
_SECTION = re.compile(r"^\s*&(END\b\s*)?(\w+)?", re.MULTILINE)


def restart_files(texts: Mapping[str, str]) -> dict[int, str]:
    """Return the names of the whole files by the step that they hold; those that were cut off are left out.

    :param texts: content by name, the newest first; missing files are empty.
    """
    found: dict[int, str] = {}
    for name, text in texts.items():
        step = restart_step(text)
        if step is not None:
            found.setdefault(step, name)
    return found


def restart_step(text: str) -> int | None:
    """Return the number of the MD step that a restart file holds, None if it is not whole."""
    match = _STEP.search(text)
    return int(match[1]) if match and "&END FORCE_EVAL" in text and _sections_are_closed(text) else None


def _sections_are_closed(text: str) -> bool:
    """Whether every section that begins also ends; a file that was cut off has one that does not."""
    opened: list[str] = []
    for ends, name in _SECTION.findall(text):
        if not ends:
            opened.append(name)
        elif not opened or opened.pop() != name:
            return False
    return not opened
