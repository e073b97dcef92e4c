"""Run a process in this one, without daemon or broker; Ctrl-C ends it with its jobs."""

from __future__ import annotations

import asyncio
import signal
from contextlib import suppress
from typing import Any

import click

POLL_S = 1.0
"""How often we look whether a child has ended; AiiDA's own default is a minute."""

PATIENCE_S = 30.0
"""How long a job may take to end."""

INTERRUPTED = 130


def run_to_its_end(what: Any, words: str, **inputs: Any) -> Any:
    """Run a process and return its node.

    AiiDA answers Ctrl-C wherever the process stands, also in the midst of a write to the database, which then breaks;
    and without a broker it reaches no job of a work chain. Here the loop takes the signal between two steps, and what
    is said between processes stays within this one.

    :param what: a builder, or a process class with ``inputs``.
    :param words: what to say after Ctrl-C.
    :raises click.exceptions.Exit: after Ctrl-C, when everything that ran has been stopped.
    """
    from aiida.manage import get_manager
    from plumpy import run_with_portal
    from plumpy.exceptions import KilledError

    runner = get_manager().create_runner(communicator=commands_only(), poll_interval=POLL_S)
    process = runner.instantiate_process(what, **inputs)

    def stop() -> None:
        click.echo("Stopping …", err=True)
        runner.loop.create_task(run_with_portal(process.kill, "Ctrl-C"))

    before = {one: signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM)}
    for one in before:
        runner.loop.add_signal_handler(one, stop)
    try:
        process.execute()
    except KilledError:
        runner.loop.run_until_complete(all_stopped())
        click.echo(words, err=True)
        raise click.exceptions.Exit(INTERRUPTED) from None
    finally:
        for one, handler in before.items():
            runner.loop.remove_signal_handler(one)
            signal.signal(one, handler)  # the loop leaves Python's default, also where the signal was ignored
    return process.node


def commands_only() -> Any:
    """Return what brings commands from one process in here to another.

    It carries no news of what has ended: kiwipy and plumpy do not agree how these are handed on. Nor do they about the
    type of an address.
    """
    from kiwipy import LocalCommunicator

    class Commands(LocalCommunicator):
        def rpc_send(self, recipient_id: Any, msg: Any) -> Any:
            return super().rpc_send(str(recipient_id), msg)

        def broadcast_send(self, *_: Any, **__: Any) -> bool:
            return True

    return Commands()


async def all_stopped() -> None:
    """Wait until the commands have arrived, and the jobs that they ended have been written down."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    with suppress(asyncio.TimeoutError):
        await asyncio.wait_for(asyncio.gather(*others, return_exceptions=True), PATIENCE_S)
