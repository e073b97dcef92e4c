"""A study file as a pydantic model; every value comes from the file or its protocol (no AiiDA)."""

from __future__ import annotations

from typing import Any

from pydantic import ConfigDict, Field

from aiida_zif.plugins.input_checks.model import Whole
from aiida_zif.workflows.campaign.schema.campaign_file import RunName, SystemName
from aiida_zif.workflows.campaign.schema.section import Section
from aiida_zif.workflows.study.schema.force_field import ForceField
from aiida_zif.workflows.study.schema.melt_quench import MeltQuench
from aiida_zif.workflows.study.schema.resources import StudyCodes, StudyResources
from aiida_zif.workflows.study.schema.structure import States, Structure
from aiida_zif.workflows.study.schema.system import StudySystem
from aiida_zif.workflows.study.schema.validation import Validation


class StudyIdentity(Section):
    """What a study is about, in its file and as it is stored."""

    name: RunName = Field(description="name of the study", examples=["zif4-glass"])
    protocol: str = Field(description="source of all values that the file does not set")
    seed: Whole = Field(description="seed of all random numbers")
    force_field: ForceField | None = Field(
        None, description="what drives the molecular dynamics; left out where frames of files are analysed"
    )
    systems: dict[SystemName, StudySystem] = Field(min_length=1, description="frameworks, or frames, by label")


class Computed(Section):
    """What a study computes, in its file and as it is stored; a section that is left out is not computed."""

    model_config = ConfigDict(populate_by_name=True)

    melt_quench: MeltQuench | None = Field(None, description="melt the framework and quench the melt")
    structure: Structure | None = Field(None, description="the structure of what was computed")
    states: States | None = Field(None, description="a grid of temperatures and pressures")
    validation: Validation | None = Field(
        None, alias="validate", description="comparison with experiments and with results of others"
    )


SECTIONS: dict[str, Any] = {"melt_quench": MeltQuench, "structure": Structure, "states": States, "validate": Validation}
"""Keys of the file that stand for something to be computed, in the order in which it is."""


class StudyMeans(Section):
    """What a study computes with; this may be other means in another run of the same study."""

    codes: StudyCodes = Field(description="codes of the AiiDA profile")
    resources: StudyResources = Field(description="resources by stage")


class StudyFile(Computed, StudyMeans, StudyIdentity):  # the last base comes first in the file's reference
    """A whole study."""
