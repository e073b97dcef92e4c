"""A study as its parts and trajectories, which `status`, `watch`, the summary, the report and the export read.

A view is loaded in a few queries for any number of replicas and rates.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar

from aiida import orm
from aiida.common.links import LinkType

from aiida_zif.plugins.data.record import Report
from aiida_zif.provenance.queries.calls import Call, called_by, plain_outputs
from aiida_zif.provenance.queries.links import children, outputs_under, seconds_between
from aiida_zif.workflows.study.names import ChildName, StateName
from aiida_zif.workflows.study.settings import StudySettings
from aiida_zif.workflows.study.verdict import StudyVerdict

Kind = TypeVar("Kind", bound=Report)

OUTPUT_LINKS = (LinkType.CREATE, LinkType.RETURN)

MD_CHAIN = "aiida.workflows:zif.md"
MD_JOB = "aiida.calculations:zif.lammps.md"


@dataclass(frozen=True)
class Part:
    """One child of the study: a section of one system, and of the structure one state; as it was when loaded.

    :param name: as the graph has it, such as ``zif4`` or ``zif4_glass_20``.
    :param state: such as ``glass_20``; empty for what is about the whole system.
    :param report: what it has to say as plain values; empty as long as there is nothing.
    """

    section: str
    name: str
    system: str
    state: str
    call: Call
    report: Mapping[str, Any] = field(default_factory=dict)

    def read(self, kind: type[Kind]) -> Kind | None:
        """Return the report as a record; None as long as there is none."""
        return kind.from_dict(self.report) if self.report else None

    def outputs(self, namespace: str) -> dict[str, Any]:
        """Return the outputs of a namespace by label."""
        return outputs_under(self.call.node, namespace)

    def output(self, name: str) -> Any:
        """Return an output; None as long as there is none."""
        found = self.call.node.base.links.get_outgoing(link_type=OUTPUT_LINKS, link_label_filter=name).first()
        return found.node if found is not None else None


@dataclass(frozen=True)
class Trajectory:
    """One `zif.md` of a part, with its jobs, the oldest first.

    :param name: of its call, such as ``quench_0_at_20``.
    """

    part: Part
    name: str
    call: Call
    jobs: list[Call] = field(default_factory=list)

    @property
    def is_running(self) -> bool:
        """Whether it had not ended yet."""
        return self.call.is_running


@dataclass(frozen=True)
class StudyView:
    """A study's work chain and its parts in the order in which they began."""

    node: orm.WorkChainNode
    settings: StudySettings
    parts: list[Part] = field(default_factory=list)

    def of(self, section: str, system: str | None = None) -> list[Part]:
        """Return the parts of a section, of one system or of all."""
        return [part for part in self.parts if part.section == section and system in (None, part.system)]

    def reports(self, section: str, kind: type[Kind]) -> dict[str, Kind]:
        """Return what the parts of a section reported so far, by the name of the part."""
        found = {part.name: part.read(kind) for part in self.of(section)}
        return {name: report for name, report in found.items() if report is not None}

    @cached_property
    def verdict(self) -> StudyVerdict | None:
        """What the study found; None before its end."""
        return StudyVerdict.from_node(self.node.outputs.verdict) if "verdict" in self.node.outputs else None

    @cached_property
    def trajectories(self) -> list[Trajectory]:
        """Every trajectory of every part, the oldest first."""
        return trajectories_of(self.parts, self.node.backend)

    @property
    def elapsed_s(self) -> float:
        """Seconds from the beginning of the study to its end, or until now."""
        return seconds_between(self.node)


def load_study(study: orm.WorkChainNode) -> StudyView:
    """Read the parts of a study from its call links.

    :param study: node of a ``StudyWorkChain``.
    """
    found: dict[tuple[str, str], Call] = {}
    for call in sorted(children(study), key=lambda call: (call.begun, call.pk)):
        name = child_name(call.label)
        if name is not None:
            found[name.section, name.name] = call  # a part that ran again stands for itself
    reports = plain_outputs((call.pk for call in found.values()), ("report",), study.backend)
    parts = [part_of(section, name, call, reports.get(call.pk, {})) for (section, name), call in found.items()]
    parts.sort(key=lambda part: (part.call.begun, part.call.pk))
    return StudyView(study, StudySettings.from_node(study.inputs.settings), parts)


def child_name(label: str) -> ChildName | None:
    """Return the name that a call link says; None for a call of no section."""
    try:
        return ChildName.parse(label)
    except ValueError:
        return None


def part_of(section: str, name: str, call: Call, report: Mapping[str, Any]) -> Part:
    """Return a part with the system and the state that its name says."""
    if section == "structure":
        try:
            state = StateName.parse(name)
        except ValueError:
            return Part(section, name, name, "", call, report)
        return Part(section, name, state.system, state.state, call, report)
    return Part(section, name, name, "", call, report)


def trajectories_of(parts: list[Part], backend: Any = None) -> list[Trajectory]:
    """Return the trajectories of some parts with their jobs."""
    called = called_by((part.call.pk for part in parts), backend)
    chains = [
        (part, call) for part in parts for call in called.get(part.call.pk, []) if call.node.process_type == MD_CHAIN
    ]
    jobs = called_by((call.pk for _, call in chains), backend)
    found = [Trajectory(part, call.label, call, jobs_in_order(jobs.get(call.pk, []))) for part, call in chains]
    return sorted(found, key=lambda one: (one.call.begun, one.call.pk))


def jobs_in_order(calls: list[Call]) -> list[Call]:
    """Return the jobs of molecular dynamics among some calls, the oldest first."""
    jobs = [call for call in calls if call.node.process_type == MD_JOB]
    return sorted(jobs, key=lambda call: (call.begun, call.pk))
