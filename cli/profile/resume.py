"""`resume`: continue all campaigns and studies after a crash, a reboot or a lost connection."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import click

from aiida_zif.cli.common.profile import emit_json, fail, with_profile

if TYPE_CHECKING:
    from aiida_zif.setup.daemon.paused import Paused


@click.command(epilog="Example: aiida-zif resume")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@with_profile
def resume(as_json: bool) -> None:
    """Continue all campaigns and studies after a crash, a reboot or a lost connection, and list them.

    Starts or repairs the daemon, gives every unfinished process exactly one task, and plays processes that AiiDA paused
    because a computer did not answer. Processes that a person paused stay paused. It is safe to run at any time.
    """
    from aiida_zif.provenance.queries.studies import NOUNS, find_runs, noun_of
    from aiida_zif.setup.daemon.daemon import DaemonError, ensure_daemon
    from aiida_zif.setup.daemon.paused import paused_processes, play

    try:
        message = ensure_daemon()
    except DaemonError as error:
        fail(str(error), exit_code=1)
    paused = paused_processes()
    stuck = play([process for process in paused if process.by_aiida])
    runs = {node: doing(node) for node in find_runs(unfinished=True)}
    if as_json:
        content = {"daemon": message, "played": pks_of(paused, stuck), "paused": [p.pk for p in paused_processes()]}
        lines = {
            noun: {str(node.pk): line for node, line in runs.items() if noun_of(node) == noun}
            for noun in NOUNS.values()
        }
        emit_json({**content, "campaigns": lines["campaign"], "studies": lines["study"]})
        return
    click.echo(message)
    for line in pause_lines(paused, stuck):
        click.echo(line)
    for node, line in runs.items():
        name = f"{noun_of(node).capitalize()} {node.label} <{node.pk}>"
        click.echo(f"{name} continues: {line}. Follow it with: aiida-zif watch {node.pk}")
    if not runs:
        click.echo("No campaign and no study is unfinished.")


def doing(node: Any) -> str:
    """Return what is running in a campaign or study now, as text."""
    from aiida_zif.cli.study.progress import running_now
    from aiida_zif.provenance.campaigns.progress import current_activity
    from aiida_zif.provenance.campaigns.view import load_view
    from aiida_zif.provenance.queries.studies import is_study

    lines: Iterable[str]
    if is_study(node):
        lines = running_now(node)
    else:
        lines = dict.fromkeys(activity.line for activity in current_activity(load_view(node)))
    return "; ".join(lines) or "between two steps"


def pks_of(paused: list[Paused], stuck: list[Paused]) -> list[int]:
    """Return the processes that were paused by AiiDA and continue."""
    return [process.pk for process in paused if process.by_aiida and process not in stuck]


def pause_lines(paused: list[Paused], stuck: list[Paused]) -> list[str]:
    """Return one line per paused process: whether it continues, and if not, what to do."""
    lines = []
    for process in paused:
        name = f"{process.label} <{process.pk}>"
        if process in stuck:
            lines.append(f"{name} does not continue. See `verdi process report {process.pk}`, then `aiida-zif resume`.")
        elif process.by_aiida:
            lines.append(f"{name} continues; {process.status[0].lower()}{process.status[1:]}")
        else:
            lines.append(f"{name} stays paused: {process.status} Continue it with `verdi process play {process.pk}`.")
    return lines
