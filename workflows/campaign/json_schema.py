"""The campaign file as a JSON schema, and as words for messages (no AiiDA)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from aiida_zif.workflows.campaign.schema.campaign_file import OVERRIDABLE, CampaignFile

SCHEMA_URL = "https://json-schema.org/draft/2020-12/schema"
LEVEL = {"type": "string", "examples": ["gfn1-xtb", "pbe-d3"]}
OWN_DEFAULTS = (
    "AimdRun", "LevelOfTheory", "System", "Deviation", "HeldOutError", "AccurateShare", "Observable",
)  # fmt: skip
"""Models whose required keys no protocol can supply."""


def campaign_json_schema() -> dict[str, Any]:
    """Return the JSON schema of a campaign file, for editors.

    What a protocol supplies is not required; sections of a system may hold any part of the section.
    """
    from aiida_zif.workflows.protocols.loading import available_protocols

    schema = CampaignFile.model_json_schema()
    definitions = schema["$defs"]
    for name, definition in definitions.items():
        if name not in OWN_DEFAULTS:
            definition.pop("required", None)
        for node in definition["properties"].values():
            if "x-unit" in node and "default" in node:
                node["default"] = f"{node['default']:g} {node['x-unit']}"
    schema["required"] = ["name", "systems"]
    for name, model in OVERRIDABLE.items():
        definitions["System"]["properties"][name] = {"$ref": f"#/$defs/{model.__name__}"}
    level = schema["properties"]["level_of_theory"]
    level["anyOf"] = [{"$ref": level.pop("$ref")}, LEVEL]
    schema["properties"]["protocol"]["enum"] = list(available_protocols())
    return {"$schema": SCHEMA_URL, **schema, "title": "aiida-zif campaign"}


def keys_at(path: Sequence[str | int]) -> list[str]:
    """Return the keys that the section at ``path`` may have."""
    return list(node_at(path).get("properties", {}))


def allowed_at(path: Sequence[str | int]) -> str:
    """Return in words what may stand at ``path``."""
    return _in_words(node_at(path))


@cache
def _schema() -> dict[str, Any]:
    return campaign_json_schema()


def resolved(node: dict[str, Any]) -> dict[str, Any]:
    """Follow references; of alternatives take the one that says most (a section, else the first)."""
    while "$ref" in node or "anyOf" in node:
        if "$ref" in node:
            target = _schema()["$defs"][node["$ref"].rsplit("/", 1)[1]]
        else:
            options = [resolved(option) for option in node["anyOf"]]
            target = next((option for option in options if "properties" in option), options[0])
        node = {**target, **{key: value for key, value in node.items() if key not in ("$ref", "anyOf")}}
    return node


def node_at(path: Sequence[str | int]) -> dict[str, Any]:
    """The schema of the value at ``path``; empty where anything goes."""
    node = resolved(_schema())
    for part in path:
        patterns = list(node.get("patternProperties", {}).values())
        if isinstance(part, int):
            several = node.get("prefixItems") or [{}]
            items = node.get("items") or several[min(part, len(several) - 1)]
        else:
            items = node.get("properties", {}).get(part) or (patterns or [node.get("additionalProperties")])[0]
        node = resolved(items) if isinstance(items, dict) else {}
    return node


def _in_words(node: dict[str, Any]) -> str:
    if "x-allowed" in node:
        return str(node["x-allowed"])
    if "const" in node:
        return repr(node["const"])
    if "enum" in node:
        return f"one of {', '.join(node['enum'])}"
    kind = node.get("type")
    if kind == "array":
        several = [_in_words(resolved(item)) for item in node.get("prefixItems") or [node.get("items") or {}]]
        if len(set(several)) > 1:
            return f"a list of {len(several)}: {'; '.join(several)}"
        least = node.get("minItems", 0)
        size = f" of {least}" if least and least == node.get("maxItems") else f" of at least {least}" if least else ""
        return f"a list{size}, each {several[0]}"
    if kind == "object":
        keys = list(node.get("properties", {}))
        return f"a section with the keys {', '.join(keys)}" if keys else "keys with values"
    words = {"integer": "a whole number", "number": "a number", "boolean": "true or false", "string": "text"}
    text = words.get(str(kind), "a value")
    return text + "".join(_bounds(node))


def _bounds(node: dict[str, Any]) -> Iterator[str]:
    words = {"minimum": "at least", "exclusiveMinimum": "above", "maximum": "at most", "exclusiveMaximum": "below"}
    for key, word in {**words, "maxLength": "characters at most"}.items():
        if key in node:
            yield f", {word} {node[key]}"
    if "examples" in node:
        yield f", such as {node['examples'][0]!r}"
