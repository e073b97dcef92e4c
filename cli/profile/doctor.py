"""`doctor`: check that everything that a campaign requires is installed and starts."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from aiida_zif.cli.common.profile import emit_json, fail, load, with_debug

if TYPE_CHECKING:
    from aiida_zif.setup.doctor.machine import Check


@click.command(epilog="Example: aiida-zif doctor --computer cluster --queue debug")
@click.option(
    "--computer",
    "labels",
    multiple=True,
    help="Check this computer in a job, instead of this machine; may be repeated.",
)
@click.option("--queue", "queue_name", default=None, help="Queue or partition of the job.")
@click.option("--account", default=None, help="Account of the job.")
@click.option("--qos", default=None, help="Quality of service of the job.")
@click.option("--patience", type=click.IntRange(1), default=30, show_default=True, help="Minutes to wait for the job.")
@click.option("-p", "--profile", default=None, help="AiiDA profile of the computers.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@with_debug
def doctor(labels: tuple[str, ...], patience: int, profile: str | None, as_json: bool, **options: str | None) -> None:
    """Check this machine and its codes, or a computer from inside a job. Print a fix for every problem.

    A job checks the codes as campaigns will start them, MPI, the data files of CP2K, cores, free disk space, quotas and
    the clock. It then labels a frame, trains a model and runs MD with it. It takes about a minute and leaves no node
    and no file.
    """
    from aiida_zif.setup.doctor.machine import check_codes, check_machine

    checks = ask_computers(labels, profile, patience, options) if labels else [*check_machine(), *check_codes()]
    if as_json:
        emit_json([check.as_dict() for check in checks])
    else:
        show(checks)
    sys.exit(0 if all(check.ok for check in checks) else 1)


def show(checks: list[Check]) -> None:
    """Print one row per check."""
    from rich.table import Table

    from aiida_zif.cli.common.console import make_console

    table = Table(box=None, header_style="bold", pad_edge=False, padding=(0, 2, 0, 0))
    for column in ("check", "", "found", "fix"):
        table.add_column(column, overflow="fold")
    for check in checks:
        table.add_row(check.check, "[green]ok[/]" if check.ok else "[red]no[/]", check.found, check.fix)
    make_console().print(table)


def ask_computers(labels: tuple[str, ...], profile: str | None, patience: int, options: Any) -> list[Check]:
    """Return the checks of some computers, each with the label of its computer if there are several."""
    load(profile)
    from aiida.common.exceptions import NotExistent
    from aiida.orm import Computer

    from aiida_zif.setup.computers.computers import ComputerError
    from aiida_zif.setup.doctor.job import examine

    checks = []
    for label in labels:
        try:
            computer = Computer.collection.get(label=label)
            found = examine(computer, options, 60.0 * patience, lambda words: click.echo(words, err=True))
        except NotExistent:
            fail(f"--computer: there is no computer {label!r}. `verdi computer list` shows those of the profile.")
        except ComputerError as error:
            fail(str(error), exit_code=1)
        checks += [check.of(label) for check in found] if len(labels) > 1 else found
    return checks
