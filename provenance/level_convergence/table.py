"""One convergence study as a table: what the command line prints, draws and writes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from aiida import orm
from aiida.common.links import LinkType

from aiida_zif.plugins.cp2k.schema.missing import why_labels_are_missing
from aiida_zif.provenance.queries.links import seconds_between
from aiida_zif.workflows.level_convergence.ladder import AS_IT_IS, TIGHTEST
from aiida_zif.workflows.level_convergence.study import Rung, Study, StudyReport

ENTRY_POINT = "aiida.workflows:zif.converge"


def find_studies() -> list[orm.WorkChainNode]:
    """Return the convergence studies of the profile, the newest first."""
    query = orm.QueryBuilder().append(orm.WorkChainNode, filters={"process_type": ENTRY_POINT}, tag="study")
    return query.order_by({"study": {"ctime": "desc"}}).all(flat=True)


class RungRow(Rung):
    """One rung in the table of a study.

    :param setting: that is relaxed, and its ``value``; None for the tightest, the level as it is and combinations.
    :param cause: why there are no labels, None where there are.
    """

    name: str
    setting: str | None = None
    value: Any = None
    cause: str | None = None


@dataclass(frozen=True)
class StudySummary:
    """Everything that is known of a study that has a report.

    :param n_cached: jobs that were answered by earlier ones.
    :param wall_s: s.
    :param rows: the rungs in the order of their settings.
    """

    pk: int
    uuid: str
    exit_status: int | None
    exit_message: str | None
    n_jobs: int
    n_cached: int
    wall_s: float
    report: StudyReport
    rows: list[RungRow]

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain values: those of the report with the others beside them, and the rungs as a list."""
        others = {name: value for name, value in vars(self).items() if name not in ("report", "rows")}
        rows = [row.model_dump(mode="json", exclude_unset=True) for row in self.rows]
        return {**others, **self.report.as_dict(), "rungs": rows}


def summarise_study(node: orm.WorkChainNode) -> StudySummary:
    """Return what is known of a study.

    :param node: of a ``ConvergeWorkChain`` that has ended well.
    """
    links = node.base.links.get_outgoing(link_type=LinkType.CALL_CALC).all()
    jobs = [link.node for link in links if isinstance(link.node, orm.CalcJobNode)]
    report = StudyReport.from_node(node.outputs.report)
    causes = {job.inputs.level["hash"]: why_labels_are_missing(job) for job in jobs}
    return StudySummary(
        pk=int(node.pk or 0),
        uuid=node.uuid,
        exit_status=node.exit_status,
        exit_message=node.exit_message,
        n_jobs=len(jobs),
        n_cached=sum(job.base.caching.is_created_from_cache for job in jobs),
        wall_s=seconds_between(node),
        report=report,
        rows=list(rows_of(report, causes)),
    )


def rows_of(report: StudyReport, causes: Mapping[str, str]) -> Iterator[RungRow]:
    """Yield the rungs in the order of their settings, the combinations last; a database need not keep it.

    :param causes: by hash of the level why a job brought no labels.
    """
    single = {
        name: {"setting": setting, "value": report.ladder[setting][index]}
        for setting, names in report.names.items()
        for index, name in enumerate(names)
    }
    first = [TIGHTEST, AS_IT_IS, *single]
    for name in [*first, *sorted(set(report.rungs) - set(first))]:
        rung = report.rungs[name]
        row = {"name": name, **single.get(name, {}), **rung.model_dump(exclude_unset=True)}
        yield RungRow(**row if rung.errors else {**row, "cause": causes.get(rung.hash, "not run")})


def same_study(node: orm.WorkChainNode, builder: Mapping[str, Any]) -> bool:
    """Whether a study in the database has all inputs of a builder."""
    inputs = node.inputs
    if inputs.level.get_dict() != builder["level"].get_dict():
        return False
    if Study.from_node(inputs.study) != Study.from_node(builder["study"]):  # that of an earlier version has no number
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
