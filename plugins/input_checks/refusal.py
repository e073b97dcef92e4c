"""How a value is refused: the field, what was found, what is allowed, how to fix it (no AiiDA)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any, NamedTuple

from pydantic import ValidationError

from aiida_zif.plugins.input_checks.schema_words import allowed_at, node_at

LONGEST = 80
"""Characters of a found value that are shown."""

Path = tuple[str | int, ...]

BOUNDS = {
    "greater_than": ("above", "gt"),
    "greater_than_equal": ("of at least", "ge"),
    "less_than": ("below", "lt"),
    "less_than_equal": ("of at most", "le"),
}
"""Kind of an error of pydantic → words, and where the bound is."""


class Refusal(NamedTuple):
    """One value that is not allowed: where it stands, what was found, what may stand there, what to do."""

    path: Path
    found: str
    allowed: str
    fix: str


def refusal_text(
    error: ValidationError, schema: Mapping[str, Any], where: str = "", if_unknown: str = "remove it"
) -> str:
    """Return everything that pydantic refused, one line each.

    :param schema: JSON schema of the model.
    :param where: what the whole is called, in front of every field.
    :param if_unknown: what to do with a key that is like none of the known ones.
    """
    refused = [refusal_of(one, schema, if_unknown) for one in error.errors(include_url=False)]
    fields = [dotted((*([where] if where else ()), *one.path)) for one in refused]
    return "\n".join(
        f"{field}: found {one.found}, allowed is {one.allowed}; fix: {one.fix}"
        for field, one in zip(fields, refused, strict=True)
    )


def refusal_of(error: Mapping[str, Any], schema: Mapping[str, Any], if_unknown: str = "remove it") -> Refusal:
    """Return one entry of ``ValidationError.errors()`` in words.

    :param if_unknown: what to do with a key that is like none of the known ones.
    """
    path: Path = tuple(error["loc"])
    kind, context, value = error["type"], error.get("ctx", {}), error["input"]
    if kind == "rule":
        return Refusal((*path, *context["field"].split(".")), context["found"], context["allowed"], context["fix"])
    if kind == "quantity":
        return Refusal(path, shown(value), context["allowed"], context["fix"])
    if kind == "extra_forbidden":
        names = list(node_at(path[:-1], schema).get("properties", {}))
        return Refusal(path, f"the key {shown(path[-1])}", listed(names), did_you_mean(path[-1], names, if_unknown))
    allowed = allowed_at(path, schema)
    if kind == "missing":
        what = f"the key {path[-1]!r}" if isinstance(path[-1], str) else "this value to the list"
        return Refusal(path, "nothing", allowed, f"add {what}")
    if kind == "string_pattern_mismatch" and (way := node_at(path, schema).get("x-fix")):
        return Refusal(path, shown(value), allowed, str(way))
    return Refusal(path, shown(value), allowed, _fix(kind, value, context))


def _fix(kind: str, value: object, context: Mapping[str, Any]) -> str:
    """A way out by kind of error."""
    if kind == "literal_error":
        options = [option.strip(" '") for option in str(context["expected"]).replace(" or ", ",").split(",")]
        return did_you_mean(value, options, "take one of these")
    if kind == "string_type" and isinstance(value, bool | int | float):
        return "put it in quotes; YAML does not read this word as text"
    if kind == "int_type" and isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return f"write {value:.0f}: a whole number, without point or exponent"
    if kind == "list_type" and isinstance(value, str | int | float) and not isinstance(value, bool):
        return f"write a list: [{value}]" if len(str(value)) < LONGEST else "write a list"
    if kind in BOUNDS:
        word, key = BOUNDS[kind]
        return f"take a number {word} {context[key]}"
    ways = {
        "int_type": "write a whole number, without unit, quotes or exponent",
        "bool_type": "write true or false",
        "float_type": "write a plain number, without unit or quotes",
        "list_type": "write a list: [first, second]",
        "dict_type": "write keys with values, or leave the section out",
        "model_type": "write keys with values, or leave the section out",
        "model_attributes_type": "write keys with values, or leave the section out",
        "too_short": "add at least one",
    }
    return ways.get(kind, "change it to what is allowed")


def shown(value: object) -> str:
    """Return a value as it is shown after "found": on one line, text in quotes, both ends of what is long."""
    if value is None:
        return "nothing"
    text = ascii(value) if isinstance(value, str) and not value.isprintable() else repr(value)
    text = " ".join(text.split())
    return text if len(text) <= LONGEST else f"{text[: LONGEST // 2 - 1]}…{text[-LONGEST // 2 :]}"


def listed(names: Sequence[str]) -> str:
    """Return names as a list in words."""
    return ", ".join(names) if names else "none"


def did_you_mean(word: object, names: Sequence[str], otherwise: str) -> str:
    """Return the closest name as a question, or ``otherwise`` if none is close."""
    lower = {name.lower(): name for name in names}
    close = get_close_matches(str(word).lower(), lower, n=1, cutoff=0.6)
    return f"did you mean {lower[close[0]]!r}?" if close else otherwise


def dotted(path: Sequence[str | int]) -> str:
    """Return ``("seed_data", "aimd", 0)`` as ``seed_data.aimd[0]``."""
    text = ""
    for part in path:
        name = part if not isinstance(part, str) or (part.isprintable() and len(part) <= LONGEST) else shown(part)
        text += f"[{name}]" if isinstance(part, int) else f".{name}" if text else str(name)
    return text
