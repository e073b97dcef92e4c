"""Children that take turns: a chain runs a few at a time of all that wait (no AiiDA)."""

from __future__ import annotations

from typing import Any


def take_turn(context: Any, width: int) -> list[Any]:
    """Move the next of what waits from ``queue`` to ``running`` in the context of a chain, and return them.

    The lists are replaced and never changed in place: a step that is taken again begins with those of the checkpoint.

    :param width: how many run at a time.
    """
    context.running, context.queue = context.queue[:width], context.queue[width:]
    running: list[Any] = context.running
    return running
