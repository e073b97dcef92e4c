"""The section ``states`` of a study file: quantities with units (no AiiDA)."""

from __future__ import annotations

from pydantic import Field

from aiida_zif.workflows.campaign.schema.section import Section
from aiida_zif.workflows.properties.states.settings import DecompositionOptions, StatesOptions, StatesSettings


class DecompositionSection(DecompositionOptions, Section):
    """Division of the change of structure between its causes."""


class StatesSection(StatesOptions, Section):
    """A grid of temperatures and pressures."""

    decomposition: DecompositionSection = Field(
        default=DecompositionSection(), description="division of the change of structure"
    )

    def settings(self, system: str, seed: int) -> StatesSettings:
        """Return the settings of `zif.states`.

        :param system: label of the framework.
        :param seed: of the study.
        """
        own = {name: value for name, value in self.model_dump().items() if name in StatesOptions.model_fields}
        return StatesSettings.model_validate({**own, "system": system, "seed": seed})
