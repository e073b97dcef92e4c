"""The section of a study file that names the force field (no AiiDA)."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field, model_validator

from aiida_zif.plugins.input_checks.model import refuse
from aiida_zif.workflows.campaign.schema.section import Section
from aiida_zif.workflows.user_input.problems import listed

IMPORT = "aiida-zif import"
"""Command that brings a frozen file into the profile."""


def _as_text(value: object) -> object:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) and value > 0 else value


Reference = Annotated[
    str, BeforeValidator(_as_text, json_schema_input_type=str | int), Field(min_length=1, max_length=200)
]
"""PK, UUID or name of something in the profile."""


class ForceField(Section):
    """What drives the molecular dynamics; exactly one of the keys."""

    campaign: Reference | None = Field(
        None, description="a finished campaign, by name, PK or UUID: its last committee", examples=["zif4-demo"]
    )
    committee: Annotated[list[Reference], Field(min_length=1)] | None = Field(
        None, description="models by PK or UUID; the first one drives, the others judge it"
    )
    model: Reference | None = Field(None, description="one model, by PK or UUID: nothing judges it")
    imported: Reference | None = Field(None, description="a force field of others, by the name of its import")
    files: Any = Field(None, exclude=True, json_schema_extra={"x-allowed": f"no files: `{IMPORT} FILE` imports them"})

    @model_validator(mode="after")
    def _names_one(self) -> ForceField:
        if self.files is not None:
            files = self.files if isinstance(self.files, list) else [self.files]
            fix = f"import first: `{IMPORT} {' '.join(map(str, files))}`, then write {{imported: NAME}}"
            raise refuse("files", listed([str(file) for file in files]), "models that the profile holds", fix)
        given = [name for name in KINDS if getattr(self, name) is not None]
        if len(given) != 1:
            found = " and ".join(given) or "nothing"
            raise refuse(given[-1] if given else "", found, f"one of {listed(KINDS)}", "write {campaign: NAME}")
        return self

    @property
    def kind(self) -> str:
        """The key that is given."""
        return next(name for name in KINDS if getattr(self, name) is not None)


KINDS = ("campaign", "committee", "model", "imported")
