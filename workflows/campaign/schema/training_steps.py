"""How long a training lasts: one number, or a first and a last one between which it grows (no AiiDA)."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

ALLOWED = "a whole number of at least 1, or {first: …, last: …}, where the last is no smaller than the first"

COUNT = {"type": "integer", "minimum": 1}


def read_steps(value: object) -> int | dict[str, int]:
    """Return the training steps of every cycle, or of the first and the last one.

    :raises PydanticCustomError: if they are neither.
    """
    if _is_count(value):
        return value  # type: ignore[return-value]
    if isinstance(value, dict) and value.keys() == {"first", "last"} and all(map(_is_count, value.values())):
        if value["first"] <= value["last"]:
            return {"first": value["first"], "last": value["last"]}
        raise _refused("the schedule ends with fewer steps than it begins with", "exchange the two")
    if isinstance(value, float) and value.is_integer() and value >= 1:
        raise _refused("this is no whole number", f"write {value:.0f}: a whole number, without point or exponent")
    raise _refused("this is no number of steps", "write for example 'steps: {first: 20000, last: 400000}'")


def first_and_last(steps: int | dict[str, int]) -> tuple[int, int]:
    """Return the training steps of the first and of the last cycle."""
    return (steps, steps) if isinstance(steps, int) else (steps["first"], steps["last"])


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


def _refused(reason: str, fix: str) -> PydanticCustomError:
    return PydanticCustomError("quantity", "{reason}", {"reason": reason, "allowed": ALLOWED, "fix": fix})


SCHEDULE: dict[str, Any] = {
    "type": "object",
    "properties": {
        "first": {**COUNT, "description": "steps of the first committee"},
        "last": {**COUNT, "description": "steps of the last committee"},
    },
    "required": ["first", "last"],
    "additionalProperties": False,
}
TrainingSteps = Annotated[
    int | dict[str, int],
    PlainValidator(read_steps),
    WithJsonSchema({"anyOf": [COUNT, SCHEDULE], "x-allowed": ALLOWED}),
]
