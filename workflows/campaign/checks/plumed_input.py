"""A PLUMED input, checked as far as its text says, without PLUMED (no AiiDA).

Syntax after the manual of PLUMED 2: ``label: ACTION KEY=value FLAG``, comments after ``#``, statements over several
lines between ``ACTION ...`` and ``...``, nothing is read after ``ENDPLUMED``.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cache
from typing import NamedTuple

ATOM_KEYS = re.compile(r"(?:ATOMS?|GROUP[AB]?|SPECIES[AB]?|ENDPOINTS)\d*")
"""Keys whose numbers are atoms, counted from 1."""

READ_KEYS = ("REFERENCE", "NDX_FILE", "STRUCTURE", "MODEL", "GRID_RFILE", "HEXAGONAL_FILE", "WALKERS_DIR")
"""Keys that name a file to read; a job gets the input alone."""

READERS = ("INCLUDE", "LOAD", "EXTERNAL", "READ")
"""Actions whose FILE is read."""

UNITS = {
    "LENGTH": ("nm", "A", "um", "Bohr"),
    "ENERGY": ("kj/mol", "j/mol", "kcal/mol", "eV", "Ha"),
    "TIME": ("ps", "fs", "ns", "atomic"),
    "MASS": ("amu",),
    "CHARGE": ("e",),
}
"""What ``UNITS`` takes beside a plain number."""

NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)


class PlumedFault(NamedTuple):
    """One thing that is wrong, with its line in the input, counted from 1."""

    line: int
    found: str
    allowed: str
    fix: str


@dataclass
class Statement:
    """One statement of an input."""

    line: int
    words: list[str]
    label: str | None = None
    action: str = ""
    keys: dict[str, str] = field(default_factory=dict)


def plumed_faults(text: str, n_atoms: int) -> Iterator[PlumedFault]:
    """Yield what is wrong with an input.

    :param text: content of the input.
    :param n_atoms: of the system that it biases.
    """
    statements, unclosed = read_statements(text)
    if unclosed is not None:
        yield PlumedFault(unclosed, "a statement that begins with '...' and has no end", "a closing '...'", "add it")
        return
    if not statements:
        yield PlumedFault(1, "no statement", "at least one action", "write one, or leave exploration.plumed out")
    labels: set[str] = set()
    for one in statements:
        yield from _syntax_faults(one, labels)
        yield from _atom_faults(one, n_atoms)
        yield from _file_faults(one)
        yield from _unit_faults(one)
        yield from _argument_faults(one, labels)
        labels.add(one.label or f"@{len(labels)}")


def read_statements(text: str) -> tuple[list[Statement], int | None]:
    """Return the statements of an input, and the line of one that is not closed."""
    statements: list[Statement] = []
    open_since: int | None = None
    words: list[str] = []
    for number, line in enumerate(text.splitlines(), 1):
        content = line.partition("#")[0].split()
        if open_since is not None:
            if content[:1] == ["..."]:
                statements.append(_statement(open_since, words))
                open_since = None
            else:
                words += content
        elif content == ["ENDPLUMED"]:
            break
        elif content and content[-1] == "...":
            open_since, words = number, content[:-1]
        elif content:
            statements.append(_statement(number, content))
    return statements, open_since


def _statement(line: int, words: list[str]) -> Statement:
    statement, rest = Statement(line, words), list(words)
    if rest and rest[0].endswith(":"):
        statement.label = rest.pop(0)[:-1]
    statement.action = rest.pop(0) if rest else ""
    for word in _joined(rest):
        key, _, value = word.partition("=")
        statement.keys[key] = value
    statement.label = statement.label or statement.keys.get("LABEL")
    return statement


def _joined(words: Sequence[str]) -> Iterator[str]:
    """Words, those inside braces as one."""
    open_word = ""
    for word in words:
        open_word = f"{open_word} {word}".strip()
        if open_word.count("{") <= open_word.count("}"):
            yield open_word
            open_word = ""
    if open_word:
        yield open_word


def _syntax_faults(one: Statement, labels: set[str]) -> Iterator[PlumedFault]:
    if not re.fullmatch(r"[A-Z][A-Z0-9_-]*", one.action):
        fix = f"write {one.action.upper()!r}" if re.fullmatch(r"[A-Za-z]\w*", one.action) else "write the action first"
        yield PlumedFault(one.line, f"{one.action or 'nothing'!r} in the place of an action", "capital letters", fix)
    elif (names := actions_of_plumed()) is not None and one.action not in names:
        close = get_close_matches(one.action, names, n=1)
        fix = f"did you mean {close[0]!r}?" if close else "see `plumed gentemplate --list`"
        yield PlumedFault(one.line, f"the action {one.action!r}", "actions of PLUMED", fix)
    if one.label is not None and one.label in labels:
        yield PlumedFault(
            one.line, f"the label {one.label!r} a second time", "every label once", "rename one of the two"
        )


def _atom_faults(one: Statement, n_atoms: int) -> Iterator[PlumedFault]:
    for key, value in one.keys.items():
        if not ATOM_KEYS.fullmatch(key):
            continue
        for part in value.strip("{}").split(","):
            match = re.fullmatch(r"(\d{1,9})(?:-(\d{1,9})(?::-?\d+)?)?", part.strip(), re.ASCII)
            atoms = [int(index) for index in match.groups() if index] if match else []
            wrong = [index for index in atoms if not 1 <= index <= n_atoms]
            if wrong:
                fix = "atoms are counted from 1, in the order of the structure after its supercell is built"
                yield PlumedFault(one.line, f"{key}={value}, atom {wrong[0]}", f"atoms 1 to {n_atoms}", fix)
                break


def _file_faults(one: Statement) -> Iterator[PlumedFault]:
    if one.action in READERS:
        fix = "write its content into the input" if one.action == "INCLUDE" else "remove it"
        yield PlumedFault(one.line, f"{one.action}, which reads a file", "an input that needs no other file", fix)
    for key, value in one.keys.items():
        if key in READ_KEYS:
            found = f"{key}={value}, a file that is read"
            yield PlumedFault(one.line, found, "an input that needs no other file", "remove it")
        elif (key == "FILE" or key.endswith("_FILE") or key.endswith("WFILE")) and re.search(r"[/\\]|^\.\.?$", value):
            found = f"{key}={value}, outside the folder of the job"
            name = re.split(r"[/\\]", value)[-1] or "COLVAR"
            yield PlumedFault(one.line, found, "a name without a folder", f"write {key}={name}")


def _unit_faults(one: Statement) -> Iterator[PlumedFault]:
    for key, value in one.keys.items() if one.action == "UNITS" else ():
        allowed = UNITS.get(key)
        if allowed and value not in allowed and not NUMBER.fullmatch(value):
            close = get_close_matches(value.lower(), [name.lower() for name in allowed], n=1, cutoff=0.9)
            name = next((name for name in allowed if close and name.lower() == close[0]), None)
            fix = f"write {key}={name}" if name else "take one of these"
            yield PlumedFault(one.line, f"{key}={value}", f"{', '.join(allowed)}, or a number", fix)


def _argument_faults(one: Statement, labels: set[str]) -> Iterator[PlumedFault]:
    """Arguments are labels that stand further up; PLUMED adds names with '.' and '_' to them by itself."""
    value = one.keys.get("ARG", "")
    if not value or re.search(r"[*()@{}]", value):
        return
    for name in value.split(","):
        base = name.partition(".")[0]
        known = base in labels or any(base.startswith(f"{label}_") for label in labels)
        if base and not known and not NUMBER.fullmatch(base):
            close = get_close_matches(base, labels, n=1)
            fix = f"did you mean {close[0]!r}?" if close else "give the action that computes it this label, further up"
            given = ", ".join(sorted(label for label in labels if not label.startswith("@"))) or "none"
            found, allowed = f"ARG={value}, without {base!r} before it", f"labels that stand further up: {given}"
            yield PlumedFault(one.line, found, allowed, fix)


@cache
def actions_of_plumed() -> frozenset[str] | None:
    """Return the actions of the `plumed` of this machine; None if there is none, or it does not answer."""
    executable = shutil.which("plumed")
    if executable is None:
        return None
    command = [executable, "--no-mpi", "gentemplate", "--list"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    names = re.findall(r"^\s*([A-Z][A-Z0-9_-]*)\s*$", done.stdout, re.MULTILINE)
    return frozenset({*names, "ENDPLUMED", "INCLUDE", "LOAD"}) if len(names) > 20 else None
