"""`resume`: continue all campaigns after a crash, a reboot or a lost connection."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from aiida_zif.cli.common.profile import emit_json, fail, with_profile

if TYPE_CHECKING:
    from aiida_zif.setup.daemon.paused import Paused


@click.command(epilog="Example: aiida-zif resume")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@with_profile
def resume(as_json: bool) -> None:
    """Continue all campaigns after a crash, a reboot or a lost connection, and list them.

    Starts or repairs the daemon, gives every unfinished process exactly one task, and plays processes that AiiDA paused
    because a computer did not answer. Processes that a person paused stay paused. It is safe to run at any time.
    """
    from aiida_zif.provenance.queries.campaigns import find_campaigns
    from aiida_zif.setup.daemon.daemon import DaemonError, ensure_daemon
    from aiida_zif.setup.daemon.paused import paused_processes, play

    try:
        message = ensure_daemon()
    except DaemonError as error:
        fail(str(error), exit_code=1)
    paused = paused_processes()
    stuck = play([process for process in paused if process.by_aiida])
    campaigns = {node: doing(node) for node in find_campaigns(unfinished=True)}
    if as_json:
        content = {"daemon": message, "played": pks_of(paused, stuck), "paused": [p.pk for p in paused_processes()]}
        emit_json({**content, "campaigns": {str(node.pk): line for node, line in campaigns.items()}})
        return
    click.echo(message)
    for line in pause_lines(paused, stuck):
        click.echo(line)
    for node, line in campaigns.items():
        click.echo(f"Campaign {node.label} <{node.pk}> continues: {line}. Follow it with: aiida-zif watch {node.pk}")
    if not campaigns:
        click.echo("No campaign is unfinished.")


def doing(campaign: Any) -> str:
    """Return what is running in a campaign now, as text."""
    from aiida_zif.provenance.campaigns.progress import current_activity
    from aiida_zif.provenance.campaigns.view import load_view

    lines = dict.fromkeys(activity.line for activity in current_activity(load_view(campaign)))
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
