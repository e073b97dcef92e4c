"""What all sections of a campaign file share (no AiiDA)."""

from __future__ import annotations

import math
from typing import Annotated, Any

from pydantic import AfterValidator, Field, create_model

from aiida_zif.plugins.input_checks.model import Checked, refuse
from aiida_zif.plugins.input_checks.quantities import WrittenWithUnits
from aiida_zif.workflows.user_input.problems import shown


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


class Section(WrittenWithUnits, Checked):
    """A mapping whose keys are all known, quantities with their units."""


def optional(model: type[Checked], *without: str) -> type[Section]:
    """Return a section with the fields of a model, each of which may be left out.

    :param without: fields that it does not have.
    """
    fields: dict[str, Any] = {
        name: (Annotated[(field.annotation, *field.metadata)] | None, Field(None, description=field.description))
        for name, field in model.model_fields.items()
        if name not in without
    }
    return create_model(f"Optional{model.__name__}", __base__=Section, **fields)
