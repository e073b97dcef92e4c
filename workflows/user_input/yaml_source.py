"""Read a YAML file safely, and record the line of every key (no AiiDA)."""

from __future__ import annotations

import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiida_zif.workflows.user_input.problems import CampaignError, Problem, dotted, one_line, shown
from aiida_zif.workflows.user_input.scalars import odd_key, odd_line, settle

YamlPath = tuple[str | int, ...]

LARGEST_FILE = 1_000_000
"""Bytes; a campaign file is a page or two."""

MOST_NODES = 20_000
"""Keys and values after aliases are followed, so that a small file cannot unfold into a large one."""

DEEPEST = 40

LONGEST_NUMBER = 100
"""Characters of a value that YAML does not read as text; one of a megabyte would keep it busy for hours."""


@dataclass(frozen=True)
class Source:
    """The content of a campaign file and where it stands.

    :param data: the top-level mapping.
    :param file: name for messages.
    :param folder: what relative paths in the file start from.
    :param lines: path of a key → line, counted from 1.
    """

    data: dict[str, Any]
    file: str
    folder: Path
    lines: dict[YamlPath, int] = field(default_factory=dict)

    def line(self, path: YamlPath) -> int | None:
        """The line of a key, or of the closest key above it."""
        for end in range(len(path), 0, -1):
            if path[:end] in self.lines:
                return self.lines[path[:end]]
        return None

    def problem(self, path: YamlPath, found: str, allowed: str, fix: str) -> Problem:
        """A problem with the value at ``path``."""
        return Problem(self.file, self.line(path), dotted(path), found, allowed, fix)


def file_fault(path: Path, largest: int) -> tuple[str, str, str] | None:
    """Return (found, allowed, fix) if ``path`` is no regular, readable file of at most ``largest`` bytes."""
    allowed = f"a readable file of at most {largest // 1000:d} kB"
    try:
        status = path.stat()
        if stat.S_ISREG(status.st_mode) and status.st_size <= largest:
            with path.open("rb"):
                return None
    except FileNotFoundError:
        return (
            f"no file {shown(str(path))}",
            allowed,
            "correct the path (relative ones start at the folder of this file)",
        )
    except (OSError, ValueError) as error:  # ValueError: a null byte in the path
        reason = getattr(error, "strerror", None) or str(error)
        return f"{shown(str(path))}, which cannot be read ({reason})", allowed, "correct the path or its permissions"
    if not stat.S_ISREG(status.st_mode):
        return f"{shown(str(path))}, which is no regular file", allowed, "give the path of a file"
    return f"a file of {status.st_size / 1000:.0f} kB", allowed, "is this the right file?"


def read_source(path: str | Path) -> Source:
    """Read a campaign file.

    :raises CampaignError: missing, unreadable, not UTF-8, not YAML, a key twice, a tag, or not a mapping.
    """
    import yaml

    path = Path(path)
    source = Source({}, str(path), path.parent)
    fault = file_fault(path, LARGEST_FILE)
    if fault:
        raise CampaignError([source.problem((), *fault)])
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        found = f"a byte that is not UTF-8 ({error.object[error.start]:#04x} at byte {error.start})"
        raise CampaignError([source.problem((), found, "text in UTF-8", "save the file as UTF-8")]) from None
    if odd := odd_line(text):
        raise CampaignError([Problem(source.file, odd[0], "", *odd[1])])

    loader = None
    try:
        loader = yaml.SafeLoader(text)
        node = loader.get_single_node()
        problems = list(_walk(node, source)) if node is not None else []
        if problems:
            raise CampaignError(problems)
        data = loader.construct_document(node) if node is not None else None
    except yaml.YAMLError as error:
        raise CampaignError([_yaml_problem(error, source.file)]) from None
    except (ValueError, OverflowError, RecursionError) as error:
        if isinstance(error, CampaignError):
            raise
        raise CampaignError([_yaml_problem(error, source.file)]) from None
    finally:
        if loader is not None:
            loader.dispose()
    if not isinstance(data, dict):
        raise CampaignError(
            [source.problem((), shown(data), "keys with values (`name: …`)", "see docs/campaign.md and docs/study.md")]
        )
    return Source(data, source.file, source.folder, source.lines)


