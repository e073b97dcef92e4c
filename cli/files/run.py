"""`run`: carry out what a file asks for, or continue it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from aiida_zif.cli.common.options import DIRECTORY, FILE, SEED
from aiida_zif.cli.common.profile import PROFILE, fail, load, with_debug
from aiida_zif.cli.common.work import Work
from aiida_zif.cli.files.concluding import conclude
from aiida_zif.cli.files.reading import read_work
from aiida_zif.cli.files.watching import follow


@click.command(epilog="Example: aiida-zif run examples/zif4-demo.yaml --dir demo")
@FILE
@DIRECTORY
@click.option("--fresh", is_flag=True, help="Start a new one even if the profile has this one.")
@click.option(
    "--reuse/--no-reuse",
    default=None,
    help="Of a campaign: reuse labels that the profile holds, or compute all labels. [default: as in the file]",
)
@click.option("--submit", is_flag=True, help="Submit to the daemon and return at once.")
@click.option("--foreground", is_flag=True, help="Run in this process, without a daemon.")
@SEED
@PROFILE
@with_debug
def run(
    file: Path,
    directory: Path | None,
    fresh: bool,
    reuse: bool | None,
    submit: bool,
    foreground: bool,
    seed: int | None,
    profile: str | None,
) -> None:
    """Run the campaign or study FILE, or continue it where it stopped. No frame is labelled twice.

    A new campaign reuses labels that the profile holds for the same frames and level of theory, and prints how many.
    Add --no-reuse to compute all labels, for example to time the campaign.

    It runs in the daemon of the profile, and continues when the terminal is closed or after Ctrl-C. A study that only
    analyses frames of files takes seconds, and runs in this process.
    """
    if submit and foreground:
        fail("--submit and --foreground exclude each other. Fix: choose one.")
    work = read_work(file, seed, reuse)  # errors of the file are printed also without a profile
    load(profile)
    work.look_up()
    for note in work.notes():
        click.echo(note, err=True)
    node = None if fresh else work.known()
    if node is not None and node.is_finished_ok:
        click.echo(f"{work.noun.capitalize()} {work.name} <{node.pk}> is finished already; --fresh starts a new one.")
    elif node is None and (foreground or (work.is_short and not submit)):
        node = run_here(work)
    else:
        node = hand_over(work, node)
        if submit:
            click.echo(f"Follow it with: aiida-zif watch {node.pk}")
            return
        follow(node)
    conclude(node, directory)


def hand_over(work: Work, node: Any, quiet: bool = False) -> Any:
    """Submit something new to the daemon, or start the daemon for what was interrupted.

    :param quiet: whether what happens is printed on stderr, where stdout is for JSON.
    """
    from aiida.engine import submit

    from aiida_zif.setup.daemon.daemon import ensure_daemon

    builder = work.builder() if node is None else None  # a missing code is found before a daemon starts
    click.echo(ensure_daemon(), err=quiet)
    if builder is None:
        started = f"{node.ctime:%Y-%m-%d %H:%M}"
        click.echo(f"Continuing {work.noun} {work.name} <{node.pk}>, started {started}.", err=quiet)
        return node
    node = submit(builder)
    click.echo(f"Started {work.noun} {work.name} <{node.pk}>.", err=quiet)
    return node


def run_here(work: Work) -> Any:
    """Run it inside this process."""
    from aiida_zif.workflows.engine.in_process import run_to_its_end

    click.echo(
        f"Running {work.noun} {work.name} in this process; `aiida-zif status` in another terminal shows details."
    )
    return run_to_its_end(work.builder(), f"Stopped. The same command starts again and {work.kept}.")
