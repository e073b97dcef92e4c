"""One of the ``systems`` of a study file: a crystal, or frames of others (no AiiDA)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from aiida_zif.plugins.input_checks.model import refuse
from aiida_zif.plugins.input_checks.quantities import Temperature, TemperatureRate
from aiida_zif.plugins.systems import available_systems
from aiida_zif.plugins.systems.files.frame_files import Format
from aiida_zif.workflows.campaign.schema.campaign_file import Crystal, Stated
from aiida_zif.workflows.campaign.supercell import AUTO
from aiida_zif.workflows.user_input.problems import did_you_mean, listed, shown

Phase = Literal["crystal", "melt", "glass"]
OF_FRAMES = ("format", "type_map", "atom_style", "phase", "framework", "rate", "level")
"""Keys that say something of frames, and nothing of a crystal."""


def _several(value: object) -> object:
    return [value] if isinstance(value, str) else value


class StudySystem(Crystal):
    """A crystal in a cell, which a force field moves; or frames of others, which are analysed as they are."""

    structure: str = Field("", description="a framework that ships with the package, or a structure file")
    frames: Annotated[list[str], Field(min_length=1), BeforeValidator(_several, json_schema_input_type=list[str])] | (
        None
    ) = Field(
        None,
        description="instead of structure, without a force field: files of frames (CIF, extended XYZ, LAMMPS data or "
        "dump), one for each replica",
        examples=[["a.cif", "b.cif"]],
    )
    format: Format | None = Field(None, description="of frames; by the names of their files if left out")
    type_map: list[str] | None = Field(None, description="of frames: elements of the atom types of LAMMPS")
    atom_style: str | None = Field(None, description="of frames in a LAMMPS data file that does not say it")
    phase: Phase | None = Field(None, description="of frames: what they are")
    framework: str | None = Field(
        None, description="of frames: the shipped framework that they are of, with whose published numbers they compare"
    )
    temperature: Temperature | None = Field(
        None, description="of what is analysed without a force field; `validate` requires it"
    )
    rate: TemperatureRate | None = Field(None, description="of frames of a glass: the rate of its quench")
    level: Stated | None = Field(None, description="of frames: their level of theory, in words")

    @model_validator(mode="after")
    def _is_a_crystal_or_frames(self) -> StudySystem:
        if self.frames is None:
            self._check_crystal()
        else:
            self._check_frames()
        return self

    def _check_crystal(self) -> None:
        if not self.structure:
            allowed = f"{listed(available_systems())}, or a structure file; or frames: files that are analysed"
            raise refuse("structure", "nothing", allowed, "add structure: zif-4, or frames: [FILE] and its source")
        if given := [key for key in OF_FRAMES if getattr(self, key) is not None]:
            found, fix = shown(getattr(self, given[0])), "remove it, or write frames instead of structure"
            raise refuse(given[0], found, "this key together with frames", fix)

    def _check_frames(self) -> None:
        if self.structure:
            fix = "keep frames to analyse files, structure to compute with a force field"
            raise refuse("structure", "structure and frames", "one of the two", fix)
        if self.supercell != AUTO:
            raise refuse("supercell", shown(self.supercell), "frames as they are in their files", "remove it")
        if self.phase is None:
            raise refuse("phase", "nothing", "one of crystal, melt, glass", "add what they are, such as phase: glass")
        if self.source is None:
            allowed = "who made these frames, with DOI or address"
            raise refuse("source", "nothing", allowed, "add the key, such as source: 'our AIMD run of May'")
        if self.framework is not None and self.framework not in available_systems():
            fix = did_you_mean(self.framework, available_systems(), "remove it")
            raise refuse("framework", shown(self.framework), listed(available_systems()), fix)
        if self.rate is not None and self.phase != "glass":
            raise refuse("rate", f"{self.rate:g} K/ps of a {self.phase}", "the rate of a glass", "remove it")
