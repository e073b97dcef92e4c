"""The sections of a campaign file that say where frames and their labels come from (no AiiDA)."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field, StrictBool, model_validator

from aiida_zif.plugins.cp2k.reading.gates import Gates
from aiida_zif.plugins.input_checks.model import Whole, refuse
from aiida_zif.plugins.input_checks.quantities import Displacement, WallTime
from aiida_zif.workflows.campaign.schema.aimd import AimdRun
from aiida_zif.workflows.campaign.schema.section import Section, optional


class Perturbed(Section):
    """Copies of the crystal, strained and rattled at random."""

    frames: Annotated[Whole, Field(le=100_000)] = Field(description="number of copies of every system")
    displacement: Displacement = Field(description="standard deviation of the atoms along each axis")
    strain: Annotated[float, Field(ge=0, le=0.2, strict=True)] = Field(
        description="largest component of the random strain"
    )


def _with_pk_as_text(value: object) -> object:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) and value > 0 else value


Imported = Annotated[
    list[Annotated[str, BeforeValidator(_with_pk_as_text, json_schema_input_type=str | int)]],
    Field(
        description="frames that `aiida-zif import` brought in, by label, or blocks, imports, data sets and finished "
        "campaigns by pk or UUID",
        examples=[["salem"]],
    ),
]


class ImportGates(optional(Gates, "smearing")):  # type: ignore[misc]
    """Where imported frames are held against other bounds than computed ones; what is left out holds for both."""

    stress: StrictBool | None = Field(
        default=None, description="refuse frames without a stress; imported ones may lack it"
    )

    def bounds(self) -> dict[str, Any]:
        """Return the bounds that are given."""
        given: dict[str, Any] = self.model_dump(exclude_none=True)
        return given


ImportedGates = Annotated[
    ImportGates, Field(description="bounds for `imported` frames that differ from `labelling.gates`")
]


class SeedData(Section):
    """What the first committee learns from."""

    aimd: list[AimdRun] = Field(description="AIMD runs of every system")
    perturbed: Perturbed | None = Field(None, description="strained and rattled copies")
    imported: Imported = []
    imported_gates: ImportedGates = ImportGates()

    @model_validator(mode="after")
    def _not_empty(self) -> SeedData:
        if not self.aimd and not (self.perturbed and self.perturbed.frames) and not self.imported:
            fix = "add an AIMD run, perturbed or imported frames"
            found = "neither AIMD nor perturbed nor imported frames"
            raise refuse("aimd", found, "at least one source of frames", fix)
        return self


class HeldOut(Section):
    """Frames that no training sees; the error on them is the yardstick."""

    aimd: list[AimdRun] = Field(description="AIMD runs of every system, best at another temperature")
    imported: Imported = []
    imported_gates: ImportedGates = ImportGates()

    @model_validator(mode="after")
    def _not_empty(self) -> HeldOut:
        if not self.aimd and not self.imported:
            raise refuse("aimd", "neither AIMD nor imported frames", "at least one of the two", "add an AIMD run")
        return self


class GateBounds(Gates, Section):
    """What a frame must pass before it becomes a label."""


class Labelling(Section):
    """How frames get their labels."""

    reuse: StrictBool = Field(
        description="take labels that the profile holds at this level already, instead of computing them again"
    )
    batch_time: WallTime = Field(description="what one job of a batch should take; more frames make more jobs")
    gates: GateBounds = Field(description="what a frame must pass before it becomes a label")
