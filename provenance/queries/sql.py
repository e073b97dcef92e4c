"""Ancestors of a node and calls of a process, by one recursive query.

The same text runs on SQLite and PostgreSQL. AiiDA's own ``with_ancestors`` counts paths, and the paths of a loop of
active learning multiply with every cycle. ``union`` (not ``union all``) visits every node once: a graph of 24,000 nodes
takes less than a tenth of a second.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aiida_zif.workflows.engine.naming import key_of

DATA_LINKS = "('create', 'input_calc')"
"""The links along which data come into being; calls and returns of work chains are not among them."""

KNOWN = key_of("known", "")

MATERIAL = f"""
    and (data.node_type like 'data.zif.%' or data.node_type like 'data.core.structure.%'
         or data.node_type like 'data.core.singlefile.%' or data.node_type like 'data.core.folder.%'
         or link.type = 'create' or consumer.process_type like 'aiida_zif.workflows.properties.%'
         or consumer.process_type like 'aiida_zif.workflows.study.%')
    and substr(link.label, 1, {len(KNOWN)}) <> '{KNOWN}' and substr(link.label, 1, 12) <> 'validation__'
"""
"""What something is made from: frames, labels, data sets, models, structures, files. Plans, reports and numbers say
what to do, and what is known already or validates a training only has a part in a choice. The numbers of a study are
what its curves and tables are made from."""


def ancestry(material: bool) -> str:
    """Return the query of all ancestors of ``:pks``, or of those that they are made from (:data:`MATERIAL`)."""
    return f"""
with recursive ancestor(id) as (
    select id from db_dbnode where id in :pks
    union
    select link.input_id from db_dblink link join ancestor on link.output_id = ancestor.id
    join db_dbnode data on data.id = link.input_id join db_dbnode consumer on consumer.id = link.output_id
    where link.type in {DATA_LINKS} {MATERIAL if material else ""}
)
"""


CALLS = "('call_calc', 'call_work')"
KIND = "coalesce(nullif(node.process_type, ''), node.node_type)"
"""What a node is: the process type of a process, the node type of data."""


def ancestors(pks: Sequence[int], material: bool = False) -> list[int]:
    """Return the pks of everything behind some nodes, and of the nodes themselves.

    :param pks: of data nodes or calculations.
    :param material: only what they are made from, see :data:`MATERIAL`; as below.
    """
    return [row[0] for row in run(ancestry(material) + "select id from ancestor order by id", pks=pks)]


def count_ancestors(pks: Sequence[int], material: bool = False) -> dict[str, int]:
    """Return the number of ancestors (the nodes themselves included) by what they are."""
    query = f"{ancestry(material)} select {KIND} as kind, count(*) from ancestor join db_dbnode node "
    query += "on node.id = ancestor.id "
    return {str(kind): int(count) for kind, count in run(query + "group by kind order by kind", pks=pks)}


def ancestors_of_kind(pks: Sequence[int], kind: str, material: bool = False) -> list[int]:
    """Return the pks of the ancestors of one kind, see :func:`count_ancestors`."""
    query = f"{ancestry(material)} select node.id from ancestor join db_dbnode node on node.id = ancestor.id "
    return [row[0] for row in run(query + f"where {KIND} = :kind order by node.ctime, node.id", pks=pks, kind=kind)]


def callers_of_ancestors(pks: Sequence[int], kind: str, material: bool = False) -> list[int]:
    """Return the pks of the work chains that called the ancestors of one kind, each once."""
    query = (
        f"{ancestry(material)} select distinct link.input_id "
        f"from db_dblink link join ancestor on link.output_id = ancestor.id "
        f"join db_dbnode node on node.id = ancestor.id "
        f"where link.type in {CALLS} and node.process_type = :kind order by link.input_id"
    )
    return [row[0] for row in run(query, pks=pks, kind=kind)]


def campaigns_of_ancestors(pks: Sequence[int], process_type: str) -> list[int]:
    """Return the pks of the work chains of one type that called an ancestor, directly or through others."""
    query = (
        f"{ancestry(False)}, caller(id) as (select link.input_id from db_dblink link "
        f"join ancestor on link.output_id = ancestor.id where link.type in {CALLS} "
        f"union select link.input_id from db_dblink link join caller on link.output_id = caller.id "
        f"where link.type in {CALLS}) "
        "select node.id from caller join db_dbnode node on node.id = caller.id "
        "where node.process_type = :process_type order by node.id"
    )
    return [row[0] for row in run(query, pks=pks, process_type=process_type)]


def calls_above(pk: int) -> list[tuple[int, str, int]]:
    """Return the chain of calls that led to a process, the nearest first: caller, label of the call, called."""
    query = f"""
with recursive called(id) as (
    select id from db_dbnode where id in :pks
    union
    select link.input_id from db_dblink link join called on link.output_id = called.id where link.type in {CALLS}
)
select link.input_id, link.label, link.output_id from db_dblink link join called on link.output_id = called.id
join db_dbnode caller on caller.id = link.input_id
where link.type in {CALLS} order by caller.ctime desc, link.input_id desc
"""
    return [(int(caller), str(label), int(called)) for caller, label, called in run(query, pks=[pk])]


CALLED = f"""
with recursive called(id) as (
    select id from db_dbnode where id in :pks
    union
    select link.output_id from db_dblink link join called on link.input_id = called.id where link.type in {CALLS}
)
"""


def jobs_below(pks: Sequence[int]) -> list[int]:
    """Return the pks of the CalcJobs that processes called, directly or through others, and of those among them."""
    query = f"{CALLED} select node.id from called join db_dbnode node on node.id = called.id "
    query += "where node.node_type like 'process.calculation.calcjob%' order by node.id"
    return [int(row[0]) for row in run(query, pks=pks)]


def processes_below(pks: Sequence[int]) -> list[int]:
    """Return the pks of some processes and of all that they called, directly or through others."""
    return [int(row[0]) for row in run(f"{CALLED} select id from called order by id", pks=pks)]


def run(query: str, pks: Sequence[int], **values: Any) -> Sequence[Any]:
    """Run a query through the session of the loaded profile and return its rows."""
    from aiida.manage import get_manager
    from sqlalchemy import bindparam, text

    storage: Any = get_manager().get_profile_storage()  # every storage of AiiDA has a session, its base class does not
    statement = text(query).bindparams(bindparam("pks", expanding=True))
    rows: Sequence[Any] = storage.get_session().execute(statement, {"pks": list(pks), **values}).fetchall()
    return rows
