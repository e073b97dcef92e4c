"""Studies of the profile, and campaigns and studies together."""

from __future__ import annotations

from typing import Any

from aiida import orm

from aiida_zif.provenance.queries import campaigns
from aiida_zif.workflows.study.names import ENTRY_POINT

NOUNS = {campaigns.ENTRY_POINT: "campaign", ENTRY_POINT: "study"}
"""Process type of what a file starts → what it is called."""


def find_studies(label: str | None = None, unfinished: bool = False) -> list[orm.WorkChainNode]:
    """Return the studies of the profile, the newest first.

    :param label: name of the study, if only those of one name are wanted.
    :param unfinished: whether to leave out those that have ended.
    """
    return campaigns.find_of(ENTRY_POINT, label, unfinished)


def find_runs(unfinished: bool = False) -> list[orm.WorkChainNode]:
    """Return campaigns and studies of the profile, the newest first."""
    found = [*campaigns.find_campaigns(unfinished=unfinished), *find_studies(unfinished=unfinished)]
    return sorted(found, key=lambda node: (node.ctime, node.pk or 0), reverse=True)


def is_study(node: Any) -> bool:
    """Whether a node is the work chain of a study."""
    return isinstance(node, orm.ProcessNode) and node.process_type == ENTRY_POINT


def noun_of(node: Any) -> str:
    """Return ``campaign`` or ``study``."""
    return NOUNS[node.process_type]
