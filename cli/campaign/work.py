"""A campaign file as `run` sees it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from aiida_zif.cli.campaign.codes import refuse_unfit_codes, refuse_unfit_known_codes
from aiida_zif.cli.campaign.machine import refuse_oversubscription
from aiida_zif.cli.campaign.plumed import refuse_without_plumed
from aiida_zif.cli.campaign.reading import read_campaign
from aiida_zif.cli.campaign.take_up import known_campaign
from aiida_zif.cli.common.profile import fail
from aiida_zif.cli.common.work import Work


class CampaignWork(Work):
    """A campaign."""

    noun = "campaign"
    kept = "reuses the labels that exist"

    def __init__(self, path: Path, seed: int | None, reuse: bool | None) -> None:
        self.campaign = read_campaign(path, seed, reuse)

    @property
    def name(self) -> str:
        """Its name."""
        return self.campaign.name

    def look_up(self) -> None:
        """Check that LAMMPS has what the campaign uses, and the machine its cores."""
        refuse_without_plumed(self.campaign)
        refuse_oversubscription(self.campaign)

    def notes(self) -> list[str]:
        """Return notes on the cells."""
        return self.campaign.cell_notes()

    def known(self) -> Any:
        """Return the newest campaign of the same name and settings that is running or finished well."""
        return known_campaign(self.campaign)

    def builder(self) -> Any:
        """Return the builder; end with a message if a code is missing."""
        from aiida.common.exceptions import NotExistent

        from aiida_zif.workflows.active_learning.builder import builder_from_campaign
        from aiida_zif.workflows.campaign.loading import CampaignError

        try:
            builder = builder_from_campaign(self.campaign)
        except CampaignError as error:
            fail(str(error))
        except NotExistent as error:
            refuse_unfit_known_codes(self.campaign)
            fail(f"codes: {error}. The profile has none; `aiida-zif setup` or `verdi code create` makes them.")
        refuse_unfit_codes(self.campaign)
        return builder
