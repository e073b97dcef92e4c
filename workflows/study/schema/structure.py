"""The sections ``structure`` and ``states`` of a study file (no AiiDA)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from aiida_zif.plugins.input_checks.model import refuse
from aiida_zif.workflows.campaign.schema.section import Section
from aiida_zif.workflows.properties.states import settings as states
from aiida_zif.workflows.properties.structure import settings as structure
from aiida_zif.workflows.user_input.problems import listed

Phase = Literal["crystal", "melt", "glass"]


class Pairs(structure.Pairs, Section):
    """Partial pair distributions and coordination numbers."""


class Scattering(structure.Scattering, Section):
    """X-ray and neutron S(Q), F(Q) and D(r)."""


class Pores(structure.Pores, Section):
    """Voronoi analysis of the void."""


class Dynamics(structure.Dynamics, Section):
    """Bond lifetimes, exchange and displacement."""


class Structure(structure.StructureOptions, Section):
    """The structure of what `melt_quench` left, with errors over replicas."""

    of: Annotated[list[Phase], Field(min_length=1)] = Field(description="phases of `melt_quench` that are analysed")
    pairs: Pairs = Field(description="pair distributions and coordination")
    scattering: Scattering = Field(description="X-ray and neutron scattering")
    pores: Pores = Field(description="pores and accessible volume")
    dynamics: Dynamics = Field(description="lifetimes and displacement")

    @model_validator(mode="after")
    def _every_phase_once(self) -> Structure:
        if len(set(self.of)) < len(self.of):
            raise refuse("of", listed(self.of), "every phase once", "remove the second one")
        return self


class Decomposition(states.DecompositionOptions, Section):
    """How the change from state to state is divided by cause."""


class States(states.StatesOptions, Section):
    """A grid of temperatures and pressures, each state with its structure."""

    decomposition: Decomposition = Field(description="division of the change of structure")
