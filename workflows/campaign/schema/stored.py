"""Sections of a campaign as it stores them: read by their shape, whatever the rules of the file are (no AiiDA)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import UnionType
from typing import Annotated, Any, ClassVar, Union, get_args, get_origin

from pydantic import BaseModel
from typing_extensions import Self

from aiida_zif.plugins.data.record import Record
from aiida_zif.workflows.campaign.schema.section import Section
from aiida_zif.workflows.user_input.merging import merged


class StoredSection(Record, Section):
    """A section that a campaign stores, with the number of its definition.

    A campaign goes on, and is shown, by what it stored: no rule of the campaign file that came later refuses it, keys
    that are gone are passed over, and those that its version did not know are completed.
    """

    earlier: ClassVar[Mapping[str, Any]] = {}
    """What a version did that did not know a key; a required key that is not here is None where it is missing."""

    @classmethod
    def made_of(cls, content: dict[str, Any]) -> Self:
        """Return the section with stored content, checked by no rule."""
        section: Self = by_shape(cls, cls.completed(content))
        return section

    @classmethod
    def completed(cls, content: Mapping[str, Any]) -> dict[str, Any]:
        """Return stored content with the keys that its version did not know."""
        return merged(cls.earlier, content)


def by_shape(kind: Any, value: Any) -> Any:
    """Return plain content as a value of a type, checked by no rule: mappings become its models, lists its tuples.

    :param kind: annotation of a field, or a model.
    :param value: as JSON holds it.
    """
    for option in options_of(kind):
        origin, inside = get_origin(option), get_args(option)
        if isinstance(value, Mapping):
            if isinstance(option, type) and issubclass(option, BaseModel):
                return model_by_shape(option, value)
            if origin is dict and inside:
                return {key: by_shape(inside[1], item) for key, item in value.items()}
        elif isinstance(value, list | tuple):
            if origin is list:
                return [by_shape(inside[0], item) for item in value]
            if origin is tuple:
                return tuple(value)
    return value


def options_of(kind: Any) -> Iterator[Any]:
    """Yield the types that an annotation allows."""
    if get_origin(kind) is Annotated:
        yield from options_of(get_args(kind)[0])
    elif get_origin(kind) in (Union, UnionType):
        for option in get_args(kind):
            yield from options_of(option)
    else:
        yield kind


def model_by_shape(model: type[BaseModel], content: Mapping[str, Any]) -> BaseModel:
    """Return a model with the fields that some content has; missing ones are at their default, or None."""
    values = {
        name: by_shape(field.annotation, content[name])
        if name in content
        else None
        if field.is_required()
        else field.get_default(call_default_factory=True)
        for name, field in model.model_fields.items()
    }
    return model.model_construct(**values)
