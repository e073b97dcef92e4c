"""``aiida-zif daemon``: start, stop or check the daemon, which runs campaigns."""

from __future__ import annotations

import click

from aiida_zif.cli.common.profile import emit_json, fail, with_profile

JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group(epilog="Example: aiida-zif daemon start")
def daemon() -> None:
    """Start, stop or check the daemon, which runs campaigns in the background."""


@daemon.command(epilog="Example: aiida-zif daemon start --workers 2")
@click.option("--workers", type=click.IntRange(1, 64), default=2, show_default=True, help="Number of worker processes.")
@JSON
@with_profile
def start(workers: int, as_json: bool) -> None:
    """Start the daemon, or repair it after a crash or a power loss. Campaigns continue where they stopped."""
    from aiida_zif.setup.daemon.daemon import DaemonError, daemon_state, ensure_daemon

    try:
        message = ensure_daemon(workers)
    except DaemonError as error:
        fail(str(error), exit_code=1)
    if as_json:
        emit_json({"message": message, **daemon_state().as_dict()})
    else:
        click.echo(message)


@daemon.command(epilog="Example: aiida-zif daemon stop")
@JSON
@with_profile
def stop(as_json: bool) -> None:
    """Stop the daemon. Running jobs continue; campaigns wait for the next start."""
    from aiida_zif.setup.daemon.daemon import DaemonError, stop_daemon

    try:
        message = stop_daemon()
    except DaemonError as error:
        fail(str(error), exit_code=1)
    if as_json:
        emit_json({"message": message})
    else:
        click.echo(message)


@daemon.command(epilog="Example: aiida-zif daemon status --json")
@JSON
@click.pass_context
@with_profile
def status(context: click.Context, as_json: bool) -> None:
    """Show the state of the daemon. The exit code is 0 only if it works."""
    from aiida_zif.setup.daemon.daemon import DaemonError, daemon_state

    try:
        state = daemon_state()
    except DaemonError as error:
        fail(str(error), exit_code=1)
    if as_json:
        emit_json(state.as_dict())
    else:
        click.echo(f"profile {state.profile}: {state.line()}")
        for role, pids in state.pids().items():
            click.echo(f"  {role:<10} pid {', '.join(map(str, pids))}")
        if not state.healthy:
            click.echo("Fix: aiida-zif daemon start")
    context.exit(0 if state.healthy else 1)
