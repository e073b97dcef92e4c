"""The section ``validate`` of a study file: references with their files, quantities with units (no AiiDA)."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from aiida_zif.plugins.systems.files.frame_files import Format
from aiida_zif.workflows.campaign.schema.campaign_file import SystemName
from aiida_zif.workflows.campaign.schema.section import Section
from aiida_zif.workflows.properties.structure.settings import StructureOptions
from aiida_zif.workflows.properties.validation.settings import (
    Computed,
    CurveReference,
    FramesReference,
    ValidationOptions,
    ValidationSettings,
)

FrameFormat = Format
Name = SystemName
"""Of a reference; it becomes the name of a link."""


class FramesFiles(FramesReference, Section):
    """Frames of others, such as the configurations of a published glass."""

    files: Annotated[list[str], Field(min_length=1)] = Field(description="files in the order of the frames")
    format: FrameFormat | None = Field(None, description="of the files; by their names if left out")
    type_map: list[str] | None = Field(None, description="elements of the atom types of LAMMPS")
    atom_style: str | None = Field(None, description="of a LAMMPS data file that does not say it")

    def reference(self) -> FramesReference:
        """Return it without its files."""
        fields = FramesReference.model_fields
        return FramesReference.model_validate({name: getattr(self, name) for name in fields})


class CurveFileSection(CurveReference, Section):
    """A measured curve."""

    file: str = Field(description="file of two or three columns")

    def reference(self) -> CurveReference:
        """Return it without its file."""
        fields = CurveReference.model_fields
        return CurveReference.model_validate({name: getattr(self, name) for name in fields})


class ValidationSection(ValidationOptions, Section):
    """Comparison with experiments and with results of others."""

    same_level: bool = Field(True, description="compare with AIMD runs of the training data")
    frames: dict[Name, FramesFiles] = Field(default={}, description="frames of others by name")
    curves: dict[Name, CurveFileSection] = Field(default={}, description="measured curves by name")

    def settings(
        self,
        computed: dict[str, Computed],
        level: str,
        structure: StructureOptions,
        aimd: dict[str, FramesReference] | None = None,
        seed: int = 1,
    ) -> ValidationSettings:
        """Return the settings of `zif.validate`.

        :param computed: what the study computed, by the names of its reports.
        :param level: of the labels, in words.
        :param structure: options of the section ``structure``.
        :param aimd: of :func:`~.aimd.aimd_references`.
        :param seed: of all that is drawn by chance.
        """
        own = {name: getattr(self, name) for name in ValidationOptions.model_fields}
        frames = {name: one.reference() for name, one in self.frames.items()} | (aimd or {})
        curves = {name: one.reference() for name, one in self.curves.items()}
        plain = {name: getattr(structure, name) for name in StructureOptions.model_fields}
        options = StructureOptions(**plain)
        return ValidationSettings(
            **own, computed=computed, frames=frames, curves=curves, level=level, structure=options, seed=seed
        )
