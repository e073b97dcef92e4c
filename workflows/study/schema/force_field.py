"""The section of a study file that names the force field (no AiiDA)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, GetJsonSchemaHandler, model_validator
from pydantic_core import CoreSchema, PydanticCustomError

from aiida_zif.plugins.input_checks.model import refuse
from aiida_zif.workflows.campaign.schema.section import Section
from aiida_zif.workflows.user_input.problems import listed, shown

KINDS = ("campaign", "committee", "model", "imported")
KEYS = ("named", *KINDS)
HELD = "models that the profile holds"
WAYS = f"a name, a PK or a UUID; a list of models; or one of the keys {listed(KINDS)}"
FILE = re.compile(r"[/\\]|\.(pb|pth|pt|pt2|dp|ckpt|savedmodel|hlo|yaml|yml|json)$", re.IGNORECASE)
"""What looks like the path of a model file."""
LONGEST = 200


def how_to_import(files: Any) -> str:
    """Return what to do with files that stand where models of the profile are expected."""
    words = [str(file) for file in (files if isinstance(files, list) else [files])]
    command = f"aiida-zif import {' '.join(words)} --level TEXT --source TEXT"
    return f"import first: `{command}`, which prints what to write here"


def _reference(value: object) -> object:
    """A PK as text; a path, and what names nothing, is refused."""
    if isinstance(value, int) and not isinstance(value, bool) and value > 0:
        return str(value)
    if isinstance(value, str) and ("/" in value or "\\" in value):
        raise PydanticCustomError("quantity", "a path", {"allowed": HELD, "fix": how_to_import(value)})
    if not isinstance(value, str) or not value.strip() or len(value) > LONGEST:
        fix = "`aiida-zif status --all` lists what the profile holds"
        raise PydanticCustomError("quantity", "no reference", {"allowed": "a PK, a UUID or a name", "fix": fix})
    return value.strip()


def _several(value: object) -> object:
    """One name as a list of it."""
    return value if isinstance(value, list) else [value]


Reference = Annotated[str, BeforeValidator(_reference, json_schema_input_type=str | int)]
"""PK, UUID or name of something in the profile."""


class ForceField(Section):
    """What drives the molecular dynamics: exactly one of the keys, or in short a name, a PK, a UUID or a list."""

    named: Reference | None = Field(
        None, description="what has this name, PK or UUID: a campaign, a model, or an import; `force_field: X` is short"
    )
    campaign: Reference | None = Field(
        None, description="a finished campaign, by name, PK or UUID: its last committee", examples=["zif4-demo"]
    )
    committee: Annotated[list[Reference], Field(min_length=2)] | None = Field(
        None, description="models by PK, UUID or name of import; the first one drives, the others judge it"
    )
    model: Reference | None = Field(None, description="one model, by PK, UUID or name of import; nothing judges it")
    imported: (
        Annotated[
            list[Reference],
            BeforeValidator(_several, json_schema_input_type=Reference | list[Reference]),
            Field(min_length=1),
        ]
        | None
    ) = Field(None, description="models of others, by the name of their import or the names of their files")

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """Describe it to messages: the short forms, too."""
        return {**handler.resolve_ref_schema(handler(schema)), "x-allowed": WAYS}

    @model_validator(mode="before")
    @classmethod
    def _in_short(cls, content: Any) -> Any:
        if isinstance(content, str | int) and not isinstance(content, bool):
            return {"named": content}
        if isinstance(content, list):
            return {"committee": content} if len(content) != 1 else {"named": content[0]}
        for key in ("files", "file", "path"):
            if isinstance(content, Mapping) and content.get(key) is not None:
                raise refuse(key, shown(content[key]), HELD, how_to_import(content[key]))
        return content

    @model_validator(mode="after")
    def _names_one(self) -> ForceField:
        given = [name for name in KEYS if getattr(self, name) is not None]
        if len(given) != 1:
            found = " and ".join(given) or "nothing"
            fix = "remove the others" if given else "write {campaign: NAME}"
            raise refuse(given[-1] if given else KINDS[0], found, f"one of {listed(KINDS)}", fix)
        return self

    @property
    def kind(self) -> str:
        """The key that is given."""
        return next(name for name in KEYS if getattr(self, name) is not None)

    @property
    def in_words(self) -> str:
        """The force field as the file names it."""
        value = getattr(self, self.kind)
        text = ", ".join(value) if isinstance(value, list) else str(value)
        return text if self.kind == "named" else f"{self.kind} {text}"
