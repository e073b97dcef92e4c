"""Remarks on imported labels for reports and lineage: other gates, and withdrawals."""

from __future__ import annotations

from typing import Any

from aiida import orm

from aiida_zif.plugins.cp2k.reading.gates import bounds_in_words
from aiida_zif.plugins.data.frames import LabelledFramesData
from aiida_zif.workflows.labelling.known_imports import declaration_of, is_import, withdrawn_blocks
from aiida_zif.workflows.labelling.withdrawal import campaigns_of


def import_remarks(block: LabelledFramesData) -> list[str]:
    """Return the remarks on a block, none for one that was computed."""
    origin: Any = block.creator
    if not is_import(origin):
        return []
    gates, reason = declaration_of(origin).gates, withdrawn_blocks().get(block.uuid)
    remarks = [f"imported with other gates than those of computed labels: {bounds_in_words(gates)}"] if gates else []
    return remarks + ([f"withdrawn: {reason}"] if reason is not None else [])


def withdrawn_lines(campaign: orm.ProcessNode) -> list[str]:
    """Return a line for every withdrawn block that a campaign was given, or took labels from."""
    lines = []
    for uuid, reason in withdrawn_blocks().items():
        if campaign.pk in {user.pk for user in campaigns_of([uuid])}:
            block: Any = orm.load_node(uuid)
            lines.append(f"labels of import {block.label} <{block.creator.pk}> were withdrawn since: {reason}")
    return list(dict.fromkeys(lines))
