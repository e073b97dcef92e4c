"""What an entry of a list ``imported`` stands for: a label, or the pk or UUID of something with labelled frames."""

from __future__ import annotations

import re
from typing import Any

from aiida import orm
from aiida.common.exceptions import MultipleObjectsError, NotExistent

from aiida_zif.plugins.data.dataset import DatasetData, blocks_in
from aiida_zif.plugins.data.frames import LabelledFramesData
from aiida_zif.workflows.labelling.known_imports import IMPORT, blocks_of_import, is_import, withdrawn_blocks
from aiida_zif.workflows.labelling.withdrawal import CAMPAIGN
from aiida_zif.workflows.user_input.problems import did_you_mean, shown

ALLOWED = "a label of imported frames, or PK or UUID of a block, an import, a data set or a finished campaign"

UUID = re.compile(r"[0-9a-f]{8}[0-9a-f-]{0,28}")
"""A UUID, or at least eight digits of its beginning."""


class ReferenceFault(ValueError):
    """An entry that stands for nothing that can be learnt."""

    def __init__(self, found: str, fix: str, allowed: str = ALLOWED) -> None:
        self.found, self.allowed, self.fix = found, allowed, fix
        super().__init__(f"{found}; {allowed}; {fix}")


def find_blocks(text: str) -> list[LabelledFramesData]:
    """Return the blocks that an entry stands for, the oldest first.

    :raises ReferenceFault: if there are none, if they are withdrawn, or if the entry may mean two things.
    """
    withdrawn = withdrawn_blocks()
    labelled, node = blocks_of_label(text), node_of(text)
    if labelled and node is not None:
        found = f"{shown(text)}, which is a label of imported frames and the PK of a {type(node).__name__}"
        raise ReferenceFault(found, "give the UUID of the one that is meant")
    if not labelled and node is None:
        way = "import them with `aiida-zif import PATH --level … --system LABEL`, or correct the label"
        raise ReferenceFault(shown(text), did_you_mean(text, labels(withdrawn), way))
    blocks = labelled or blocks_of_node(node)
    standing = [block for block in blocks if block.uuid not in withdrawn]
    if not standing or (not labelled and len(standing) < len(blocks)):
        gone = next(block for block in blocks if block.uuid in withdrawn)
        found = f"{shown(text)}, of which <{gone.pk}> was withdrawn: {withdrawn[gone.uuid]}"
        raise ReferenceFault(found, "take it out, or import the corrected data under this label")
    return standing


def blocks_of_label(label: str) -> list[LabelledFramesData]:
    """Return the blocks of imports of a label, the oldest first."""
    query = orm.QueryBuilder().append(orm.CalcFunctionNode, filters={"attributes.process_label": IMPORT})
    query.append(LabelledFramesData, filters={"label": label}, tag="block")
    blocks: list[LabelledFramesData] = query.order_by({"block": {"id": "asc"}}).all(flat=True)
    return blocks


def labels(withdrawn: dict[str, str]) -> list[str]:
    """Return the labels of all imports that hold."""
    query = orm.QueryBuilder().append(orm.CalcFunctionNode, filters={"attributes.process_label": IMPORT})
    query.append(LabelledFramesData, project=["label", "uuid"])
    return sorted({label for label, uuid in query.all() if label and uuid not in withdrawn})


def node_of(text: str) -> orm.Node | None:
    """Return the node of a pk or UUID, None if the text is neither or nothing has it."""
    identifier: dict[str, Any]
    if text.isascii() and text.isdigit() and len(text) < 19:
        identifier = {"pk": int(text)}
    elif UUID.fullmatch(text):
        identifier = {"uuid": text}
    else:
        return None
    try:
        node: orm.Node = orm.load_node(**identifier)
    except (NotExistent, ValueError):
        return None
    except MultipleObjectsError as error:
        raise ReferenceFault(f"{shown(text)}, with which several UUIDs begin", "give the whole UUID") from error
    return node


def blocks_of_node(node: Any) -> list[LabelledFramesData]:
    """Return the blocks that a node stands for.

    :raises ReferenceFault: if it has none, or has not got them yet.
    """
    if isinstance(node, LabelledFramesData | DatasetData):
        return list(blocks_in({"block": node}).values())
    if is_import(node) and node.is_finished_ok:
        return blocks_of_import(node)
    if getattr(node, "process_type", None) != CAMPAIGN:
        kind = getattr(node, "process_label", None) or type(node).__name__
        raise ReferenceFault(
            f"<{node.pk}>, of type {kind}", "give one of these; `verdi node show` lists what a node made"
        )
    if not node.is_finished_ok:
        found = f"campaign {node.label} <{node.pk}>, which has not finished well"
        raise ReferenceFault(found, "wait for it, or give the UUID of a block of it")
    return list(blocks_in(dict(node.outputs.dataset)).values())
