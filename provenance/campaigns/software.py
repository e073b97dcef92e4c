"""Versions and executables of processes, as recorded when they ran; never those that are installed now."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from aiida import orm

from aiida_zif.plugins.jobs.software import VERSION
from aiida_zif.provenance.queries import sql

NAMES = {"plugin": "aiida-zif", "commit": "aiida-zif commit", "core": "aiida-core"}
"""Names of packages for keys of the attribute ``version`` of a process."""

CODES = {"cp2k_version": "cp2k", "deepmd_version": "deepmd-kit", "lammps_version": "lammps"}
"""Entries of ``output_parameters`` with the version of the code."""

CODE = "data.core.code.%"
"""Node types of all kinds of codes; a query for ``AbstractCode`` would find all data of AiiDA."""


def software_of(processes: Sequence[int]) -> dict[str, str]:
    """Return the versions of packages and codes by name; if there are several, in the order of their first use.

    :param processes: pks; what they called counts too. Processes of a time before versions were kept say AiiDA's only.
    """
    pks = sql.processes_below(processes)
    query = orm.QueryBuilder().append(
        orm.ProcessNode, filters={"id": {"in": pks or [0]}}, project=f"attributes.{VERSION}", tag="process"
    )
    query.order_by({"process": "id"})
    found: dict[str, dict[str, None]] = {}
    for kept in query.all(flat=True):
        note(found, {NAMES.get(name, name): value for name, value in (kept or {}).items()})
    for outputs in job_outputs(pks):
        note(found, {name: outputs.get(key) for key, name in CODES.items()})
    order = [*NAMES.values(), *CODES.values()]
    ranked = sorted(found, key=lambda name: (order.index(name) if name in order else len(order), name))
    return {name: ", ".join(found[name]) for name in ranked}


def note(found: dict[str, dict[str, None]], versions: dict[str, Any]) -> None:
    """Add versions to those that were seen before, in the order of their appearance."""
    for name, value in versions.items():
        if value:
            found.setdefault(name, {})[str(value)] = None


def job_outputs(pks: Sequence[int]) -> Iterable[dict[str, Any]]:
    """Return the versions of codes that jobs recorded, each once, in the order of the jobs."""
    query = orm.QueryBuilder().append(orm.CalcJobNode, filters={"id": {"in": list(pks) or [0]}}, tag="job")
    query.append(
        orm.Dict,
        with_incoming="job",
        edge_filters={"label": {"like": "output\\_parameters%"}},
        project=[f"attributes.{key}" for key in CODES],
    )
    rows = query.order_by({"job": "id"}).all()
    return [dict(zip(CODES, row, strict=True)) for row in dict.fromkeys(map(tuple, rows))]


def executables_of(processes: Sequence[int]) -> dict[str, str]:
    """Return the executables of the jobs of some processes by the full label of their code.

    A code in a container, or one that is carried to the computer, is described by what its node says of it.

    :param processes: pks; the jobs that they called count.
    """
    query = orm.QueryBuilder().append(
        orm.CalcJobNode, filters={"id": {"in": sql.jobs_below(processes) or [0]}}, tag="job"
    )
    query.append(orm.Data, with_outgoing="job", filters={"node_type": {"like": CODE}}, project="*").distinct()
    codes = {code.uuid: code for code in query.all(flat=True)}
    return {code.full_label: where(code) for code in sorted(codes.values(), key=lambda code: code.full_label)}


def where(code: Any) -> str:
    """Return the path of an executable, behind the image of a container where it has one."""
    path = str(code.get_executable())
    image = code.base.attributes.get("image_name", None)
    return f"{path} in {image}" if image else path
