"""What `aiida-zif converge` prints: the plan of a study, its table, and the lines for the campaign file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from aiida_zif.cli.common.profile import emit_json

if TYPE_CHECKING:
    from aiida_zif.plugins.cp2k.levels import Level
    from aiida_zif.provenance.costs.estimate import Estimate
    from aiida_zif.provenance.level_convergence.table import RungRow, StudySummary
    from aiida_zif.workflows.level_convergence.study import Study, StudyReport


def n_jobs(level: Level, study: Study) -> int:
    """Return how many levels a study compares before it tries settings together."""
    from aiida_zif.workflows.level_convergence.ladder import changed, read_ladder, rungs

    return len({changed(level, choice).hash for choice in rungs(read_ladder(study.ladder, level), level).values()})


def tell_plan(level: Level, study: Study, cost: Estimate, as_json: bool) -> None:
    """Say what would run.

    :param cost: of the rungs, if each took as long as the level as it is.
    """
    from aiida_zif.workflows.level_convergence.ladder import read_ladder

    ladder = read_ladder(study.ladder, level)
    if as_json:
        plan = {"level": level.line, "ladder": ladder, "noise": study.noise.model_dump(), "n_jobs": cost.work.runs}
        emit_json(plan | {"at_least_wall_s": cost.wall_s, "at_least_core_s": cost.core_s, "basis": cost.basis})
        return
    click.echo(f"{level.name}: {level.line}")
    for setting, values in ladder.items():
        click.echo(f"  {setting}: {', '.join(map(in_short, values))}")
    click.echo(
        f"{cost.work.runs} jobs of {cost.work.count} frames of {cost.work.system}, most of them at nearly the tightest "
        "settings, and one to four to try settings together. Nothing has been stored yet."
    )
    click.echo(in_hours(cost))


def in_hours(cost: Estimate) -> str:
    """Say how long the rungs of a study take at least."""
    from aiida_zif.provenance.costs.estimate import duration

    if cost.wall_s is None or cost.core_s is None:
        return "How long that takes is not known: nothing was labelled at this level here."
    spread = f", within a factor of {cost.factor:.1f}" if cost.factor > 1.05 else ""
    return (
        f"At least {duration(cost.wall_s)}, {cost.core_s / 3600:.2g} core-hours{spread}: what the level takes as it is "
        f"({cost.basis}). Tighter settings take longer; jobs that are known take no time."
    )


def print_study(summary: StudySummary) -> None:
    """Print one line a rung, and the lines to paste into the campaign file."""
    import yaml
    from rich.markup import escape
    from rich.table import Table

    from aiida_zif.cli.common.console import make_console

    console = make_console()
    report, noise = summary.report, summary.report.noise
    console.print(
        f"[bold]{report.level.name}[/bold] <{summary.pk}>  {report.n_frames} frames of {report.system} "
        f"({report.n_atoms} atoms) · {summary.n_jobs} jobs, {summary.n_cached} of them known before"
    )
    table = Table(box=None, header_style="bold", pad_edge=False, padding=(0, 2, 0, 0))
    for column in ("setting", "value", "energy\nmeV/atom", "shift\nmeV/atom", "force\nmeV/Å", "largest\nmeV/Å",
                   "stress\nGPa", "cost\ns/frame", ""):  # fmt: skip
        table.add_column(column, justify="left" if column in ("setting", "value", "") else "right")
    for row in summary.rows:
        table.add_row(*map(escape, cells(row)), style="bold" if row.name == report.proposal else None)
    console.print(table)
    console.print(
        "[dim]Errors against the tightest settings: of the energy difference of the frames, of all energies alike "
        "(shift), of force and stress components (root mean square, and the largest force).[/dim]"
    )
    for setting in unbounded(report):
        console.print(
            f"[yellow]{setting}: nothing coarser than the tightest passes, so nobody knows whether that is tight "
            f"enough; go further with --ladder {setting}=…[/yellow]"
        )
    console.print(
        f"The cheapest within {noise.energy:g} meV/atom, {noise.force:g} meV/Å and {noise.stress:g} GPa, "
        "for the campaign file:"
    )
    proposal = {"level_of_theory": report.level_of_theory.model_dump()}
    console.print(yaml.safe_dump(proposal, sort_keys=False), markup=False)


def unbounded(report: StudyReport) -> list[str]:
    """Return the settings of which the proposal takes the end of the ladder, to which all others were compared."""
    proposed = report.rungs[report.proposal].choice
    return [setting for setting, values in report.ladder.items() if proposed[setting] == values[-1]]


def cells(row: RungRow) -> list[str]:
    """Return the cells of one rung."""
    values = row.choice.values() if row.setting is None else [row.value]
    first = [row.setting or row.name.replace("_", " "), ", ".join(map(in_short, values))]
    found = row.errors
    if found is None:
        return [*first, "", "", "", "", "", "", f"failed: {row.cause}"]
    errors = (found.energy, found.energy_shift, found.force, found.force_max, found.stress)
    numbers = ["–" if error is None else f"{error:.3g}" for error in errors]
    return [*first, *numbers, f"{row.seconds:.3g}", "passes" if row.passes else "too coarse"]


def in_short(value: Any) -> str:
    """Write one value of a setting; of several that belong together the first."""
    return str(next(iter(value.values()))) if isinstance(value, Mapping) else str(value)
