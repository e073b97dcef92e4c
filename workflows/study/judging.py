"""The verdict of a study, made of what its sections reported (no AiiDA)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from aiida_zif.plugins.data.measured import Measured
from aiida_zif.plugins.words import counted
from aiida_zif.workflows.properties.melt_quench.report import GlassReport
from aiida_zif.workflows.properties.states.plan import in_words as in_words_of
from aiida_zif.workflows.properties.states.report import StatesReport
from aiida_zif.workflows.properties.structure.report import StructureReport
from aiida_zif.workflows.properties.validation.report import ValidationReport
from aiida_zif.workflows.study.names import ChildName, StateName, parts_of
from aiida_zif.workflows.study.settings import StudySettings
from aiida_zif.workflows.study.verdict import Finding, SectionEnd, StudyVerdict
from aiida_zif.workflows.user_input.problems import listed

OF_STATE = ("density", "coordination", "four_fold", "above_crystal", "deviation")
"""Numbers of a state of a melt-quench that stand in the verdict."""

OF_STRUCTURE = (
    "density", "bonded", "four_fold", "angle", "tetrahedral_order", "scattering_peak", "mean_ring_size",
    "p2_shared_metal", "largest_included_sphere", "intact",
)  # fmt: skip
"""Quantities of a structure that stand in the verdict, see :mod:`~..properties.structure.quantities`."""

NO_FORCE_FIELD = "none; frames and crystals are analysed as they are"
AGREES = 2.0
"""Standard errors within which two numbers agree."""


@dataclass(frozen=True)
class Reports:
    """What the parts of a study reported, by their names; a part that is missing gave no result."""

    melt_quench: Mapping[str, GlassReport] = field(default_factory=dict)
    structure: Mapping[str, StructureReport] = field(default_factory=dict)
    states: Mapping[str, StatesReport] = field(default_factory=dict)
    validation: Mapping[str, ValidationReport] = field(default_factory=dict)

    def of(self, part: ChildName) -> GlassReport | StructureReport | StatesReport | ValidationReport | None:
        """Return the report of a part; None if it gave none."""
        section: Mapping[str, GlassReport | StructureReport | StatesReport | ValidationReport]
        section = getattr(self, part.section)
        return section.get(part.name)


def judge(settings: StudySettings, reports: Reports) -> StudyVerdict:
    """Return what a study found."""
    ends = [section_end(part, reports) for part in parts_of(settings)]
    force_field = next((one.force_field.line for one in reports.melt_quench.values() if one.force_field.line), "")
    return StudyVerdict(
        name=settings.name,
        protocol=settings.protocol,
        force_field=force_field or named(settings),
        sections=ends,
        findings=[*of_melts(reports), *of_structures(reports), *of_grids(reports)],
        limits=limits_of(settings, reports),
        n_untrusted=sum(one.trust.n_returned for one in reports.melt_quench.values()),
        verdict=in_words(ends, reports),
    )


def named(settings: StudySettings) -> str:
    """Return the force field as the file names it."""
    return NO_FORCE_FIELD if settings.force_field is None else settings.force_field.in_words


def section_end(part: ChildName, reports: Reports) -> SectionEnd:
    """Return how a part ended."""
    report = reports.of(part)
    ended = "failed" if report is None or getattr(report, "outcome", "") == "failed" else "finished"
    words = "no result" if report is None else part_in_words(report)
    return SectionEnd.model_validate(
        {"section": part.section, "system": part.system, "state": part.state, "ended": ended, "words": words}
    )


def part_in_words(report: GlassReport | StructureReport | StatesReport | ValidationReport) -> str:
    """Return what a part says in a sentence."""
    if isinstance(report, GlassReport):
        return report.verdict
    if isinstance(report, StructureReport):
        return f"{counted(len(report.rows), 'number')} of {counted(report.n_replicas, 'replica')}"
    if isinstance(report, StatesReport):
        failed = f", {counted(len(report.failed), 'run')} failed" if report.failed else ""
        return f"{counted(len(report.states), 'state')}{failed}"
    return comparison_in_words(report)


def comparison_in_words(report: ValidationReport) -> str:
    """Return how many numbers may be compared, and how many of them agree."""
    scored = [row.z for row in report.rows if row.comparable and row.z is not None]
    agree = sum(abs(z) <= AGREES for z in scored)
    missing = f"; not used: {listed(list(report.missing))}" if report.missing else ""
    return (
        f"{agree} of {counted(len(scored), 'comparable number')} agree within {AGREES:g} standard errors "
        f"({counted(len(report.rows), 'row')}){missing}"
    )


def of_melts(reports: Reports) -> Iterator[Finding]:
    """Yield states, transitions and checks of the melts."""
    for system, report in reports.melt_quench.items():

        def finding(state: str, quantity: str, measured: Measured, system: str = system) -> Finding:
            return Finding(section="melt_quench", system=system, state=state, quantity=quantity, measured=measured)

        for state, values in report.states.items():
            for quantity in OF_STATE:
                measured = getattr(values, quantity)
                if measured is not None and measured.value is not None:
                    yield finding(state, quantity, measured)
        if report.onset is not None:
            yield finding("", "onset of melting", report.onset.temperature)
        for state, transition in report.tg.items():
            yield finding(state, "glass transition", transition.temperature)
        if report.rate_slope is not None:
            yield finding("", "change of the glass transition per decade of the rate", report.rate_slope.slope)
        if report.memory.bonds_kept.value is not None:
            yield finding("melt", "share of the crystal's bonds kept", report.memory.bonds_kept)


def of_structures(reports: Reports) -> Iterator[Finding]:
    """Yield the numbers of structures that matter."""
    for label, report in reports.structure.items():
        name = StateName.parse(label)
        for row in report.rows:
            if row.quantity in OF_STRUCTURE and row.value.value is not None:
                quantity = f"{row.quantity} {row.of}".strip()
                yield Finding(
                    section="structure", system=name.system, state=name.state, quantity=quantity, measured=row.value
                )


def of_grids(reports: Reports) -> Iterator[Finding]:
    """Yield what the structure changes by from state to state."""
    for system, report in reports.states.items():
        for change in report.decompositions:
            for share in change.shares:
                quantity = (
                    f"share of {share.cause} in the change from {in_words_of(change.reference)} ({change.measure})"
                )
                yield Finding(
                    section="states", system=system, state=change.state, quantity=quantity, measured=share.share
                )


def limits_of(settings: StudySettings, reports: Reports) -> list[str]:
    """Return what the study cannot reach, each sentence once."""
    only_path = settings.protocol == "demo" and settings.moves
    said = ["Protocol: demo runs every step in minutes; its result is no glass."] if only_path else []
    for section in (reports.melt_quench, reports.structure, reports.states, reports.validation):
        said += [limit for report in section.values() for limit in report.limits]
    return list(dict.fromkeys(said))


def in_words(ends: list[SectionEnd], reports: Reports) -> str:
    """Return the verdict: what failed, then what the melts and the comparisons say."""
    failed = [f"{end.section} of {' '.join(filter(None, [end.system, end.state]))}" for end in ends if not _ended(end)]
    sentences = [f"No result from {listed(failed)}."] if failed else []
    sentences += [f"{system}: {report.verdict}" for system, report in reports.melt_quench.items() if report.verdict]
    sentences += [
        f"{system} beside references: {comparison_in_words(report)}." for system, report in reports.validation.items()
    ]
    if not sentences:
        sentences = [f"{counted(len(ends), 'part')} finished."]
    return " ".join(sentences)


def _ended(end: SectionEnd) -> bool:
    return end.ended == "finished"
