"""Progress of a running campaign, as lines with numbers."""

from __future__ import annotations

import sys
import time
from typing import Any

import click

LOOK_S = 2.0
"""How often we look whether the campaign has ended."""

REFRESH_S = 4.0
"""How often a terminal's progress line is drawn anew."""

DAEMON_S = 30.0
"""How often we look whether the daemon is still well; nothing else notices workers that have lost their broker."""

PLAIN_S = 20.0
"""How often progress is printed where there is no terminal to draw on."""


def clock(seconds: float) -> str:
    """Return minutes and seconds, or hours and minutes, in words that fit a line."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60} h {minutes % 60:02d} min" if minutes >= 60 else f"{minutes}:{rest:02d}"


def progress_line(node: Any) -> str:
    """Return one line: which cycle and stage, how many of how many, elapsed, expected."""
    from aiida_zif.provenance.campaign_view import load_view
    from aiida_zif.provenance.judgement import latest_state
    from aiida_zif.provenance.progress import current_activity, expected_remaining_s

    view = load_view(node)
    elapsed = time.time() - node.ctime.timestamp()
    activities = current_activity(view)
    cycles = view.settings["limits"]["cycles"]
    lines = [a.line.replace(f"cycle {a.cycle}:", f"cycle {a.cycle}/{cycles}:", 1) for a in activities]
    doing = "; ".join(dict.fromkeys(lines)) or "between two steps"
    remaining = expected_remaining_s(view)
    expected = f", about {clock(remaining)} left" if remaining is not None else ""
    blocking = (latest_state(view) or {}).get("blocking")
    expected += f"; converging waits for: {blocking}" if blocking else ""
    return f"[{clock(elapsed)}] {doing}{expected}"


def follow(node: Any) -> None:
    """Show the progress of a campaign until it ends; Ctrl-C leaves it running.

    :param node: the campaign's work chain.
    """
    from sqlalchemy.exc import OperationalError

    from aiida_zif.setup.daemon import ensure_daemon

    terminal = sys.stdout.isatty()
    pause = REFRESH_S if terminal else PLAIN_S
    shown, looked = -pause, time.monotonic()
    try:
        while True:
            try:
                if node.is_terminated:
                    break
                if time.monotonic() - shown >= pause:  # a line takes many queries: none is made to be thrown away
                    line = progress_line(node)
                    click.echo(f"\r\033[K{line}" if terminal else line, nl=not terminal)
                    shown = time.monotonic()
            except OperationalError:  # a worker is writing; we only look, and look again
                pass
            if time.monotonic() - looked >= DAEMON_S:
                ensure_daemon()
                looked = time.monotonic()
            time.sleep(LOOK_S)
    except KeyboardInterrupt:
        click.echo(
            f"\nThe campaign goes on in the background. Follow it again: aiida-zif watch {node.pk}; "
            f"stop it: verdi process kill {node.pk}"
        )
        raise click.exceptions.Exit(130) from None
    if terminal:
        click.echo("\r\033[K", nl=False)
