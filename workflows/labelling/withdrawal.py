"""Imports that were withdrawn: they stay in the graph with the reason, and nothing finds their labels any more.

A withdrawal is a calcfunction of the declaration and the blocks of an import, and taking it back is one of that
withdrawal, so that both have a date, a reason and a place in the provenance.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from aiida import orm
from aiida.engine import calcfunction

from aiida_zif.plugins.data.frames import LabelledFramesData
from aiida_zif.plugins.data.labelled_frame import FormatError
from aiida_zif.plugins.imports.declaration import Declaration, Withdrawal
from aiida_zif.workflows.engine.naming import key_of
from aiida_zif.workflows.labelling.known_imports import (
    blocks_of_import,
    declaration_of,
    find_import,
    standing_withdrawals,
    withdrawn_blocks,
)

CAMPAIGN = "aiida.workflows:zif.active_learning"


@calcfunction
def withdraw_import(declaration: orm.Dict, reason: orm.Str, **blocks: LabelledFramesData) -> orm.Dict:
    """Record that the labels of an import are not to be used.

    :param declaration: of the import.
    :param reason: why, in words.
    :param blocks: all that the import made.
    :returns: a :class:`~aiida_zif.plugins.imports.declaration.Withdrawal`.
    """
    uuids = [block.uuid for _, block in sorted(blocks.items())]
    name = Declaration.from_node(declaration).name
    return orm.Dict(Withdrawal(name=name, reason=reason.value, blocks=uuids).as_dict())


@calcfunction
def restore_import(withdrawal: orm.Dict, reason: orm.Str) -> orm.Dict:
    """Record that a withdrawal no longer holds."""
    withdrawn = Withdrawal.from_node(withdrawal)
    return orm.Dict(withdrawn.model_copy(update={"restored": reason.value}).as_dict())


def withdraw(call: orm.CalcFunctionNode, reason: str) -> orm.Dict:
    """Withdraw an import.

    :raises FormatError: if it is withdrawn already.
    """
    blocks = blocks_of_import(call)
    known = withdrawn_blocks()
    if blocks[0].uuid in known:
        raise FormatError(f"import <{call.pk}> is withdrawn already: {known[blocks[0].uuid]}.")
    named: dict[str, Any] = {key_of("block", index): block for index, block in enumerate(blocks)}
    withdrawal: orm.Dict = withdraw_import(call.inputs.declaration, orm.Str(reason), **named)
    return withdrawal


def restore(call: orm.CalcFunctionNode, reason: str) -> orm.Dict:
    """Take the withdrawal of an import back.

    :raises FormatError: if it is not withdrawn, or if the same files came in again since then.
    """
    blocks = blocks_of_import(call)
    found = [node for node in standing_withdrawals() if blocks[0].uuid in Withdrawal.from_node(node).blocks]
    if not found:
        raise FormatError(f"import <{call.pk}> is not withdrawn.")
    if (again := find_import(declaration_of(call).checksum)) is not None:
        raise FormatError(
            f"import <{call.pk}>: found the same files as import <{again.pk}>; allowed is one declaration of them; "
            f"fix: `aiida-zif withdraw {again.pk} --reason TEXT` first."
        )
    restored: orm.Dict = restore_import(found[0], orm.Str(reason))
    return restored


def campaigns_of(uuids: Iterable[str]) -> list[orm.WorkChainNode]:
    """Return the campaigns that were given some blocks, or took labels from them, the oldest first."""
    query = orm.QueryBuilder().append(LabelledFramesData, filters={"uuid": {"in": list(uuids)}}, tag="block")
    users = {"or": [{"process_type": CAMPAIGN}, {"attributes.process_label": "reuse_labels"}]}
    query.append(orm.ProcessNode, with_incoming="block", filters=users)
    found: dict[int, orm.WorkChainNode] = {}
    for process in query.all(flat=True):
        while process is not None and process.process_type != CAMPAIGN:
            process = process.caller
        found |= {process.pk: process} if process is not None else {}
    return [found[pk] for pk in sorted(found)]
