"""What one must know of imported labels wherever they are described: their gates, and whether they were withdrawn."""

from __future__ import annotations

from typing import Any

from aiida_zif.plugins.cp2k.gates import in_words
from aiida_zif.plugins.data.frames import LabelledFramesData
from aiida_zif.provenance.campaign_view import CampaignView, inputs_under
from aiida_zif.workflows.withdrawal import withdrawn_blocks


def import_remarks(block: LabelledFramesData) -> list[str]:
    """Return the remarks on a block, none for one that was computed."""
    origin: Any = block.creator
    if origin is None or origin.process_label != "import_labels":
        return []
    gates, reason = origin.inputs.declaration.get_dict().get("gates"), withdrawn_blocks().get(block.uuid)
    remarks = [f"imported with other gates than those of computed labels: {in_words(gates)}"] if gates else []
    return remarks + ([f"withdrawn: {reason}"] if reason is not None else [])


def withdrawn_lines(view: CampaignView) -> list[str]:
    """Return a line for every withdrawn block that a campaign was given."""
    known, lines = withdrawn_blocks(), []
    for use in ("training", "held_out"):
        given = inputs_under(view.node, f"imported__{use}").values() if known else ()
        lines += [
            f"{use.replace('_', ' ')} data {block.label} <{block.pk}> were withdrawn: {known[block.uuid]}"
            for block in given
            if block.uuid in known
        ]
    return lines
