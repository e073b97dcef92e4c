"""Calls and outputs of processes: one query for any number of processes.

Asking node by node (``node.outputs``) costs a query each, and every one makes the session forget all that it has read.
"""

from __future__ import annotations

import io
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from aiida import orm
from aiida.common.links import LinkType

CALLS = (LinkType.CALL_WORK.value, LinkType.CALL_CALC.value)
OUTPUTS = (LinkType.CREATE.value, LinkType.RETURN.value)
ENDED = ("finished", "excepted", "killed")
INPUTS = (LinkType.INPUT_WORK.value, LinkType.INPUT_CALC.value)


@dataclass(frozen=True)
class Call:
    """One call of a process: label of the link, what was called, and how it stood when it was asked for.

    :param pk: of what was called.
    :param begun: s since 1970.
    :param wall_s: seconds from its creation to its end, or until now.
    """

    label: str
    pk: int
    node: orm.ProcessNode
    is_running: bool
    begun: float
    wall_s: float


def within(namespace: str, label: str) -> str:
    """Return the label that a link has inside a namespace: ``zif4`` of ``systems__zif4``; empty if it is not in it.

    :param namespace: such as ``systems``, or ``imported__training`` for one inside another.
    """
    prefix = f"{namespace}__"
    return label.removeprefix(prefix) if label.startswith(prefix) else ""


def called_by(chains: Iterable[int], backend: Any = None) -> dict[int, list[Call]]:
    """Return what work chains called, by the pk of the caller.

    :param chains: their pks.
    :param backend: the storage that has them, if it is not that of the loaded profile.
    """
    found: dict[int, list[Call]] = {}
    query, now = _from(chains, backend), time.time()
    columns = ["id", "*", "attributes.process_state", "ctime", "mtime"]
    query.append(
        orm.ProcessNode, with_incoming="process", edge_filters=_of(CALLS), edge_project="label", project=columns
    )
    for caller, pk, child, state, ctime, mtime, label in query.iterall():
        running, begun = state not in ENDED, ctime.timestamp()
        call = Call(label, pk, child, running, begun, (now if running else mtime.timestamp()) - begun)
        found.setdefault(caller, []).append(call)
    return found


def plain_outputs(processes: Iterable[int], names: Sequence[str], backend: Any = None) -> dict[int, dict[str, Any]]:
    """Return the first output ``Dict`` of some names as plain values, by the pk of its process, where there is one."""
    found: dict[int, dict[str, Any]] = {}
    query, best = _from(processes, backend), dict[int, int]()
    edges = {**_of(OUTPUTS), "label": {"in": list(names)}}
    query.append(orm.Dict, with_incoming="process", edge_filters=edges, edge_project="label", project="attributes")
    for process, values, label in query.iterall():
        rank = names.index(label)
        if rank <= best.get(process, rank):
            best[process], found[process] = rank, values
    return found


def inputs_of(processes: Iterable[int], namespace: str, backend: Any = None) -> dict[int, dict[str, Any]]:
    """Return the inputs of a dynamic namespace by label, by the pk of their process."""
    found: dict[int, dict[str, Any]] = {}
    query = _from(processes, backend)
    query.append(orm.Data, with_outgoing="process", edge_filters=_of(INPUTS), edge_project="label", project="*")
    for process, node, label in query.iterall():
        if name := within(namespace, label):
            found.setdefault(process, {})[name] = node
    return found


def outputs_of(
    processes: Iterable[int], namespace: str, kind: type[orm.Data], project: str = "*", backend: Any = None
) -> dict[int, dict[str, Any]]:
    """Return the outputs of one kind of a dynamic namespace by label, by the pk of their process.

    :param namespace: an output that stands alone has the empty label.
    :param project: what to return of each, such as ``attributes.runs``; the node itself if left out.
    """
    found: dict[int, dict[str, Any]] = {}
    query = _from(processes, backend)
    query.append(kind, with_incoming="process", edge_filters=_of(OUTPUTS), edge_project="label", project=project)
    for process, value, label in query.iterall():
        if namespace == label or within(namespace, label):
            found.setdefault(process, {})[within(namespace, label)] = value
    return found


def input_attributes(process: int, names: Sequence[str]) -> dict[str, list[Any]]:
    """Return attributes of the inputs of a process by label; None for each that an input does not have."""
    query, columns = _from([process]), [f"attributes.{name}" for name in names]
    query.append(orm.Data, with_outgoing="process", edge_filters=_of(INPUTS), edge_project="label", project=columns)
    return {label: values for _, *values, label in query.iterall()}


def retrieved_texts(jobs: Sequence[int], name: str) -> dict[int, str]:
    """Return what is in a file that jobs brought back, by their pks; those that did not bring it are left out."""
    files = _files_of(jobs, "retrieved", orm.FolderData)
    contents = _contents(found[name] for found in files.values() if name in found)
    return {job: contents[found[name]].decode(errors="replace") for job, found in files.items() if name in found}


def output_arrays(processes: Iterable[int], label: str) -> dict[int, dict[str, np.ndarray]]:
    """Return the arrays of an output of processes by name, by the pk of the process.

    :param label: of the link.
    """
    files = _files_of(processes, label, orm.ArrayData)
    contents = _contents(key for found in files.values() for key in found.values())
    return {
        process: {
            name.removesuffix(".npy"): np.load(io.BytesIO(contents[key]), allow_pickle=False)
            for name, key in sorted(found.items())
            if name.endswith(".npy")
        }
        for process, found in files.items()
    }


def _files_of(processes: Iterable[int], label: str, kind: type[orm.Data]) -> dict[int, dict[str, str]]:
    """Return the key in the repository of every file of an output, by its name, by the pk of the process."""
    query, edge = _from(processes), {**_of(OUTPUTS), "label": label}
    query.append(kind, with_incoming="process", edge_filters=edge, project="repository_metadata")
    return {
        process: {name: entry["k"] for name, entry in files.get("o", {}).items() if "k" in entry}
        for process, files in query.iterall()
    }


def _contents(keys: Iterable[str]) -> dict[str, bytes]:
    """Return what is in files of the repository, by their keys."""
    from aiida.manage import get_manager

    repository = get_manager().get_profile_storage().get_repository()
    return {key: stream.read() for key, stream in repository.iter_object_streams({*keys})}


def _from(pks: Iterable[int], backend: Any = None) -> orm.QueryBuilder:
    """Return a query whose rows begin with the pk of one of some processes; AiiDA refuses to look for none."""
    query = orm.QueryBuilder(backend=backend)
    return query.append(orm.ProcessNode, filters={"id": {"in": [*pks] or [0]}}, tag="process", project="id")


def _of(kinds: Sequence[str]) -> dict[str, Any]:
    return {"type": {"in": list(kinds)}}
