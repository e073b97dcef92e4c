"""The campaign file as a JSON schema (no AiiDA)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import cache
from typing import Any

from aiida_zif.plugins.input_checks import schema_words
from aiida_zif.workflows.campaign.schema.campaign_file import OVERRIDABLE, CampaignFile

LEVEL = {"type": "string", "examples": ["gfn1-xtb", "pbe-d3"]}
OWN_DEFAULTS = (
    "AimdRun", "LevelOfTheory", "System", "Deviation", "HeldOutError", "AccurateShare", "Observable",
)  # fmt: skip
"""Models whose required keys no protocol can supply."""


def campaign_json_schema() -> dict[str, Any]:
    """Return the JSON schema of a campaign file, for editors.

    What a protocol supplies is not required; sections of a system may hold any part of the section.
    """
    from aiida_zif.workflows.protocols.loading import available_protocols, default_protocol, protocol_settings

    schema = as_written(CampaignFile.model_json_schema(), protocol_settings(default_protocol()), OWN_DEFAULTS)
    schema["required"] = ["name", "systems"]
    for name, model in OVERRIDABLE.items():
        schema["$defs"]["System"]["properties"][name] = {"$ref": f"#/$defs/{model.__name__}"}
    level = schema["properties"]["level_of_theory"]
    level["anyOf"] = [{"$ref": level.pop("$ref")}, LEVEL]
    schema["properties"]["protocol"]["enum"] = list(available_protocols())
    return {"$schema": schema_words.SCHEMA_URL, **schema, "title": "aiida-zif campaign"}


def as_written(schema: dict[str, Any], supplied: dict[str, Any], own: Collection[str]) -> dict[str, Any]:
    """Return the schema of a whole model as that of a file: nothing that a protocol supplies is required.

    :param supplied: what a protocol sets.
    :param own: definitions whose required keys no protocol can supply.
    """
    definitions = schema["$defs"]
    _drop_defaults(schema, supplied, definitions)
    for name, definition in definitions.items():
        if name not in own:
            definition.pop("required", None)
        for node in definition["properties"].values():
            if "x-unit" in node and "default" in node:
                node["default"] = f"{node['default']:g} {node['x-unit']}"
    return schema


def _drop_defaults(node: dict[str, Any], values: dict[str, Any], definitions: dict[str, Any]) -> None:
    """Leave out what holds for a job without a campaign wherever a protocol says what holds."""
    node = next((option for option in node.get("anyOf", ()) if "$ref" in option), node)
    section = definitions[node["$ref"].rsplit("/", 1)[1]] if "$ref" in node else node
    for key, value in values.items():
        child = section.get("properties", {}).get(key, {})
        if child.get("default") is not None:
            del child["default"]
        if isinstance(value, dict):
            _drop_defaults(child, value, definitions)


@cache
def whole_schema() -> dict[str, Any]:
    """Return the schema, made once."""
    return campaign_json_schema()


def node_at(path: Sequence[str | int]) -> dict[str, Any]:
    """The schema of the value at ``path``; empty where anything goes."""
    return schema_words.node_at(path, whole_schema())
