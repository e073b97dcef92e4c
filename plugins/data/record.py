"""Typed records: one definition of whatever one part writes into a node or a file and another reads (no AiiDA)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import BaseModel, ConfigDict, ValidationError

from aiida_zif.plugins.input_checks.refusal import refusal_text
from aiida_zif.plugins.input_checks.schema_words import SCHEMA_URL

if TYPE_CHECKING:
    from aiida import orm
    from typing_extensions import Self

SCHEMA = "schema"
"""Key of the number of a record's definition. What was written before records had one has no such key: number 0."""


class RecordError(ValueError):
    """A record that this version cannot read."""


class Entry(BaseModel):
    """A part of a report that has fields of its own; what earlier versions said beyond them is not read."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Record(BaseModel):
    """Content of a ``Dict`` node or a JSON file: made and read by its class only, fields with their units.

    A definition that changes gets the next :attr:`schema_number`; :meth:`upgraded` makes new content of the old.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    schema_number: ClassVar[int] = 1
    called: ClassVar[str] = ""
    """What messages call it, such as ``task``; without a name the class's own."""

    def as_dict(self) -> dict[str, Any]:
        """Return the content with the number of its definition: plain types that JSON holds."""
        return {SCHEMA: self.schema_number, **self.model_dump(mode="json")}

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Self:
        """Read the content of any version up to this one.

        :raises RecordError: if a newer version wrote it, or if it is no such record.
        """
        fields = dict(content)
        number = fields.pop(SCHEMA, 0)
        if number > cls.schema_number:
            raise RecordError(
                f"{cls.__name__}: found schema {number}, allowed is up to {cls.schema_number}; fix: update aiida-zif"
            )
        try:
            return cls.made_of(cls.upgraded(fields, number))
        except ValidationError as error:
            raise RecordError(refusal_text(error, cls.model_json_schema(), cls.called or cls.__name__)) from error

    @classmethod
    def from_node(cls, node: orm.Dict) -> Self:
        """Read a node.

        :raises RecordError: naming the node.
        """
        try:
            return cls.from_dict(node.get_dict())
        except RecordError as error:
            raise RecordError(f"node <{node.pk}>: {error}") from error

    @classmethod
    def made_of(cls, content: dict[str, Any]) -> Self:
        """Return the record with content of this definition, checked by its rules.

        :raises ValidationError: if a rule is broken.
        """
        return cls.model_validate(content)

    @classmethod
    def published_schema(cls) -> dict[str, Any]:
        """Return the JSON schema of what :meth:`as_dict` returns, for readers outside this package."""
        content = cls.model_json_schema()
        number = {"const": cls.schema_number, "description": "number of this definition", "type": "integer"}
        content["properties"] = {SCHEMA: number, **content["properties"]}
        content["required"] = [SCHEMA, *content["required"]]
        return {"$schema": SCHEMA_URL, **content}

    @classmethod
    def upgraded(cls, content: dict[str, Any], number: int) -> dict[str, Any]:
        """Return content of this definition, made of that of an older one.

        :param number: of the definition that the content was written by.
        """
        return content


class Report(Record):
    """What a step says that it did: keys that its maker left out stay out of the node.

    Reports of earlier versions may say more than is read today; that is left out.
    """

    model_config = ConfigDict(extra="ignore")

    def as_dict(self) -> dict[str, Any]:
        """Return what was stated, with the number of its definition: plain types that JSON holds."""
        return {SCHEMA: self.schema_number, **self.model_dump(mode="json", exclude_unset=True)}
