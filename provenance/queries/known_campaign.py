"""Whether the profile holds a campaign already, and which keys of its file say that it is another one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from aiida_zif.provenance.queries.campaigns import find_campaigns
from aiida_zif.provenance.queries.differences import (
    Known,
    differing_codes,
    differing_keys,
    differing_structures,
    is_about_a_system,
    leaves,
    unknown_keys,
)
from aiida_zif.provenance.queries.links import inputs_under

if TYPE_CHECKING:
    from aiida_zif.workflows.campaign.loading import Campaign

COST_ONLY = {
    "labelling.reuse": "a label that the profile holds of the same frame at the same level is the label",
    "labelling.batch_time": "into how many jobs the frames of a batch are cut",
}
"""Keys that cannot change what a campaign finds, and why; all others make another campaign."""


def known_campaigns(campaign: Campaign) -> Iterator[Known]:
    """Yield the campaigns of the same name that are running or finished well, the newest first.

    :raises CampaignError: if the imported frames of the file are not there.
    """
    for node in find_campaigns(label=campaign.name):
        if not node.is_terminated or node.is_finished_ok:
            yield Known(node, differences(node, campaign))


def differences(node: Any, campaign: Campaign) -> list[str]:
    """Return in words every key by which a campaign of the profile differs from one of a file; none if it is the same.

    :param node: of the campaign in the profile.
    """
    then, now = _settings(node, campaign)
    different = differing_keys(then, now, is_free, unknown_keys(then, now, _defaults(campaign), is_free))
    other = [*differing_codes(node, campaign.code_labels()), *differing_structures(node, campaign.structures())]
    return [*different, *other, *other_imports(node, campaign)]


def keys_not_known_then(node: Any, campaign: Campaign) -> list[str]:
    """Return the keys that the version that began a campaign did not know, as far as they mean anything."""
    then, now = _settings(node, campaign)
    values = dict(leaves(now))
    return [key for key in unknown_keys(then, now, _defaults(campaign), is_free) if values[key] is not None]


def _settings(node: Any, campaign: Campaign) -> tuple[dict[str, Any], dict[str, Any]]:
    """The settings of a campaign of the profile, and of one of a file, by the keys of today."""
    from aiida_zif.workflows.campaign.settings import Settings

    return Settings.as_written(node.inputs.settings), campaign.settings().model_dump(mode="json")


def _defaults(campaign: Campaign) -> dict[str, Any]:
    """The sections of a campaign whose file says nothing but its protocol."""
    from aiida_zif.workflows.campaign.loading import sections_of_protocol

    return sections_of_protocol(campaign.protocol)


def is_free(key: str) -> bool:
    """Whether a key makes no other campaign."""
    return key in COST_ONLY or is_about_a_system(key)


def other_imports(node: Any, campaign: Campaign) -> list[str]:
    """Return in words the uses for which a campaign began with other imported frames than its labels stand for now.

    :raises CampaignError: if the imported frames of the file are not there.
    """
    from aiida_zif.workflows.active_learning.imported.blocks import imported_blocks

    now = imported_blocks(campaign)
    sections = {"training": "seed_data", "held_out": "held_out"}
    return [
        f"{sections[use]}.imported: other frames"
        for use, blocks in now.items()
        if {block.uuid for block in inputs_under(node, f"imported__{use}").values()}
        != {block.uuid for block in blocks.values()}
    ]
