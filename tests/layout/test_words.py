"""What a person reads uses the standard words: help, messages, reports, scripts and documentation."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PARTS = ("plugins", "workflows", "provenance", "setup", "cli")

HOUSE_WORDS = {
    r"mend(s|ed|ing)?": "fix",
    r"tells?|told": "show, print, report, list",
    r"remembers?|remembered": "records, stores",
    r"hands? (on|over|out|back)": "passes, submits, returns",
    r"is asked for|are asked for|asks for|ask for": "requires, requests",
    r"in a word": "briefly",
    r"the whole story": "the log file",
    r"go on (with|from)|goes on (with|from)|going on (with|from)": "continue, continues",
    r"(come|comes|came) back": "is returned, are returned",
    r"for good": "stays, permanently",
    r"legs?": "trajectory",
    r"of the looks|looks at the glass|a look every|two looks": "sampled frames",
    r"without a word": "no message",
    r"anew": "again",
    r"re-us(e|es|ed|ing)": "reuse",
    r"data-sets?": "data set",
    r"time-steps?": "time step",
    r"plug-ins?": "plugin",
    r"an idle computer|nothing else runs on it": "on an idle machine",
}
"""Pattern of whole words, in any case → what to write instead. To forbid another word, add a line."""

PATTERNS = {re.compile(rf"\b(?:{words})\b", re.IGNORECASE): better for words, better in HOUSE_WORDS.items()}
FEWEST_WORDS = 3
"""A string of fewer words may be a key, a name or a piece of another language."""


def is_text(value: str) -> bool:
    """Whether a string of the code is written for people: words with blanks between, no other language."""
    return len(re.findall(r"[A-Za-z]{2,}", value)) >= FEWEST_WORDS and not re.search(r"\bSELECT\b|#!/bin/sh", value)


def bare_strings(tree: ast.AST) -> Iterator[ast.Constant]:
    """Docstrings, and the strings below attributes that describe them."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            yield node.value


def help_texts(tree: ast.AST) -> Iterator[ast.Constant]:
    """Docstrings of commands: of functions with a decorator such as ``@click.command``."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and any("command" in ast.unparse(one) for one in node.decorator_list):
            yield from (one.value for one in node.body[:1] if isinstance(one, ast.Expr))  # type: ignore[misc]


def texts_of_code(path: Path) -> Iterator[tuple[str, str]]:
    """Messages of a module, and the help texts of commands."""
    tree = ast.parse(path.read_text())
    unseen = {id(node) for node in bare_strings(tree)} - {id(node) for node in help_texts(tree)}
    pieces = {id(piece) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for piece in node.values}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            text = "".join(piece.value if isinstance(piece, ast.Constant) else "…" for piece in node.values)  # type: ignore[misc]
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in unseen | pieces:
            text = node.value
        else:
            continue
        if is_text(text):
            yield f"{path.relative_to(ROOT)}:{node.lineno}", text


def texts_of_file(path: Path) -> Iterator[tuple[str, str]]:
    for number, line in enumerate(path.read_text().splitlines(), start=1):
        yield f"{path.relative_to(ROOT)}:{number}", re.sub(r"`[^`]*`|\{[{%].*?[%}]\}", "", line)  # names are not prose


CODE = [path for part in PARTS for path in sorted((ROOT / part).rglob("*.py"))]
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]
SCRIPTS = [*sorted((ROOT / "setup").glob("*.sh"))]
TEMPLATES = [*sorted((ROOT / "provenance").rglob("*.j2")), *sorted((ROOT / "examples").rglob("*.yaml"))]


def wrong_words(texts: Iterator[tuple[str, str]]) -> list[str]:
    return [
        f"{place}: {found[0]!r}, write: {better}"
        for place, text in texts
        for pattern, better in PATTERNS.items()
        for found in pattern.finditer(text)
    ]


@pytest.mark.parametrize("part", PARTS)
def test_messages_and_help_use_the_house_words(part: str) -> None:
    assert [
        line for path in CODE if path.is_relative_to(ROOT / part) for line in wrong_words(texts_of_code(path))
    ] == []


@pytest.mark.parametrize("path", [*PAGES, *SCRIPTS, *TEMPLATES], ids=lambda path: str(path.relative_to(ROOT)))
def test_pages_scripts_and_templates_use_the_house_words(path: Path) -> None:
    assert wrong_words(texts_of_file(path)) == []


def test_a_forbidden_word_is_found_and_a_name_is_not(tmp_path: Path) -> None:
    assert wrong_words(iter([("here", "It tells what to mend.")])) == [
        "here: 'mend', write: fix",
        "here: 'tells', write: show, print, report, list",
    ]
    assert wrong_words(iter([("here", "the amendment of a bestseller, a bring_up function")])) == []
