"""Facts of a finished study as JSON, read in a process of its own: ``python study_facts.py PK``."""

from __future__ import annotations

import json
import sys
from typing import Any

from aiida import load_profile, orm
from aiida.common.links import LinkType

from aiida_zif.workflows.study.child_inputs import nested_outputs


def facts(study: orm.WorkChainNode) -> dict[str, Any]:
    """Return outputs by section, trajectories by name, orphans, and processes that have not ended."""
    processes = [study, *study.called_descendants]
    data: dict[int, orm.Data] = {}
    for process in processes:
        for link in process.base.links.get_incoming(link_type=(LinkType.INPUT_CALC, LinkType.INPUT_WORK)).all():
            data[link.node.pk] = link.node
    declared = {link.node.pk for link in study.base.links.get_incoming(link_type=LinkType.INPUT_WORK).all()}
    chains = [process for process in processes if process.process_label == "MdWorkChain"]
    return {
        "outputs": {name: sorted(found) if isinstance(found, dict) else [] for name, found in nested(study).items()},
        "trajectories": [name_of(chain) for chain in called(chains)],
        "orphans": [
            f"{type(node).__name__}<{pk}>" for pk, node in data.items() if node.creator is None and pk not in declared
        ],
        "unfinished": [f"{p.process_label}<{p.pk}>" for p in processes if not p.is_terminated],
        "n_data": len(data),
    }


def nested(study: orm.WorkChainNode) -> dict[str, Any]:
    """Return the outputs by section."""
    return nested_outputs(study)


def name_of(chain: Any) -> str:
    """Return the label of the call of a process."""
    return str(chain.base.links.get_incoming(link_type=LinkType.CALL_WORK).one().link_label)


def called(chains: list[Any]) -> list[Any]:
    """Return trajectories that began; those whose worker died before do not count."""
    return [chain for chain in chains if not chain.is_excepted]


if __name__ == "__main__":
    load_profile()
    print(json.dumps(facts(orm.load_node(int(sys.argv[1])))))
