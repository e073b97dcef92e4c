"""The folders are as the architecture page draws them: arrows run one way, rooms stay small, everything is packaged."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PARTS = ("plugins", "workflows", "provenance", "setup", "cli")
ABOVE = {
    "plugins": set[str](),
    "workflows": {"plugins"},
    "provenance": {"plugins", "workflows"},
    "setup": {"plugins", "workflows"},
    "cli": {"plugins", "workflows", "provenance", "setup"},
}
"""What each part may import, beside itself."""

MOST_ENTRIES = 12
NOT_COUNTED = ("__pycache__", "__init__.py", "py.typed")

Arrows = Mapping[str, set[str]]


def sources() -> Iterator[Path]:
    for part in PARTS:
        yield from (path for path in sorted((ROOT / part).rglob("*.py")) if "__pycache__" not in path.parts)


def module_of(path: Path) -> str:
    """Dotted name of a file below ``aiida_zif``."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


MODULES = {module_of(path): path for path in sources()}


def imported(path: Path) -> Iterator[str]:
    """Names that a file imports from this project: modules, or modules with a name in them."""
    package = module_of(path) if path.name == "__init__.py" else module_of(path).rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names = [name.name.removeprefix("aiida_zif.") for name in node.names if name.name.startswith("aiida_zif.")]
            yield from names
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join(["aiida_zif", *above, *filter(None, [base])])
            if base.startswith("aiida_zif"):
                below = base.removeprefix("aiida_zif").lstrip(".")
                yield from (f"{below}.{name.name}".lstrip(".") for name in node.names)


def home(name: str) -> str:
    """The module that a dotted name is in."""
    while name not in MODULES:
        name, _, _ = name.rpartition(".")
        assert name, "a name outside the project"
    return name


@pytest.fixture(scope="module")
def arrows() -> Arrows:
    """Module → modules that it imports, at any place in its text."""
    return {name: {home(other) for other in imported(path)} - {name} for name, path in MODULES.items()}


def folder(module: str) -> str:
    return MODULES[module].parent.relative_to(ROOT).as_posix()


def test_every_import_is_of_a_module_that_exists(arrows: Arrows) -> None:
    assert sum(map(len, arrows.values())) > len(MODULES)


def test_arrows_between_the_parts_run_down(arrows: Arrows) -> None:
    wrong = [
        f"{name} -> {other}"
        for name, others in arrows.items()
        for other in others
        if (above := name.partition(".")[0]) != (part := other.partition(".")[0]) and part not in ABOVE[above]
    ]
    assert wrong == []


def test_no_module_imports_itself_by_way_of_others(arrows: Arrows) -> None:
    try:
        TopologicalSorter({name: sorted(others) for name, others in arrows.items()}).prepare()
    except CycleError as error:
        pytest.fail(f"circle: {' -> '.join(error.args[1])}")


@pytest.mark.parametrize("part", PARTS)
def test_no_folder_imports_itself_by_way_of_its_siblings(arrows: Arrows, part: str) -> None:
    between: dict[str, set[str]] = {}
    for name, others in arrows.items():
        for other in others:
            here, there = folder(name).split("/"), folder(other).split("/")
            level = next((n for n, pair in enumerate(zip(here, there, strict=False)) if pair[0] != pair[1]), None)
            if level and here[0] == there[0] == part:  # siblings: the folders in which the two paths part
                between.setdefault("/".join(here[: level + 1]), set()).add("/".join(there[: level + 1]))
    try:
        TopologicalSorter(between).prepare()
    except CycleError as error:
        pytest.fail(f"circle: {' -> '.join(error.args[1])}")


def test_no_folder_has_more_entries_than_one_takes_in_at_a_look() -> None:
    crowded = {}
    for path in {path.parent for path in sources()}:
        entries = [entry.name for entry in path.iterdir() if entry.name not in NOT_COUNTED]
        if len(entries) > MOST_ENTRIES:
            crowded[path.relative_to(ROOT).as_posix()] = len(entries)
    assert crowded == {}


def test_every_folder_with_python_in_it_is_a_package() -> None:
    assert [str(path.parent) for path in sources() if not (path.parent / "__init__.py").is_file()] == []


def test_no_two_test_modules_have_one_name() -> None:
    """Pytest imports them by their names alone."""
    names = [path.name for path in (ROOT / "tests").rglob("test_*.py")]
    assert sorted(name for name in set(names) if names.count(name) > 1) == []


def test_a_link_below_src_stands_for_every_part() -> None:
    links = {path.name: path.resolve() for path in (ROOT / "src" / "aiida_zif").iterdir() if path.is_symlink()}
    assert links == {part: ROOT / part for part in PARTS}


def page_arrows() -> dict[str, set[str]]:
    """Folder → sibling folders that it may import, from the tables of the architecture page."""
    allowed: dict[str, set[str]] = {}
    part = ""
    for line in (ROOT / "docs" / "architecture.md").read_text().splitlines():
        if heading := re.match(r"### `(\w+)/`", line):
            part = heading[1]
        elif line.startswith("## "):
            part = ""
        elif part and (row := re.match(r"\| `(\w+)` \|([^|]*)\|", line)):
            allowed[f"{part}/{row[1]}"] = {f"{part}/{name}" for name in re.findall(r"`(\w+)`", row[2])}
    return allowed


def test_the_architecture_page_lists_every_folder() -> None:
    folders = {f"{part}/{path.name}" for part in PARTS for path in (ROOT / part).iterdir() if path.is_dir()}
    assert {name for name in folders if not name.endswith("__pycache__")} == set(page_arrows())


def test_folders_import_only_the_siblings_that_the_architecture_page_lists(arrows: Arrows) -> None:
    allowed = page_arrows()
    wrong = set()
    for name, others in arrows.items():
        for other in others:
            here, there = ("/".join(folder(module).split("/")[:2]) for module in (name, other))
            siblings = here in allowed and there in allowed and here.split("/")[0] == there.split("/")[0]
            if siblings and here != there and there not in allowed[here]:
                wrong.add(f"{here} -> {there}")
    assert wrong == set()
