"""The sections ``structure`` and ``states`` of a study file (no AiiDA)."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from aiida_zif.plugins.input_checks.model import refuse
from aiida_zif.workflows.properties.states.section import StatesSection
from aiida_zif.workflows.properties.structure.section import StructureSection
from aiida_zif.workflows.study.schema.system import Phase
from aiida_zif.workflows.user_input.problems import listed


class Structure(StructureSection):
    """The structure of what `melt_quench` left, with errors over replicas."""

    of: Annotated[list[Phase], Field(min_length=1)] = Field(description="phases of `melt_quench` that are analysed")

    @model_validator(mode="after")
    def _every_phase_once(self) -> Structure:
        if len(set(self.of)) < len(self.of):
            raise refuse("of", listed(self.of), "every phase once", "remove the second one")
        return self


class States(StatesSection):
    """A grid of temperatures and pressures, each state with its structure."""
