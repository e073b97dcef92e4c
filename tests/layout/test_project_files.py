"""Files that readers and tools expect agree with the code: citation, typing marker, hooks, changelog, documentation."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

try:
    import tomllib
except ModuleNotFoundError:  # Python 3.10
    import tomli as tomllib

ROOT = Path(__file__).parents[2]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
PAGES = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")] + sorted(
    (ROOT / "docs").glob("*.md")
)


def test_the_citation_is_valid_and_names_the_version_and_licence_of_the_package() -> None:
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert citation["cff-version"] == "1.2.0"
    assert {"message", "title", "authors"} <= citation.keys()
    assert all(author.keys() == {"name"} for author in citation["authors"]), "an entity, no person"
    assert citation["title"] == PROJECT["name"]
    assert citation["version"] == PROJECT["version"]
    assert citation["license"] == PROJECT["license"]


def test_every_part_says_that_it_has_types() -> None:
    missing = [link.name for link in (ROOT / "src/aiida_zif").iterdir() if not (link / "py.typed").is_file()]
    assert missing == []


def test_the_hooks_are_local_and_run_the_checks_of_the_test_script() -> None:
    (local,) = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
    assert local["repo"] == "local"
    assert {hook["language"] for hook in local["hooks"]} == {"system"}
    script = (ROOT / "setup/test.sh").read_text().partition('step "Tests"')[0]
    checks = dict(re.findall(r'check "([^"]+)" (.+)', script))
    assert {hook["name"]: hook["entry"].removeprefix("bash -c '").rstrip("'") for hook in local["hooks"]} == checks


def test_the_changelog_begins_with_what_is_unreleased_and_sorts_changes_by_kind() -> None:
    text = (ROOT / "CHANGELOG.md").read_text()
    assert re.findall(r"^## (.+)", text, re.MULTILINE)[0] == "Unreleased"
    assert set(re.findall(r"^### (.+)", text, re.MULTILINE)) <= {"Added", "Changed", "Fixed", "Removed"}


SUFFIXES = r"py|md|sh|yaml|yml|toml|json|j2|cff|png"
PARTS = "plugins|workflows|provenance|setup|cli|tests|docs|examples|benchmarks|src"


def named_paths(text: str) -> set[str]:
    """Paths of this repository in a page: targets of links, and code that begins with one of its folders."""
    links = re.findall(r"\]\(([^)#:]+?)(?:#[^)]*)?\)", text)
    inline = re.findall(rf"`(?:\./|python )?((?:{PARTS})/[\w./-]*)", text)
    blocks = re.findall(rf"(?<![\w/.-])(?:\./)?((?:{PARTS})/[\w./-]+\.(?:{SUFFIXES}))\b", text)
    return {*links, *inline, *blocks}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_names_files_and_folders_that_exist(page: Path) -> None:
    missing = [
        name
        for name in sorted(named_paths(page.read_text()))
        if not (page.parent / name).exists() and not (ROOT / name).exists()
    ]
    assert missing == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_link_to_a_heading_finds_it(page: Path) -> None:
    for target, heading in re.findall(r"\]\(([^):#]*)#([^)]+)\)", page.read_text()):
        text = (page.parent / target).read_text() if target else page.read_text()
        headings = [
            re.sub(r"[^\w\- ]", "", line).strip().lower() for line in re.findall(r"^#+ (.+)", text, re.MULTILINE)
        ]
        assert heading in [line.replace(" ", "-") for line in headings], f"{target}#{heading}"
