"""Take up a campaign that the profile holds already, or say why it is another one than that of the file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from aiida_zif.cli.common.profile import fail

if TYPE_CHECKING:
    from aiida_zif.workflows.campaign.loading import Campaign

SHOWN = 4
"""Differences that a message names."""


def known_campaign(campaign: Campaign) -> Any:
    """Return the newest campaign of the same name and settings that is running or finished well, if there is one.

    Ends the command if one with other settings is running; says what differs if one has finished well.
    """
    from aiida_zif.provenance.queries.known_campaign import keys_not_known_then, known_campaigns
    from aiida_zif.workflows.campaign.loading import CampaignError

    try:
        for known in known_campaigns(campaign):
            if not known.differing:
                if unknown := keys_not_known_then(known.node, campaign):
                    note = f"Note: the version that started it did not have {', '.join(unknown)}; it ran without them."
                    click.echo(note, err=True)
                return known.node
            refuse_or_note_other(campaign.name, known.node, known.differing)
    except CampaignError as error:
        fail(str(error))
    return None


def refuse_or_note_other(name: str, node: Any, differing: list[str], noun: str = "campaign") -> None:
    """End the command if one with other settings is running; if it has finished, say what differs.

    :param noun: what it is.
    """
    words = "; ".join(differing[:SHOWN]) + ("; …" if len(differing) > SHOWN else "")
    if not node.is_terminated:
        fail(
            f"{noun} {name} <{node.pk}> is running with other settings ({words}). Wait for it, stop "
            f"it with `verdi process kill {node.pk}`, give this one another name, or use --fresh to run both."
        )
    click.echo(f"{noun.capitalize()} {name} <{node.pk}> is finished with other settings ({words}): not this one.")
