"""The section of a study file that names the force field (no AiiDA)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from aiida_zif.plugins.input_checks.model import refuse
from aiida_zif.workflows.campaign.schema.section import Section
from aiida_zif.workflows.user_input.problems import listed, shown

KINDS = ("campaign", "committee", "model", "imported")
HELD = "models that the profile holds"
FILE = re.compile(r"[/\\]|\.(pb|pth|pt|pt2|dp|ckpt|savedmodel|hlo|yaml|yml|json)$", re.IGNORECASE)
"""What looks like the path of a model file."""


def how_to_import(files: Any) -> str:
    """Return what to do with files that stand where models of the profile are expected."""
    words = [str(file) for file in (files if isinstance(files, list) else [files])]
    return f"import first: `aiida-zif import {' '.join(words)} --source TEXT`, which prints what to write here"


def _reference(value: object) -> object:
    """A PK as text; a path, and what names nothing, is refused."""
    if isinstance(value, int) and not isinstance(value, bool) and value > 0:
        return str(value)
    if isinstance(value, str) and FILE.search(value):
        raise PydanticCustomError("quantity", "a file", {"allowed": HELD, "fix": how_to_import(value)})
    if not isinstance(value, str) or not value.strip() or len(value) > LONGEST:
        fix = "`aiida-zif status --all` lists what the profile holds"
        raise PydanticCustomError("quantity", "no reference", {"allowed": "a PK, a UUID or a name", "fix": fix})
    return value.strip()


def _names(value: object) -> object:
    """Names of imports, as a list; a path is refused, the name of an imported file is not."""
    names = value if isinstance(value, list) else [value]
    for name in names:
        if not isinstance(name, str) or "/" in name or "\\" in name or not 0 < len(name.strip()) <= LONGEST:
            fix = how_to_import(value) if isinstance(value, str) and value else "write the name that it was imported by"
            raise PydanticCustomError("quantity", "no name", {"allowed": "names of imported files", "fix": fix})
    return [str(name).strip() for name in names]


LONGEST = 200
Reference = Annotated[str, BeforeValidator(_reference, json_schema_input_type=str | int)]
"""PK, UUID or name of something in the profile."""


class ForceField(Section):
    """What drives the molecular dynamics: exactly one of the keys."""

    campaign: Reference | None = Field(
        None, description="a finished campaign, by name, PK or UUID: its last committee", examples=["zif4-demo"]
    )
    committee: Annotated[list[Reference], Field(min_length=2)] | None = Field(
        None, description="models by PK or UUID; the first one drives, the others judge it"
    )
    model: Reference | None = Field(None, description="one model, by PK or UUID; nothing judges it")
    imported: Annotated[list[str], BeforeValidator(_names, json_schema_input_type=str | list[str])] | None = Field(
        None, description="models of others, by the names of the files that were imported"
    )

    @model_validator(mode="before")
    @classmethod
    def _is_no_file(cls, content: Any) -> Any:
        if isinstance(content, str | int) and not isinstance(content, bool):
            fix = how_to_import(content) if FILE.search(str(content)) else f"write {{campaign: {content}}}"
            raise PydanticCustomError("quantity", "a bare name", {"allowed": f"one of {listed(KINDS)}", "fix": fix})
        for key in ("files", "file", "path"):
            if isinstance(content, Mapping) and content.get(key) is not None:
                raise refuse(key, shown(content[key]), HELD, how_to_import(content[key]))
        return content

    @model_validator(mode="after")
    def _names_one(self) -> ForceField:
        given = [name for name in KINDS if getattr(self, name) is not None]
        if len(given) != 1:
            found = " and ".join(given) or "nothing"
            fix = "remove the others" if given else "write {campaign: NAME}"
            raise refuse(given[-1] if given else KINDS[0], found, f"one of {listed(KINDS)}", fix)
        return self

    @property
    def kind(self) -> str:
        """The key that is given."""
        return next(name for name in KINDS if getattr(self, name) is not None)
