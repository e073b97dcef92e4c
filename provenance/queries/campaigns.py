"""Campaigns of the profile, and those among the callers of the ancestors of a node."""

from __future__ import annotations

from typing import Any

from aiida import orm

from aiida_zif.provenance.queries import sql
from aiida_zif.workflows.campaign.settings import Settings

ENTRY_POINT = "aiida.workflows:zif.active_learning"


def find_campaigns(label: str | None = None, unfinished: bool = False) -> list[orm.WorkChainNode]:
    """Return the campaigns of the profile, the newest first.

    :param label: name of the campaign, if only those of one name are wanted.
    :param unfinished: whether to leave out those that have ended.
    """
    return find_of(ENTRY_POINT, label, unfinished)


def find_of(process_type: str, label: str | None = None, unfinished: bool = False) -> list[orm.WorkChainNode]:
    """Return the work chains of a type, the newest first; of a label, and unfinished ones, if only these are wanted."""
    filters: dict[str, Any] = {"process_type": process_type}
    if label is not None:
        filters["label"] = label
    if unfinished:
        filters["attributes.process_state"] = {"!in": ["finished", "excepted", "killed"]}
    query = orm.QueryBuilder().append(orm.WorkChainNode, filters=filters, tag="run")
    return query.order_by({"run": {"ctime": "desc"}}).all(flat=True)


def is_campaign(node: orm.Node) -> bool:
    """Whether a node is the work chain of a campaign."""
    return isinstance(node, orm.ProcessNode) and node.process_type == ENTRY_POINT


def campaigns_behind(start: list[int]) -> list[dict[str, Any]]:
    """Return the campaigns that made some nodes or any of their ancestors, the oldest first."""
    campaigns: list[Any] = [orm.load_node(pk) for pk in sql.campaigns_of_ancestors(start, ENTRY_POINT)]
    return [campaign_entry(campaign) for campaign in campaigns]


def campaign_entry(campaign: Any) -> dict[str, Any]:
    """Return what names a campaign."""
    seed = Settings.from_node(campaign.inputs.settings).seed
    return {"pk": campaign.pk, "uuid": campaign.uuid, "name": campaign.label, "seed": seed}
