"""The sections of a study file that compute something (no AiiDA)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StrictBool

from aiida_zif.plugins.input_checks.model import Count
from aiida_zif.plugins.input_checks.quantities import Pressure, Temperature
from aiida_zif.plugins.lammps.settings import Coupling
from aiida_zif.workflows.campaign.schema.section import Section

Phase = Literal["crystal", "melt", "glass"]


class MeltQuench(Section):
    """Heat a framework until it melts, and quench the melt."""

    replicas: Count = Field(description="independent melts, each with seeds of its own")
    coupling: Coupling = Field(description="which components of the cell move")
    pressure: Pressure = Field(description="pressure of all stages")


class Scattering(Section):
    """X-ray and neutron scattering."""

    deuterated: StrictBool = Field(description="neutron scattering lengths of deuterium instead of hydrogen")


class Structure(Section):
    """The structure of what was computed, with errors."""

    of: Annotated[list[Phase], Field(min_length=1)] = Field(description="phases of `melt_quench` that are analysed")


class States(Section):
    """A grid of temperatures and pressures."""

    temperatures: Annotated[list[Temperature], Field(min_length=1)] = Field(description="temperatures of the grid")
    pressures: Annotated[list[Pressure], Field(min_length=1)] = Field(description="pressures of the grid")
    start: Literal["crystal", "glass"] = Field(description="what is brought to the states")


class Validation(Section):
    """Comparison with experiments and with results of others."""

    references: list[str] = Field(description="shipped references, by name")
