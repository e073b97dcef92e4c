"""The section ``structure`` of a study file: quantities with units (no AiiDA)."""

from __future__ import annotations

from pydantic import Field

from aiida_zif.workflows.campaign.schema.section import Section
from aiida_zif.workflows.properties.structure.settings import (
    Dynamics,
    Pairs,
    Pores,
    Rings,
    Scattering,
    StructureOptions,
    StructureSettings,
)


class PairsSection(Pairs, Section):
    """Partial pair distributions and coordination numbers."""


class ScatteringSection(Scattering, Section):
    """X-ray and neutron scattering."""


class RingsSection(Rings, Section):
    """Shortest-path rings of the linker graph."""


class PoresSection(Pores, Section):
    """Pores and accessible volume."""


class DynamicsSection(Dynamics, Section):
    """Bond lifetimes, exchange and displacement."""


class StructureSection(StructureOptions, Section):
    """Observables of frames, with errors."""

    pairs: PairsSection = Field(default=PairsSection(), description="pair distributions and coordination")
    scattering: ScatteringSection = Field(default=ScatteringSection(), description="X-ray and neutron scattering")
    rings: RingsSection = Field(default=RingsSection(), description="rings of the linker graph")
    pores: PoresSection = Field(default=PoresSection(), description="pores and accessible volume")
    dynamics: DynamicsSection = Field(default=DynamicsSection(), description="lifetimes and displacement")

    def settings(self, system: str, state: str, seed: int) -> StructureSettings:
        """Return the settings of `zif.structure`.

        :param system: label of the framework.
        :param state: such as ``glass_20``.
        :param seed: of all that is drawn by chance.
        """
        own = {name: value for name, value in self.model_dump().items() if name in StructureOptions.model_fields}
        return StructureSettings.model_validate({**own, "system": system, "state": state, "seed": seed})
