"""Read a campaign file for a command."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from aiida_zif.cli.common.profile import fail

if TYPE_CHECKING:
    from aiida_zif.workflows.campaign.loading import Campaign

CAMPAIGN_FILE = click.argument("campaign_file", metavar="CAMPAIGN", type=click.Path(path_type=Path))


def read_campaign(path: Path, seed: int | None, reuse: bool | None = None) -> Campaign:
    """Return the checked campaign, or end with a list of all problems; options take precedence over the file."""
    from aiida_zif.workflows.campaign.loading import CampaignError, load_campaign

    try:
        campaign = load_campaign(path)
    except CampaignError as error:
        fail(str(error))
    given: dict[str, Any] = {} if seed is None else {"seed": seed}
    if reuse is not None:
        given["labelling"] = campaign.labelling.model_copy(update={"reuse": reuse})
    return campaign.model_copy(update=given)
