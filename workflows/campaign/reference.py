"""The reference page of the campaign file, and the files that are generated from its model (no AiiDA).

After a change of the model: ``python -m aiida_zif.workflows.campaign.reference`` in the checkout.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from aiida_zif.workflows.campaign.json_schema import campaign_json_schema, node_at, resolved
from aiida_zif.workflows.protocols.loading import available_protocols, protocol_settings

MARK = "<!-- generated below this line -->"


def generated_files(root: Path) -> dict[Path, str]:
    """Return path → content of what is generated: the JSON schema and the second half of the reference page."""
    page = root / "docs" / "campaign.md"
    head = page.read_text("utf-8").partition(MARK)[0]
    schema = json.dumps(campaign_json_schema(), indent=2, ensure_ascii=False)
    return {
        page: f"{head}{MARK}\n\n{campaign_reference()}",
        root / "examples" / "campaign.schema.json": schema + "\n",
    }


def campaign_reference() -> str:
    """Return the reference of all keys as Markdown tables: key, meaning, unit, value by protocol."""
    protocols = {name: protocol_settings(name) for name in available_protocols()}
    lines = [f"- `{name}`: {text}" for name, text in available_protocols().items()]
    top = node_at(())["properties"]
    simple = {name: node for name, node in top.items() if "properties" not in resolved(node)}
    lines += ["", *_table("Top level", simple, protocols, ())]
    for name in top:
        if name not in simple:
            lines += _section((name,), protocols)
    lines += _section(("systems", "NAME"), protocols)
    return "\n".join(lines)


def _section(path: tuple[str | int, ...], protocols: dict[str, Any]) -> list[str]:
    """The table of one section, then those of the sections inside it."""
    properties = node_at(path).get("properties", {})
    if path[:1] == ("held_out",) and 0 in path:
        return ["Its runs have the keys of `seed_data.aimd[]`.", ""]
    title = "`" + ".".join("[]" if part == 0 else str(part) for part in path).replace(".[]", "[]") + "`"
    inner = [name for name in properties if path[:1] != ("systems",) and _inner(properties[name]) is not None]
    lines = _table(title, properties, protocols, path)
    for name in inner:
        lines += _section((*path, name, *(_inner(properties[name]) or ())), protocols)
    return lines


def _inner(node: dict[str, Any]) -> tuple[int, ...] | None:
    """The way into the section inside a value: directly, or through a list; None if there is none."""
    node = resolved(node)
    if node.get("properties"):
        return ()
    if resolved(node.get("items") or {}).get("properties"):
        return (0,)
    return None


def _table(title: str, nodes: dict[str, Any], protocols: dict[str, Any], path: tuple[str | int, ...]) -> list[str]:
    names = list(protocols)
    lines = [f"### {title}", "", f"| key | meaning | unit | {' | '.join(names)} |", "|---" * (3 + len(names)) + "|"]
    for key, node in nodes.items():
        value = resolved(node)
        item = resolved(value.get("items") or {})
        unit = value.get("x-unit") or item.get("x-unit") or ""
        values = [_value(protocols[name], (*path, key), value) for name in names]
        meaning = node.get("description") or value.get("description", "")
        if "enum" in value and key != "protocol":
            meaning += f" ({', '.join(value['enum'])})"
        lines.append(f"| `{key}` | {meaning} | {unit} | {' | '.join(values)} |")
    return [*lines, ""]


def _value(settings: Any, path: tuple[str | int, ...], node: dict[str, Any]) -> str:
    """What a protocol sets at ``path``, or the model's own default; short."""
    if path[0] == "level_of_theory":
        settings = {path[0]: {"name": settings[path[0]]}}
    for part in path:
        settings = settings.get(part) if isinstance(settings, dict) else None
    if settings is None:
        settings = node.get("default")
    if settings is None or settings == {}:
        return ""
    if isinstance(settings, bool):
        return str(settings).lower()
    if isinstance(settings, list):
        return ", ".join(map(str, settings)) if not any(isinstance(v, dict) for v in settings) else f"{len(settings)}"
    if isinstance(settings, dict):
        return "see below" if path[-1] != "deepmd" else "larger nets"
    return str(settings)


if __name__ == "__main__":
    for path, text in generated_files(Path()).items():
        path.write_text(text, "utf-8")
