"""The section ``validate`` of a study file (no AiiDA)."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, StrictBool, model_validator

from aiida_zif.plugins.input_checks.model import refuse
from aiida_zif.plugins.input_checks.quantities import Temperature, TimeStep
from aiida_zif.workflows.campaign.schema.campaign_file import Stated, SystemName
from aiida_zif.workflows.campaign.schema.section import Section
from aiida_zif.workflows.properties.structure.settings import WaveNumber
from aiida_zif.workflows.properties.validation import settings as validation

CURVES = ("F(Q)", "D(r)")


def _one_file(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


class Reference(validation.Reference, Section):
    """Files of others: frames, or a measured curve."""

    files: Annotated[
        list[str], Field(min_length=1), BeforeValidator(_one_file, json_schema_input_type=str | list[str])
    ] = Field(description="frames (extended XYZ, CIF, LAMMPS data or dump), or one curve of two or three columns")
    system: str = Field(description="label of the system that it stands beside")
    kind: Literal["same-level AIMD", "published AIMD", "F(Q)", "D(r)"] = Field(description="of frames, or of a curve")
    state: str = Field(description="crystal, melt, glass, or a state of the grid such as 300K_0GPa")
    source: Stated = Field(description="who made it, with DOI")
    level: str = Field("", description="level of theory, or kind of measurement")
    licence: str = Field("", description="such as CC-BY-4.0")
    temperature: Temperature | None = Field(None, description="where it is stated")
    comparable: StrictBool | None = Field(
        None, description="whether a difference says something about the force field; decided by level, size and "
        "density if left out"
    )  # fmt: skip
    why: str = Field("", description="reason of `comparable`")
    type_map: list[str] | None = Field(None, description="elements of the atom types of LAMMPS files")
    timestep: TimeStep | None = Field(None, description="of frames that state MD steps")

    @model_validator(mode="after")
    def _a_curve_is_one_file(self) -> Reference:
        if self.kind in CURVES and len(self.files) > 1:
            raise refuse("files", f"{len(self.files)} files", "one file of a curve", "make one reference of each")
        return self


class Validation(Section):
    """Results beside references, with the words whether the two may be compared."""

    references: dict[SystemName, Reference] = Field(description="files of others, by a name of your choice")
    literature: StrictBool = Field(description="values of the literature that ship with the package, too")
    level: Annotated[str, Field(max_length=200)] = Field(
        description="level of theory of the force field; empty: that of its campaign"
    )
    q_min: WaveNumber = Field(description="least wave number of the R factor")
    q_max: WaveNumber = Field(description="largest wave number of the R factor")

    @model_validator(mode="after")
    def _range_is_open(self) -> Validation:
        if self.q_min >= self.q_max:
            raise refuse("q_min", f"{self.q_min:g} Å⁻¹", f"less than q_max, {self.q_max:g} Å⁻¹", "exchange the two")
        return self
