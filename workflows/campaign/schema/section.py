"""What all sections of a campaign file share (no AiiDA)."""

from __future__ import annotations

import math
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StrictInt
from pydantic_core import PydanticCustomError

from aiida_zif.workflows.user_input.problems import shown

Count = Annotated[StrictInt, Field(ge=1)]
Steps = Annotated[StrictInt, Field(ge=1, le=1_000_000_000)]
"""MD steps; LAMMPS and CP2K count them in 32 bits."""
Whole = Annotated[StrictInt, Field(ge=0)]
Share = Annotated[float, Field(ge=0, le=1, strict=True)]


def refuse(field: str, found: str, allowed: str, fix: str) -> PydanticCustomError:
    """An error about ``field`` of the section under validation."""
    return PydanticCustomError("rule", "{found}", {"field": field, "found": found, "allowed": allowed, "fix": fix})


def _plain(value: Any, path: tuple[str, ...] = ()) -> Any:
    """Refuse in a free mapping what JSON cannot hold: dates, bytes, sets, numbers that are none."""
    if isinstance(value, dict):
        for key, child in value.items():
            _plain(child, (*path, str(key)))
    elif isinstance(value, list):
        for index, child in enumerate(value):
            _plain(child, (*path, str(index)))
    elif not isinstance(value, str | int | float | None) or (isinstance(value, float) and not math.isfinite(value)):
        fix = "put it in quotes if it is text"
        raise refuse(".".join(path), shown(value), "text, finite numbers, true, false, lists and keys", fix)
    return value


FreeMapping = Annotated[dict[str, Any], AfterValidator(_plain)]
"""Keys that another program knows."""


class Section(BaseModel):
    """A mapping whose keys are all known."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)
