"""Inputs, outputs and calls of a process, by its links."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from aiida import orm
from aiida.common.links import LinkType

from aiida_zif.provenance.queries import sql
from aiida_zif.provenance.queries.calls import Call, called_by, inputs_of, within


def seconds_between(process: orm.ProcessNode) -> float:
    """Return the seconds from the creation of a process to its end, or until now."""
    end = process.mtime if process.is_terminated else datetime.now(tz=process.ctime.tzinfo)
    return float((end - process.ctime).total_seconds())


def children(chain: orm.ProcessNode) -> list[Call]:
    """Return what a work chain called."""
    pk = int(chain.pk or 0)
    return called_by([pk], chain.backend).get(pk, [])


def inputs_under(node: orm.ProcessNode, namespace: str) -> dict[str, Any]:
    """Return the inputs of a dynamic namespace by label.

    Labels that hold a double underscore would be nested by ``node.inputs``, therefore the links are read.

    :param node: the process.
    :param namespace: such as ``dataset``.
    """
    pk = int(node.pk or 0)
    return dict(sorted(inputs_of([pk], namespace, node.backend).get(pk, {}).items()))


def outputs_under(node: orm.ProcessNode, namespace: str) -> dict[str, Any]:
    """Return the outputs of a dynamic namespace by label, see :func:`inputs_under`."""
    links = node.base.links.get_outgoing(link_type=(LinkType.CREATE, LinkType.RETURN)).all()
    found = {within(namespace, link.link_label): link.node for link in links}
    return {name: found[name] for name in sorted(filter(None, found))}


def calcjobs_of(nodes: Iterable[orm.ProcessNode]) -> list[orm.CalcJobNode]:
    """Return all CalcJobs at or below the given processes, oldest first."""
    pks = sql.jobs_below([int(node.pk or 0) for node in nodes])
    query = orm.QueryBuilder().append(orm.CalcJobNode, filters={"id": {"in": pks}}, tag="job")
    return query.order_by({"job": "ctime"}).all(flat=True) if pks else []


def creation_label(process: orm.ProcessNode) -> str:
    """Return the label under which a process was called, such as ``model_2``."""
    calls = sql.calls_above(int(process.pk or 0))
    return next((label for _, label, called in calls if called == process.pk), "")
