"""What a JSON schema allows at a place, in words (no AiiDA)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

SCHEMA_URL = "https://json-schema.org/draft/2020-12/schema"
"""Version of JSON Schema that all schemas of this package are written in."""

Node = dict[str, Any]


def resolved(node: Node, schema: Mapping[str, Any]) -> Node:
    """Follow references; of alternatives take the one that says most (a section, else the first)."""
    while "$ref" in node or "anyOf" in node:
        if "$ref" in node:
            target = schema["$defs"][node["$ref"].rsplit("/", 1)[1]]
        else:
            options = [resolved(option, schema) for option in node["anyOf"]]
            target = next((option for option in options if "properties" in option), options[0])
        node = {**target, **{key: value for key, value in node.items() if key not in ("$ref", "anyOf")}}
    return node


def node_at(path: Sequence[str | int], schema: Mapping[str, Any]) -> Node:
    """The schema of the value at ``path``; empty where anything goes."""
    node = resolved(dict(schema), schema)
    for part in path:
        patterns = list(node.get("patternProperties", {}).values())
        if isinstance(part, int):
            several = node.get("prefixItems") or [{}]
            items = node.get("items") or several[min(part, len(several) - 1)]
        else:
            items = node.get("properties", {}).get(part) or (patterns or [node.get("additionalProperties")])[0]
        node = resolved(items, schema) if isinstance(items, dict) else {}
    return node


def allowed_at(path: Sequence[str | int], schema: Mapping[str, Any]) -> str:
    """Return in words what may stand at ``path``."""
    return _in_words(node_at(path, schema), schema)


def _in_words(node: Node, schema: Mapping[str, Any]) -> str:
    if "x-allowed" in node:
        return str(node["x-allowed"])
    if "const" in node:
        return repr(node["const"])
    if "enum" in node:
        return f"one of {', '.join(node['enum'])}"
    kind = node.get("type")
    if kind == "array":
        several = [
            _in_words(resolved(item, schema), schema) for item in node.get("prefixItems") or [node.get("items") or {}]
        ]
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


def _bounds(node: Node) -> Iterator[str]:
    words = {"minimum": "at least", "exclusiveMinimum": "above", "maximum": "at most", "exclusiveMaximum": "below"}
    for key, word in {**words, "maxLength": "characters at most"}.items():
        if key in node:
            yield f", {word} {node[key]}"
    if "examples" in node:
        yield f", such as {node['examples'][0]!r}"