def _yaml_problem(error: Exception, file: str) -> Problem:
    """What YAML says, with its line."""
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    found = " ".join(filter(None, [getattr(error, "context", None), getattr(error, "problem", None)])) or str(error)
    line, allowed = mark.line + 1 if mark else None, "one plain YAML document without tags"
    fix = "correct this line or the one before it: look for a missing colon, quote or bracket, a tab, an indentation"
    if unit := unit_behind_list(mark):
        fix = f"write the unit behind every number of the list: [1 {unit}, 2 {unit}]"
    return Problem(file, line, "", " ".join(found.split()), allowed, fix)


def unit_behind_list(mark: Any) -> str:
    """Return what stands behind a closed list where YAML stopped, such as the unit of its numbers; or nothing."""
    buffer, pointer = getattr(mark, "buffer", None), getattr(mark, "pointer", 0)
    if buffer is None or not buffer[:pointer].rstrip(" ").endswith("]"):
        return ""
    return one_line(re.split(r"[,}\]\n#\0]", buffer[pointer:], maxsplit=1)[0].strip())[:20]


def _walk(root: Any, source: Source) -> Iterator[Problem]:
    """Note the line of every key; yield keys that come twice or are no text, odd values, and files that unfold."""
    import yaml

    counted = 0
    waiting: list[tuple[Any, YamlPath]] = [(root, ())]
    while waiting:
        node, path = waiting.pop()
        counted += 1
        if counted > MOST_NODES or len(path) > DEEPEST:
            allowed = f"at most {MOST_NODES} values, {DEEPEST} levels deep"
            yield Problem(source.file, None, "", "a file that is too large or refers to itself", allowed, "shorten it")
            return
        source.lines.setdefault(path, node.start_mark.line + 1)  # a key's own line is noted already
        if isinstance(node, yaml.ScalarNode):
            yield from _scalar_problems(node, path, source)
        elif isinstance(node, yaml.SequenceNode):
            waiting += [(child, (*path, index)) for index, child in enumerate(node.value)]
        elif isinstance(node, yaml.MappingNode):
            children, problems = _keys(node, path, source)
            waiting += children
            yield from problems


def _scalar_problems(node: Any, path: YamlPath, source: Source) -> Iterator[Problem]:
    """A number without end, and what YAML reads as something else than it says."""
    if node.tag != "tag:yaml.org,2002:str" and len(node.value) > LONGEST_NUMBER:
        allowed = f"a number of at most {LONGEST_NUMBER} characters"
        yield source.problem(path, shown(node.value), allowed, "shorten it, or put it in quotes")
    elif fault := settle(node):
        yield source.problem(path, *fault)


def _keys(node: Any, path: YamlPath, source: Source) -> tuple[list[tuple[Any, YamlPath]], list[Problem]]:
    """The values of a mapping with their paths, and what is wrong with its keys."""
    children: list[tuple[Any, YamlPath]] = []
    problems: list[Problem] = []
    seen: set[str] = set()
    for key, child in node.value:
        line = key.start_mark.line + 1
        if key.tag == "tag:yaml.org,2002:merge":
            children.append((child, path))
        elif key.tag != "tag:yaml.org,2002:str":
            name = shown(key.value) if isinstance(key.value, str) else "that is a list or has keys itself"
            found = f"the key {name}, which YAML does not read as text"
            problems.append(Problem(source.file, line, dotted(path), found, "keys that are text", "put it in quotes"))
        elif fault := odd_key(key.value):
            problems.append(Problem(source.file, line, dotted(path), *fault))
        elif key.value in seen:
            found = f"the key a second time (first on line {source.lines[(*path, key.value)]})"
            field = dotted((*path, key.value))
            problems.append(Problem(source.file, line, field, found, "every key once", "keep one of the two"))
        else:
            seen.add(key.value)
            children.append((child, (*path, key.value)))
            source.lines[(*path, key.value)] = line
    return children, problems
