"""Progress of a running campaign or study, as lines with numbers."""

from __future__ import annotations

import shutil
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from aiida_zif.setup.computers.other_work import OtherWork

LOOK_S = 2.0
"""s between two checks whether it has ended."""

REFRESH_S = 4.0
"""s between two updates of the progress line of a terminal."""

DAEMON_S = 30.0
"""s between two checks of the daemon; nothing else notices workers that have lost their broker."""

PLAIN_S = 20.0
"""s between two lines of progress where there is no terminal."""

BUSY_S = 600.0
"""How often it is said, at most, that others use the cores."""


def progress_line(node: Any) -> str:
    """Return one line: elapsed, what is running, how many of how many, expected."""
    return str(lines_about(node).progress_line(node))


def verdict_line(node: Any) -> str:
    """Return the newest verdict: of a campaign what converging waits for, of a study what has ended; or nothing."""
    return str(lines_about(node).news(node))


def lines_about(node: Any) -> Any:
    """Return the module that knows how a campaign or a study stands."""
    from aiida_zif.cli.campaign import progress as of_campaign
    from aiida_zif.cli.study import progress as of_study
    from aiida_zif.provenance.queries.studies import is_study

    return of_study if is_study(node) else of_campaign


def busy_line(others: OtherWork) -> str:
    """Return how busy others keep the cores of this machine, empty if that is little or no job runs here."""
    from aiida_zif.setup.computers.localhost import folders_of_running_jobs

    folders = folders_of_running_jobs()
    words = others.in_words(folders)
    return words if folders else ""


def follow(node: Any) -> None:
    """Show the progress of a campaign or study until it ends; Ctrl-C leaves it running.

    :param node: its work chain.
    """
    from aiida.manage.configuration import get_config
    from sqlalchemy.exc import OperationalError, PendingRollbackError

    from aiida_zif.setup.computers.other_work import OtherWork
    from aiida_zif.setup.daemon.daemon import ensure_daemon

    terminal = sys.stdout.isatty()
    pause = REFRESH_S if terminal else PLAIN_S
    shown, looked, judged, busy = -pause, time.monotonic(), "", -BUSY_S
    others = OtherWork(Path(get_config().dirpath))
    try:
        while True:
            try:
                if node.is_terminated:
                    break
                if time.monotonic() - shown >= pause:  # a line takes many queries: none is made to be thrown away
                    if judged != (judged := verdict_line(node)) and judged:
                        click.echo(f"\r\033[K{judged}" if terminal else judged)
                    if (words := busy_line(others)) and time.monotonic() - busy >= BUSY_S:
                        click.echo(f"\r\033[K{words}" if terminal else words)
                        busy = time.monotonic()
                    line = fitted(progress_line(node)) if terminal else progress_line(node)
                    click.echo(f"\r\033[K{line}" if terminal else line, nl=not terminal)
                    shown = time.monotonic()
            except (OperationalError, PendingRollbackError):  # a worker writes, or the server is away: look again
                begin_anew(node)
            if time.monotonic() - looked >= DAEMON_S:
                ensure_daemon()
                looked = time.monotonic()
            time.sleep(LOOK_S)
    except KeyboardInterrupt:
        click.echo(
            f"\nIt continues in the daemon. Follow it: aiida-zif watch {node.pk}; stop it: verdi process kill {node.pk}"
        )
        raise click.exceptions.Exit(130) from None
    if terminal:
        click.echo("\r\033[K", nl=False)


def fitted(line: str) -> str:
    """Return a line cut to the width of the terminal: a wrapped line could not be overwritten."""
    return line[: shutil.get_terminal_size().columns - 1]


def begin_anew(node: Any) -> None:
    """Roll back the session of the database, so that a node can be read again, over a new connection if necessary.

    :param node: AiiDA closes the session of a query that fails, and leaves the nodes that were read through it behind.
    """
    from aiida.manage import get_manager
    from sqlalchemy.exc import SQLAlchemyError

    storage: Any = get_manager().get_profile_storage()  # every storage of AiiDA has a session, its base class does not
    with suppress(SQLAlchemyError):
        storage.get_session().rollback()
        storage.get_session().add(node.backend_entity.bare_model)
