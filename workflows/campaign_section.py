"""What all sections of a campaign file share (no AiiDA)."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StrictInt
from pydantic_core import PydanticCustomError

Count = Annotated[StrictInt, Field(ge=1)]
Whole = Annotated[StrictInt, Field(ge=0)]
Share = Annotated[float, Field(ge=0, le=1, strict=True)]


def refuse(field: str, found: str, allowed: str, mend: str) -> PydanticCustomError:
    """An error about ``field`` of the section under validation."""
    return PydanticCustomError("rule", "{found}", {"field": field, "found": found, "allowed": allowed, "mend": mend})


class Section(BaseModel):
    """A mapping whose keys are all known."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)
