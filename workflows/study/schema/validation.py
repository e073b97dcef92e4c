"""The section ``validate`` of a study file (no AiiDA)."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StrictBool

from aiida_zif.plugins.input_checks.quantities import Temperature
from aiida_zif.workflows.campaign.schema.campaign_file import Stated, SystemName
from aiida_zif.workflows.campaign.schema.section import Section
from aiida_zif.workflows.properties.structure.settings import WaveNumber
from aiida_zif.workflows.properties.validation import settings as validation


class Reference(validation.Reference, Section):
    """One file of others: frames, or a measured curve."""

    file: str = Field(description="frames (extended XYZ, CIF, LAMMPS data) or a curve (two or three columns)")
    system: str = Field(description="label of the system that it stands beside")
    state: str = Field(description="crystal, melt, glass, or a state of the grid such as 300K_0GPa")
    source: Stated = Field(description="who made it, with DOI")
    temperature: Temperature | None = Field(None, description="where it is stated")


class Validation(Section):
    """Results beside references, with the words whether the two may be compared."""

    references: dict[SystemName, Reference] = Field(description="files of others, by a name of your choice")
    literature: StrictBool = Field(description="values of the literature that ship with the package, too")
    level: Annotated[str, Field(max_length=200)] = Field(
        description="level of theory of the force field; empty: that of its campaign"
    )
    q_min: WaveNumber = Field(description="least wave number of the R factor")
    q_max: WaveNumber = Field(description="largest wave number of the R factor")
