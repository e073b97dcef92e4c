"""The sections of a study file about codes and computers (no AiiDA)."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from aiida_zif.workflows.campaign.schema.resources import CodeLabel, RankStage
from aiida_zif.workflows.campaign.schema.section import Section
from aiida_zif.workflows.campaign.schema.stored import StoredSection


class MdStage(RankStage):
    """The stage of LAMMPS, one trajectory a job."""

    layout: Literal["given", "fastest"] = Field(
        "given", description="ranks × threads as given, or the fastest split of as many cores, which is tried once"
    )


class StudyResources(StoredSection):
    """Resources by stage."""

    md: MdStage = Field(description="LAMMPS")


class StudyCodes(Section):
    """Codes of the AiiDA profile, as ``label@computer``."""

    lmp: CodeLabel = Field(description="LAMMPS with DeePMD", examples=["lmp@localhost"])
    python: CodeLabel = Field(description="Python with NumPy, on the computer of LAMMPS", examples=["python@localhost"])
    dp: CodeLabel | None = Field(
        None,
        description="DeePMD-kit's `dp`, on the computer of LAMMPS; with it models are compressed where that pays",
        examples=["dp@localhost"],
    )
