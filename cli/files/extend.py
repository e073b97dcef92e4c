"""`extend`: let a campaign that has ended go on, with what a study did not trust, or for more cycles."""

from __future__ import annotations

from pathlib import Path

import click

from aiida_zif.cli.common.options import DIRECTORY
from aiida_zif.cli.common.profile import AS_JSON, emit_json, fail, with_profile
from aiida_zif.cli.files.concluding import conclude
from aiida_zif.cli.files.extension import ExtensionWork
from aiida_zif.cli.files.run import hand_over, run_here
from aiida_zif.cli.files.watching import follow

EXAMPLES = """\b
Example: aiida-zif extend 1234 --from 2345 --cycles 2
Example: aiida-zif extend 1234 --cycles 3 --labels 200"""


@click.command(epilog=EXAMPLES)
@click.argument("campaign", metavar="CAMPAIGN")
@click.option(
    "--from", "studies", metavar="STUDY", multiple=True, help="PK or UUID of a study; also of a melt-quench or an MD."
)
@click.option("--frames", metavar="PK", multiple=True, help="PK or UUID of a set of frames with their deviations.")
@click.option("--cycles", type=click.IntRange(0), default=0, help="Cycles after the first training. [default: 0]")
@click.option(
    "--labels", type=click.IntRange(1), default=None, help="Labels at most. [default: what limits.labels leaves]"
)
@click.option("--code", "codes", metavar="NAME=CODE", multiple=True, help="Another code, such as cp2k=cp2k@cluster.")
@DIRECTORY
@click.option("--check", is_flag=True, help="Print what would run; nothing is stored.")
@click.option("--fresh", is_flag=True, help="Start a new one even if the profile has this one.")
@click.option("--submit", is_flag=True, help="Submit to the daemon and return at once.")
@click.option("--foreground", is_flag=True, help="Run in this process, without a daemon.")
@AS_JSON
@with_profile
def extend(
    campaign: str,
    studies: tuple[str, ...],
    frames: tuple[str, ...],
    cycles: int,
    labels: int | None,
    codes: tuple[str, ...],
    directory: Path | None,
    check: bool,
    fresh: bool,
    submit: bool,
    foreground: bool,
    as_json: bool,
) -> None:
    """Continue CAMPAIGN (PK or UUID) in a new campaign that takes over its data set, committee and verdict.

    Of the frames that a STUDY did not trust, those are labelled that the strategies of the campaign choose, then a
    committee is trained on all labels and tested. CAMPAIGN itself is not changed; no frame is labelled twice. With
    --cycles, exploring and labelling follow. The same command continues it where it stopped.

    With --json nothing but JSON is printed: what would run (--check), or what was submitted (--submit).
    """
    if submit and foreground:
        fail("--submit and --foreground exclude each other. Fix: choose one.")
    if as_json and not (check or submit):
        fail("--json: found without --check or --submit; allowed: with one of them; fix: add it.")
    work = ExtensionWork(campaign, studies, frames, cycles, labels, codes)
    work.look_up()
    if not as_json:
        click.echo("\n".join(work.notes()), err=not check)
    if check:
        if as_json:
            emit_json(work.plan())
        return
    node = None if fresh else work.known()
    if node is not None and node.is_finished_ok:
        click.echo(f"Campaign {node.label} <{node.pk}> did this already; --fresh starts a new one.", err=as_json)
    elif foreground and node is None:
        node = run_here(work)
    else:
        node = hand_over(work, node, quiet=as_json)
    if as_json:
        emit_json({**work.plan(), "pk": node.pk, "uuid": node.uuid})
    elif submit:
        click.echo(f"Follow it with: aiida-zif watch {node.pk}")
    else:
        follow(node)
        conclude(node, directory)
