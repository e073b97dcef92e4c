"""One convergence study as a table: what the command line prints, draws and writes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from aiida import orm
from aiida.common.links import LinkType

from aiida_zif.plugins.cp2k.batches.missing import why_labels_are_missing
from aiida_zif.provenance.queries.links import seconds_between

ENTRY_POINT = "aiida.workflows:zif.converge"


def find_studies() -> list[orm.WorkChainNode]:
    """Return the convergence studies of the profile, the newest first."""
    query = orm.QueryBuilder().append(orm.WorkChainNode, filters={"process_type": ENTRY_POINT}, tag="study")
    return query.order_by({"study": {"ctime": "desc"}}).all(flat=True)


def summarise_study(node: orm.WorkChainNode) -> dict[str, Any]:
    """Return everything that is known of a study as plain values.

    :param node: of a ``ConvergeWorkChain`` that has ended.
    :returns: the ``report`` of the study; its ``rungs`` as a list, with ``setting`` and ``value`` for each that relaxes
        one setting, and a ``cause`` for each without labels; ``pk``, ``uuid``, ``exit_status``, ``exit_message``,
        ``n_jobs``, ``n_cached`` (jobs answered by earlier ones) and ``wall_s``.
    """
    links = node.base.links.get_outgoing(link_type=LinkType.CALL_CALC).all()
    jobs = [link.node for link in links if isinstance(link.node, orm.CalcJobNode)]
    report = node.outputs.report.get_dict() if "report" in node.outputs else {"rungs": {}, "names": {}}
    causes = {job.inputs.level["hash"]: why_labels_are_missing(job) for job in jobs}
    return {
        "pk": node.pk,
        "uuid": node.uuid,
        "exit_status": node.exit_status,
        "exit_message": node.exit_message,
        "n_jobs": len(jobs),
        "n_cached": sum(job.base.caching.is_created_from_cache for job in jobs),
        "wall_s": seconds_between(node),
        **report,
        "rungs": list(_rows(report, causes)),
    }


def _rows(report: Mapping[str, Any], causes: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """The rungs in the order of their settings, the combinations last; a database need not keep it."""
    single = {
        name: {"setting": setting, "value": report["ladder"][setting][index]}
        for setting, names in report["names"].items()
        for index, name in enumerate(names)
    }
    first = ["tightest", "as_it_is", *single]
    for name in [*first, *sorted(set(report["rungs"]) - set(first))] if report["rungs"] else []:
        row = {"name": name, **single.get(name, {}), **report["rungs"][name]}
        yield row if "errors" in row else {**row, "cause": causes.get(row["hash"], "not run")}


def same_study(node: orm.WorkChainNode, builder: Mapping[str, Any]) -> bool:
    """Whether a study in the database has all inputs of a builder."""
    inputs = node.inputs
    if any(inputs[name].get_dict() != builder[name].get_dict() for name in ("level", "study")):
        return False
    if inputs.cp2k.code.uuid != builder["cp2k"]["code"].uuid:
        return False
    name = "frames" if builder.get("frames") is not None else "structure"
    if name not in inputs:
        return False
    if name == "frames":
        return bool(inputs.frames.uuid == builder["frames"].uuid)
    return _content(inputs.structure) == _content(builder["structure"])


def _content(structure: orm.StructureData) -> list[str]:
    from aiida_zif.plugins.data.frame_id import frame_ids

    atoms = structure.get_ase()
    return frame_ids(atoms.get_chemical_symbols(), [atoms.positions], [atoms.cell.array])
