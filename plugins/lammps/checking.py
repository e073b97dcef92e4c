"""How a value of a job is refused: the field, the value found, what is allowed (no AiiDA)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any


def is_number(value: Any) -> bool:
    """Whether a value is a finite number; true and false are none."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def is_whole(value: Any, least: int) -> bool:
    """Whether a value is a whole number of at least ``least``."""
    return is_number(value) and value == int(value) and value >= least


def pair(where: str, value: Any, unit: str) -> tuple[float, float]:
    """Return the beginning and the end of a ramp; one number holds for both.

    :raises ValueError: for anything else.
    """
    values = list(value) if isinstance(value, (list, tuple)) else [value, value]
    if len(values) != 2 or not all(map(is_number, values)):
        raise refused(where, value, f"a number in {unit}, or two for a ramp")
    return float(values[0]), float(values[1])


def check_known(where: str, given: Mapping[str, Any], names: Sequence[str]) -> None:
    """Refuse keys that nobody reads.

    :raises ValueError: naming them.
    """
    unknown = sorted(set(given) - set(names))
    if unknown:
        raise refused(where, ", ".join(unknown), f"only {', '.join(names)}")


def refused(where: str, found: Any, allowed: str) -> ValueError:
    """The error about a field."""
    return ValueError(f"{where}: found {found!r}, allowed is {allowed}")
