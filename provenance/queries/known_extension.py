"""Whether the profile holds a continuation of a campaign already: of the same results, frames and limits."""

from __future__ import annotations

from typing import Any

from aiida import orm

from aiida_zif.provenance.queries.campaigns import ENTRY_POINT
from aiida_zif.provenance.queries.links import inputs_under
from aiida_zif.workflows.campaign.settings import Settings

VERDICT = "previous__verdict"


def extensions_of(verdict: orm.Dict) -> list[orm.WorkChainNode]:
    """Return the campaigns that go on from a verdict, the newest first."""
    query = orm.QueryBuilder().append(orm.Dict, filters={"id": verdict.pk}, tag="verdict")
    query.append(
        orm.WorkChainNode,
        with_incoming="verdict",
        filters={"process_type": ENTRY_POINT},
        edge_filters={"label": VERDICT},
        tag="campaign",
    )
    return query.order_by({"campaign": {"ctime": "desc"}}).all(flat=True)


def known_extension(builder: Any) -> orm.WorkChainNode | None:
    """Return the newest campaign that goes on as a builder would, and is running or finished well.

    :param builder: of :func:`aiida_zif.workflows.active_learning.extension.builder.builder_of_extension`.
    """
    wanted = {node.uuid for node in (builder.untrusted or {}).values()}
    for campaign in extensions_of(builder.previous.verdict):
        ended_badly = campaign.is_terminated and not campaign.is_finished_ok
        given = {node.uuid for node in inputs_under(campaign, "untrusted").values()}
        if not ended_badly and given == wanted and same_limits(campaign.inputs.settings, builder.settings):
            return campaign
    return None


def same_limits(then: orm.Dict, now: orm.Dict) -> bool:
    """Whether two settings allow the same cycles and labels."""
    return bool(Settings.from_node(then).limits == Settings.from_node(now).limits)


def went_on_from(campaign: orm.ProcessNode) -> orm.WorkChainNode | None:
    """Return the campaign whose results another one was given, None for one that began anew."""
    verdict = next((node for label, node in inputs_under(campaign, "previous").items() if label == "verdict"), None)
    if verdict is None:
        return None
    links = verdict.base.links.get_incoming(node_class=orm.WorkChainNode).all()
    return next((link.node for link in links if link.node.process_type == ENTRY_POINT), None)
