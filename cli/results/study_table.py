"""The status of a study: its parts, its trajectories, what was found, what runs now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aiida_zif.cli.common.console import make_console, new_table
from aiida_zif.plugins.words import counted
from aiida_zif.provenance.studies.advice import RUNNING, next_steps
from aiida_zif.provenance.studies.limits import limits_of_study
from aiida_zif.provenance.studies.progress import current_activity, expected_remaining_s, work_of
from aiida_zif.provenance.studies.summary import summary_of
from aiida_zif.provenance.studies.summary_model import PartState, StudySummary
from aiida_zif.provenance.studies.view import StudyView
from aiida_zif.provenance.values import basis_in_words, usual_basis, value_in_words
from aiida_zif.provenance.words import DASH, clock, number

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from aiida_zif.workflows.properties.melt_quench.report import GlassReport

STATE_COLUMNS = {
    "density": "density\ng/cm³",
    "above_crystal": "above crystal\nmeV/atom",
    "coordination": "N around\na metal",
    "four_fold": "metals with\nfour N",
    "deviation": "deviation\neV/Å",
}


SHOWN = 5
"""Largest number of failed jobs on the terminal."""


def print_study(view: StudyView, console: Console | None = None) -> None:
    """Print verdict and limits, the states with their errors, trajectories, failures, and what runs now.

    :param view: the study, freshly loaded.
    :param console: where to; standard output if left out.
    """
    from rich.markup import escape

    console, summary = console or make_console(), summary_of(view)
    console.print(headline(summary), soft_wrap=True)
    for line in opening_lines(summary):
        console.print(escape(line), soft_wrap=True)
    for name, report in summary.melt_quench.items():
        console.print(states_table(name, report))
        console.print(f"[dim]{escape(errors_line(report))}[/dim]", soft_wrap=True)
    console.print(parts_table(summary.parts))
    for line in closing_lines(summary):
        console.print(escape(line), soft_wrap=True)
    for activity in current_activity(view):
        console.print(f"[bold cyan]running[/bold cyan]  {escape(activity.line)}", soft_wrap=True)
    if remaining := remaining_line(view):
        console.print(f"[cyan]{escape(remaining)}[/cyan]", soft_wrap=True)
    if summary.exit_status:
        reason = escape(f"[{summary.exit_status}] {summary.exit_message or ''}")
        console.print(f"[red]ended with[/red] {reason}", soft_wrap=True)
    for step in next_steps(summary)[:2]:
        console.print(f"[dim]{escape(step['why'])}[/dim] {escape(step['command'])}", soft_wrap=True)


def study_json(view: StudyView) -> dict[str, Any]:
    """Return the summary, what runs now and how long the rest may take."""
    done, planned = work_of(view)
    return {
        **summary_of(view).as_dict(),
        "running": [activity.as_dict() for activity in current_activity(view)],
        "n_steps_done": done,
        "n_steps_planned": planned,
        "expected_remaining_s": expected_remaining_s(view),
    }


def headline(summary: StudySummary) -> str:
    """Return what the study is and how it stands."""
    from rich.markup import escape

    systems = ", ".join(f"{name} ({one.n_atoms} atoms)" for name, one in summary.systems.items())
    state = "running" if summary.state in RUNNING else summary.state
    parts = [systems, summary.force_field.line, f"seed {summary.seed}", state, clock(summary.cost.wall_s)]
    return f"[bold]{escape(summary.name)}[/bold] <{summary.pk}>  " + escape(" · ".join(parts))


def opening_lines(summary: StudySummary) -> list[str]:
    """Return verdict and limits, and what the protocol says of itself."""
    lines = [] if summary.verdict is None else [f"verdict: {summary.verdict.verdict}"]
    for name, report in summary.melt_quench.items():
        lines += [f"{name}: {report.verdict}"] if summary.verdict is None and report.verdict else []
    lines += [f"limit: {limit}" for limit in limits_of_study(summary)]
    if summary.protocol.description:
        lines.append(f"protocol {summary.protocol.name}: {summary.protocol.description}")
    return lines


def states_table(system: str, report: GlassReport) -> Table:
    """Return the states of a system with errors, the glass transition beside each glass."""
    table = new_table()
    table.add_column(system)
    for head in (*STATE_COLUMNS.values(), "glass transition\nK"):
        table.add_column(head, justify="right", no_wrap=True)
    for name, state in report.states.items():
        cells = [value_in_words(getattr(state, field), unit=False) for field in STATE_COLUMNS]
        tg = report.tg.get(name)
        cells.append(DASH if tg is None else value_in_words(tg.temperature, unit=False))
        table.add_row(name.replace("@", ", ") + (" K/ps" if "@" in name else ""), *cells)
    return table


def errors_line(report: GlassReport) -> str:
    """Say what the errors of the table stand on, how often the committee was not trusted, and when it melted."""
    values = [getattr(state, field) for state in report.states.values() for field in STATE_COLUMNS]
    usual = usual_basis(values)
    parts = [f"standard errors from {usual}" if usual else "standard errors; the report states what they are from"]
    if report.onset is not None:
        onset = report.onset.temperature
        known = f"{value_in_words(onset)} ({basis_in_words(onset)})" if onset.value is not None else "not seen"
        parts.append(f"onset of melting {known}")
    if report.rate_slope is not None:
        slope = report.rate_slope.slope
        words = value_in_words(slope) if slope.value is not None else slope.remark or "not known"
        parts.append(f"rate dependence {words}")
    if report.trust.share is not None and report.trust.level is not None:
        parts.append(f"{report.trust.share:.1%} of the sampled frames deviate by more than {report.trust.level:g} eV/Å")
    return "; ".join(parts)


def parts_table(parts: list[PartState]) -> Table:
    """Return one line a part."""
    table = new_table()
    for name, side in {"section": "left", "of": "left", "state": "left", "wall": "right", "pk": "right"}.items():
        table.add_column(name, justify=side)  # type: ignore[arg-type]
    for part in parts:
        table.add_row(
            part.section.replace("_", " "),
            part.name.replace("_", " "),
            state_of_part(part).replace("[", "\\["),
            clock(part.wall_s),
            str(part.pk),
        )
    return table


def state_of_part(part: PartState) -> str:
    """Return how a part stands, in a few words."""
    if part.process_state in RUNNING:
        return "running"
    return (
        f"{part.process_state} [{part.exit_status}] {part.message or ''}".rstrip()
        if part.exit_status
        else part.process_state
    )


def closing_lines(summary: StudySummary) -> list[str]:
    """Return trajectories that did not come to their end, failed jobs, untrusted frames, validation and cost."""
    lines = [
        f"{name}, {leg.name.replace('_', ' ')}: {leg.ended.replace('_', ' ')}{f', {leg.detail}' if leg.detail else ''}"
        for name, report in summary.melt_quench.items()
        for leg in report.legs
        if not leg.is_complete
    ]
    lines += [
        f"{job.part}, {job.trajectory}: job <{job.pk}> ended with {job.cause}" for job in summary.failed_jobs[-5:]
    ]
    if summary.untrusted:
        count = sum(one.n_frames for one in summary.untrusted)
        where = ", ".join(f"{one.section.replace('_', ' ')} of {one.system} <{one.pk}>" for one in summary.untrusted)
        lines.append(f"above the trust level: {counted(count, 'frame')} returned ({where})")
    for name, report in summary.validation.items():
        comparable = [row for row in report.rows if row.comparable and row.z is not None]
        far = sum(abs(row.z or 0.0) > 2 for row in comparable)
        rows = counted(len(report.rows), "row")
        counts = f"{len(comparable)} comparable, {far} of them off by more than two standard errors"
        lines.append(f"validation of {name}: {rows}, {counts}")
    cost = summary.cost
    hours = "" if cost.core_hours is None else f", {number(cost.core_hours)} core hours"
    return [*lines, f"cost: {counted(cost.n_jobs, 'job')}{hours}"]


def remaining_line(view: StudyView) -> str:
    """Say how much of the molecular dynamics is done and how long the rest may take; empty after the end."""
    if view.node.is_terminated:
        return ""
    done, planned = work_of(view)
    remaining = expected_remaining_s(view)
    share = f"{done / planned:.0%} of {planned:,} MD steps" if planned else ""
    left = "" if remaining is None else f"about {clock(remaining)} left for the molecular dynamics"
    return ", ".join(filter(None, (share, left)))
