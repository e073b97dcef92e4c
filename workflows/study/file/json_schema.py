"""The study file as a JSON schema (no AiiDA)."""

from __future__ import annotations

from functools import cache
from typing import Any

from aiida_zif.plugins.input_checks.schema_words import SCHEMA_URL
from aiida_zif.workflows.campaign.json_schema import as_written
from aiida_zif.workflows.protocols.loading import available_protocols, default_protocol, protocol_settings
from aiida_zif.workflows.study.schema.study_file import StudyFile
from aiida_zif.workflows.user_input.merging import merged

OWN_DEFAULTS = ("ForceField", "StudySystem", "Reference")
"""Models whose required keys no protocol can supply."""


def protocol_of_study(name: str) -> dict[str, Any]:
    """Return everything that a protocol sets, in the form of a study file with all its sections."""
    return merged({"melt_quench": protocol_settings(name, "melt_quench")}, protocol_settings(name, "study"))


def study_json_schema() -> dict[str, Any]:
    """Return the JSON schema of a study file, for editors; what a protocol supplies is not required."""
    schema = as_written(StudyFile.model_json_schema(), protocol_of_study(default_protocol("study")), OWN_DEFAULTS)
    schema["required"] = ["name", "systems"]
    schema["properties"]["protocol"]["enum"] = list(available_protocols("study"))
    return {"$schema": SCHEMA_URL, **schema, "title": "aiida-zif study"}


@cache
def whole_schema() -> dict[str, Any]:
    """Return the schema, made once."""
    return study_json_schema()
