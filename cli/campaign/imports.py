"""The imported frames that a campaign names, checked before anything is labelled."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiida_zif.cli.common.profile import fail, load_if_there

if TYPE_CHECKING:
    from aiida_zif.workflows.campaign.loading import Campaign


def refuse_wrong_imports(campaign: Campaign) -> list[str]:
    """Return what is worth knowing of the imported frames of a campaign; end with every problem that they have."""
    sections = [campaign.for_system(name) for name in campaign.systems]
    if not any(of.seed_data.imported or of.held_out.imported for of in sections):
        return []
    if not load_if_there():
        return ["imported frames were not checked: there is no profile. `aiida-zif run` checks them"]
    from aiida_zif.workflows.active_learning.imported.blocks import import_notes, imported_blocks
    from aiida_zif.workflows.campaign.loading import CampaignError

    try:
        imported_blocks(campaign)
    except CampaignError as error:
        fail(str(error))
    return import_notes(campaign)
