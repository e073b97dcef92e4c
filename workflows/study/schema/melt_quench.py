"""The section ``melt_quench`` of a study file (no AiiDA)."""

from __future__ import annotations

from aiida_zif.workflows.properties.melt_quench.section import MeltQuenchSection
from aiida_zif.workflows.properties.melt_quench.settings import MeltQuenchSettings


class MeltQuench(MeltQuenchSection):
    """Equilibrate a framework, heat it until it melts, hold, quench and relax."""

    def settings(self, system: str, protocol: str, seed: int) -> MeltQuenchSettings:
        """Return the settings of `zif.melt_quench`.

        :param system: label of the framework.
        :param seed: every other seed derives from it.
        """
        named = {"system": system, "protocol": protocol, "seed": seed}
        return MeltQuenchSettings.model_validate({**self.model_dump(mode="json"), **named})
