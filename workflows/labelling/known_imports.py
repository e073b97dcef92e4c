"""Imports that the profile holds: found by their content, and whether they were withdrawn."""

from __future__ import annotations

from typing import Any

from aiida import orm

from aiida_zif.plugins.data.frames import LabelledFramesData
from aiida_zif.plugins.imports.declaration import Declaration, Withdrawal
from aiida_zif.workflows.engine.naming import number_in

IMPORT = "import_labels"
"""Name of the calcfunction that makes labels of files from elsewhere."""


def is_import(process: orm.ProcessNode | None) -> bool:
    """Whether a process brought labels from elsewhere."""
    return isinstance(process, orm.CalcFunctionNode) and process.process_label == IMPORT


def find_imports(checksum: str) -> list[orm.CalcFunctionNode]:
    """Return the imports of some content, the oldest first, withdrawn ones too."""
    query = orm.QueryBuilder().append(orm.Dict, filters={"attributes.checksum": checksum}, tag="declaration")
    query.append(orm.CalcFunctionNode, with_incoming="declaration", filters=_finished(IMPORT), tag="call")
    calls: list[orm.CalcFunctionNode] = query.order_by({"call": {"id": "asc"}}).all(flat=True)
    return calls


def find_import(checksum: str) -> orm.CalcFunctionNode | None:
    """Return the import of some content that holds, if there is one."""
    withdrawn = withdrawn_blocks()
    return next((call for call in find_imports(checksum) if blocks_of_import(call)[0].uuid not in withdrawn), None)


def blocks_of_import(call: orm.CalcFunctionNode) -> list[LabelledFramesData]:
    """Return the blocks that an import made, in their order."""
    links = call.base.links.get_outgoing(node_class=LabelledFramesData).all()
    blocks: list[Any] = [link.node for link in sorted(links, key=lambda link: number_in(link.link_label))]
    return blocks


def withdrawn_blocks() -> dict[str, str]:
    """Return the reason of every block that is withdrawn now, by UUID."""
    standing = (Withdrawal.from_node(node) for node in standing_withdrawals())
    return {uuid: withdrawal.reason for withdrawal in standing for uuid in withdrawal.blocks}


def declaration_of(call: orm.CalcFunctionNode) -> Declaration:
    """Return what was declared of an import."""
    return Declaration.from_node(call.inputs.declaration)


def standing_withdrawals() -> list[orm.Dict]:
    """Return the withdrawals that were not taken back, the oldest first."""
    made = orm.QueryBuilder().append(orm.CalcFunctionNode, filters=_finished("withdraw_import"), tag="call")
    made.append(orm.Dict, with_incoming="call", tag="made", project="*").order_by({"made": {"id": "asc"}})
    undone = orm.QueryBuilder().append(orm.Dict, tag="given", project="id")
    undone.append(orm.CalcFunctionNode, with_incoming="given", filters=_finished("restore_import"))
    pks = set(undone.all(flat=True))
    return [node for node in made.all(flat=True) if node.pk not in pks]


def _finished(name: str) -> dict[str, Any]:
    return {"attributes.process_label": name, "attributes.exit_status": 0}
