"""Nobody takes settings or resources of a campaign apart by string keys: a field that is renamed is found by mypy."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
NODES = ("settings", "resources")


def reads(path: Path) -> Iterator[str]:
    """Places that look into a node ``….inputs.settings``, or into the settings of a view, without its record."""
    for node in ast.walk(ast.parse(path.read_text())):
        into = node.value if isinstance(node, ast.Subscript | ast.Attribute) else None
        if isinstance(node, ast.Attribute) and node.attr not in ("get", "get_dict", "dict", "attributes"):
            continue
        if isinstance(into, ast.Attribute) and into.attr in NODES:
            owner = into.value
            name = owner.attr if isinstance(owner, ast.Attribute) else owner.id if isinstance(owner, ast.Name) else ""
            if name in ("inputs", "view", "campaign"):
                yield f"{path.relative_to(ROOT)}:{node.lineno}"


def test_settings_and_resources_are_read_by_attribute() -> None:
    files = [path for part in ("workflows", "provenance", "cli") for path in sorted((ROOT / part).rglob("*.py"))]
    assert [place for path in files for place in reads(path)] == []
