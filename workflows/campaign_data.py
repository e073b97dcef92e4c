"""The sections of a campaign file that say where frames and their labels come from (no AiiDA)."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StrictBool, model_validator

from aiida_zif.workflows.campaign_aimd import AimdRun
from aiida_zif.workflows.campaign_section import Count, Section, Whole, refuse
from aiida_zif.workflows.quantities import AtomicEnergy, Displacement, Force, WallTime


class Perturbed(Section):
    """Copies of the crystal, strained and rattled at random."""

    frames: Annotated[Whole, Field(le=100_000)] = Field(description="number of copies of every system")
    displacement: Displacement = Field(description="standard deviation of the atoms along each axis")
    strain: Annotated[float, Field(ge=0, le=0.2, strict=True)] = Field(
        description="largest component of the random strain"
    )


Imported = Annotated[
    list[str],
    Field(
        description="frames that `aiida-zif import` brought in: labels, or UUIDs of blocks and data sets",
        examples=[["salem"]],
    ),
]


class SeedData(Section):
    """What the first committee learns from."""

    aimd: list[AimdRun] = Field(description="AIMD runs of every system")
    perturbed: Perturbed | None = Field(None, description="strained and rattled copies")
    imported: Imported = []

    @model_validator(mode="after")
    def _not_empty(self) -> SeedData:
        if not self.aimd and not (self.perturbed and self.perturbed.frames) and not self.imported:
            mend = "add an AIMD run, perturbed or imported frames"
            found = "neither AIMD nor perturbed nor imported frames"
            raise refuse("aimd", found, "at least one source of frames", mend)
        return self


class HeldOut(Section):
    """Frames that no training sees; the error on them is the yardstick."""

    aimd: list[AimdRun] = Field(description="AIMD runs of every system, best at another temperature")
    imported: Imported = []

    @model_validator(mode="after")
    def _not_empty(self) -> HeldOut:
        if not self.aimd and not self.imported:
            raise refuse("aimd", "neither AIMD nor imported frames", "at least one of the two", "add an AIMD run")
        return self


Above = Annotated[float, Field(gt=0, le=1000, strict=True)]


class GateBounds(Section):
    """What a frame must pass before it becomes a label."""

    contact: Annotated[float, Field(ge=0, le=1, strict=True)] = Field(
        description="closest two atoms may be, over the sum of their covalent radii; others are refused unseen"
    )
    max_force: Force = Field(description="largest component of a force")
    net_force: Force = Field(description="sum of all forces over the root of the number of atoms")
    energy_band: AtomicEnergy = Field(description="distance to the median energy of the composition that always passes")
    energy_deviations: Above = Field(description="robust standard deviations beyond which an energy is an outlier")
    energy_frames: Count = Field(description="frames of a composition below which no energy is an outlier")
    stress: StrictBool = Field(description="refuse frames without a stress")
    smearing: StrictBool = Field(
        description="let frames in, flagged, that only smeared occupations made self-consistent"
    )


class Labelling(Section):
    """How frames get their labels."""

    reuse: StrictBool = Field(
        description="take labels that the profile holds at this level already, instead of computing them again"
    )
    batch_time: WallTime = Field(description="what one job of a batch should take; more frames make more jobs")
    gates: GateBounds = Field(description="what a frame must pass before it becomes a label")
