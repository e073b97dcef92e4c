"""A file of the user over the values of its protocol, section by section: what is valid, and what is not (no AiiDA)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any

from pydantic import BaseModel, TypeAdapter, ValidationError

from aiida_zif.plugins.input_checks.refusal import refusal_of
from aiida_zif.workflows.user_input.merging import merged
from aiida_zif.workflows.user_input.problems import Problem, did_you_mean, listed, shown
from aiida_zif.workflows.user_input.yaml_source import Source, YamlPath

Errors = list[Mapping[str, Any]]


def completed(
    source: Source, protocols: Sequence[str], default: str, values_of: Callable[[str], dict[str, Any]]
) -> tuple[dict[str, Any], list[Problem]]:
    """Return the values of a file over those of its protocol; one of its keys without content counts as left out.

    :param protocols: the names that there are.
    :param default: protocol of a file that names none, or one that there is not.
    :param values_of: name of a protocol → its values in the form of the file.
    """
    name = source.data.get("protocol", default)
    problems = []
    if name not in protocols:
        fix = did_you_mean(name, protocols, f"take {default!r}")
        problems.append(source.problem(("protocol",), shown(name), f"one of {listed(protocols)}", fix))
        name = default
    values = values_of(name)
    data = {key: value for key, value in source.data.items() if value is not None or key not in values}
    return merged(values, {**data, "protocol": name}), problems


def valid_parts(model: type[BaseModel], system: type[BaseModel], raw: dict[str, Any]) -> tuple[dict[str, Any], Errors]:
    """Return the sections, and the systems, that are valid by themselves, and what is wrong with the others.

    :param model: of the whole file.
    :param system: model of one of its ``systems``.
    """
    try:
        return dict(model.model_validate(raw)), []
    except ValidationError as invalid:
        errors: Errors = [dict(error) for error in invalid.errors(include_url=False)]
    bad = {error["loc"][:1] for error in errors}
    parts = {}
    for name, field in model.model_fields.items():
        key = field.alias or name
        if key in raw and (key,) not in bad:
            kind: Any = Annotated[(field.annotation, *field.metadata)] if field.metadata else field.annotation
            parts[name] = TypeAdapter(kind).validate_python(raw[key])
    if ("systems",) in bad and isinstance(raw.get("systems"), dict):
        lost = {error["loc"][1] for error in errors if error["loc"][:1] == ("systems",) and len(error["loc"]) > 1}
        parts["systems"] = {k: system.model_validate(v) for k, v in raw["systems"].items() if k not in lost}
    return parts, errors


def label_of(text: object) -> str:
    """Return a label that is allowed and like some text."""
    words = re.findall(r"[A-Za-z0-9]+", str(text))
    label = "_".join(words).lstrip("0123456789_")[:40].rstrip("_")
    return label or "zif4"


def as_problem(error: Mapping[str, Any], source: Source, schema: Mapping[str, Any], page: str) -> Problem:
    """Return what pydantic found in the terms of the file.

    :param error: one of ``ValidationError.errors()``.
    :param schema: JSON schema of the file.
    :param page: documentation that explains every key.
    """
    path: YamlPath = tuple(part for part in error["loc"] if part != "[key]")
    if "[key]" in error["loc"]:
        allowed = "a label of letters, digits and single underscores that starts with a letter, 40 at most"
        return source.problem(
            path, f"the label {shown(path[-1])}", allowed, f"rename it, for example {label_of(path[-1])!r}"
        )
    refused = refusal_of({**error, "loc": path}, schema, f"remove it; {page} explains every key")
    return source.problem(refused.path, refused.found, refused.allowed, refused.fix)
