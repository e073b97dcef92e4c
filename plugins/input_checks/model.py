"""The base of all typed settings, the numbers that they are made of, and how they refuse a value (no AiiDA)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StrictInt, ValidationError
from pydantic_core import PydanticCustomError

from aiida_zif.plugins.input_checks.refusal import refusal_text

if TYPE_CHECKING:
    from typing_extensions import Self

Count = Annotated[StrictInt, Field(ge=1)]
Steps = Annotated[StrictInt, Field(ge=1, le=1_000_000_000)]
"""MD steps; LAMMPS and CP2K count them in 32 bits."""
Whole = Annotated[StrictInt, Field(ge=0)]
Share = Annotated[float, Field(ge=0, le=1, strict=True)]


def refuse(field: str, found: str, allowed: str, fix: str) -> PydanticCustomError:
    """An error about ``field`` of the model under validation."""
    return PydanticCustomError("rule", "{found}", {"field": field, "found": found, "allowed": allowed, "fix": fix})


class Checked(BaseModel):
    """Settings whose keys are all known; quantities are numbers in their canonical units."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    @classmethod
    def read(cls, content: Mapping[str, Any], where: str) -> Self:
        """Check plain content.

        :param where: what messages call it, such as ``runs[0]``.
        :raises ValueError: naming every wrong field, what was found, what is allowed, and how to fix it.
        """
        try:
            return cls.model_validate(dict(content))
        except ValidationError as error:
            raise ValueError(refusal_text(error, cls.model_json_schema(), where)) from error
