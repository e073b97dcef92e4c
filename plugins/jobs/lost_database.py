"""A worker of the daemon that loses its connection to the database ends, and the supervisor starts another.

AiiDA has one session per worker. When the server is restarted, or the connection is cut, the transaction of that
session is never ended: every later query fails, while the worker keeps running and its processes make no progress.
Another worker continues them from their last checkpoint, as after any end of a worker.

AiiDA imports this package in the worker of any profile of a Python that has it. Only a worker of a daemon that
aiida-zif started may end in this way; others belong to other projects. The daemon of aiida-zif has a mark in its
environment. Jobs and their programs inherit it; therefore the mark contains the name of the profile.
"""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy.engine import Engine, ExceptionContext

ASK_EVERY = 5.0  # s
MARK = "AIIDA_ZIF_DAEMON"
"""Variable in the environment of our daemons; see :func:`mark_of`."""


def mark_of(folder: str, profile: str) -> str:
    """Return the value of :data:`MARK` for the workers of a profile.

    :param folder: of AiiDA's configuration, as the variable ``AIIDA_PATH`` names it.
    :param profile: name.
    """
    return f"{profile}@{folder}"


def in_own_worker() -> bool:
    """Whether this program is a worker of a daemon that we started, for the profile that it was started for."""
    *_, option, profile, first, second = ["", "", "", "", *sys.argv]
    own = mark_of(os.environ.get("AIIDA_PATH", ""), profile)
    return (option, first, second) == ("-p", "daemon", "worker") and os.environ.get(MARK) == own


def end_with_the_database() -> None:
    """End this program as soon as one of its connections is lost, and the database answers again."""
    from sqlalchemy import event
    from sqlalchemy.engine import Engine

    event.listen(Engine, "handle_error", end_if_lost)


def end_if_lost(context: ExceptionContext) -> None:
    """End this program if an error means that a connection in use is lost.

    :param context: of the error, by SQLAlchemy.
    """
    if context.is_disconnect and context.engine is not None:
        print(f"{time.strftime('%Y-%m-%d %H:%M:%S')} the database is gone: this worker ends", flush=True)
        while not answers(context.engine):
            time.sleep(ASK_EVERY)  # a new worker could do nothing but end too
        os._exit(1)


def answers(engine: Engine) -> bool:
    """Whether a new connection can be made."""
    try:
        arguments, options = engine.dialect.create_connect_args(engine.url)
        engine.dialect.connect(*arguments, **options).close()
    except Exception:  # whatever the driver raises
        return False
    return True
