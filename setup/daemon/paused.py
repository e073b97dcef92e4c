"""Paused processes: those that AiiDA paused because a computer did not answer, and those that a person paused."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

BY_AIIDA = "Pausing after failed transport task"
"""First words of the status of a process that AiiDA paused because a computer could not be reached."""

PATIENCE = 30.0  # s that a worker has to load a process and let it go on
ASK_AGAIN = 2.0  # s


@dataclass(frozen=True)
class Paused:
    """A process that is paused.

    :param pk: id of the process.
    :param label: what it is, ``Cp2kLabelCalculation``.
    :param status: why it is paused, in AiiDA's words.
    """

    pk: int
    label: str
    status: str

    @property
    def by_aiida(self) -> bool:
        """Whether AiiDA paused it, not a person."""
        return self.status.startswith(BY_AIIDA)


def paused_processes() -> list[Paused]:
    """Return the processes of the loaded profile that are paused, the oldest first."""
    from aiida.manage.manager import get_manager
    from aiida.orm import ProcessNode, QueryBuilder

    session = getattr(get_manager().get_profile_storage(), "get_session", None)
    if session is not None:
        session().commit()  # a read transaction of SQLite does not see what workers write
    filters = {"attributes.process_state": {"in": ["created", "waiting", "running"]}, "attributes.paused": True}
    columns = ["id", "attributes.process_label", "attributes.process_status"]
    rows = QueryBuilder().append(ProcessNode, filters=filters, project=columns).all()
    return sorted((Paused(pk, label or "process", status or "") for pk, label, status in rows), key=lambda p: p.pk)


def play(processes: Sequence[Paused], patience: float = PATIENCE) -> list[Paused]:
    """Play paused processes; a worker that was just started needs some time until it has loaded them.

    :param processes: what to play.
    :param patience: s after which we give up.
    :returns: those that are paused still.
    """
    from aiida.manage.manager import get_manager
    from kiwipy import UnroutableError

    wanted = {process.pk for process in processes}
    deadline = time.monotonic() + patience
    left = list(processes)
    while left and time.monotonic() < deadline:
        controller = get_manager().get_process_controller()
        for process in left:
            with suppress(UnroutableError):
                controller.play_process(process.pk)
        time.sleep(ASK_AGAIN)
        left = [process for process in paused_processes() if process.pk in wanted]
    return left
