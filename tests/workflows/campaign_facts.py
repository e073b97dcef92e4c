"""Facts of a finished campaign as JSON, read in a process of its own: ``python campaign_facts.py PK``."""

from __future__ import annotations

import json
import sys
from typing import Any

from aiida import load_profile, orm
from aiida.common.links import LinkType

from aiida_zif.plugins.data.dataset import blocks_in


def facts(campaign: orm.WorkChainNode) -> dict[str, Any]:
    """Return orphans, processes that failed, and which frames were labelled how often."""
    processes = [campaign, *campaign.called_descendants]
    data: dict[int, orm.Data] = {}
    for process in processes:
        for link in process.base.links.get_incoming(link_type=(LinkType.INPUT_CALC, LinkType.INPUT_WORK)).all():
            data[link.node.pk] = link.node
        for link in process.base.links.get_outgoing(link_type=(LinkType.CREATE, LinkType.RETURN)).all():
            data[link.node.pk] = link.node
    declared = {link.node.pk for link in campaign.base.links.get_incoming(link_type=LinkType.INPUT_WORK).all()}
    orphans = [
        f"{type(node).__name__}<{pk}>" for pk, node in data.items() if node.creator is None and pk not in declared
    ]
    learnt = blocks_in(campaign.outputs.dataset)
    blocks = [node for node in data.values() if node.node_type.endswith("LabelledFramesData.")]
    return {
        "orphans": orphans,
        "unfinished": [f"{p.process_label}<{p.pk}>" for p in processes if not p.is_terminated],
        "n_data": len(data),
        "failed": [
            f"{p.process_label}<{p.pk}> [{p.exit_status}] {p.exit_message}" for p in processes if not p.is_finished_ok
        ],
        "labelled": {
            block.base.links.get_incoming(link_type=LinkType.CREATE).one().link_label
            + f"<{block.pk}>": block.frame_ids()
            for block in blocks
        },
        "dataset": {name: block.frame_ids() for name, block in learnt.items()},
        "energies": {name: block.energies.tolist() for name, block in learnt.items()},
        "held_out": {name: block.frame_ids() for name, block in campaign.outputs.held_out.items()},
        "n_calcjobs": sum(isinstance(process, orm.CalcJobNode) for process in processes),
    }


if __name__ == "__main__":
    load_profile()
    print(json.dumps(facts(orm.load_node(int(sys.argv[1])))))
