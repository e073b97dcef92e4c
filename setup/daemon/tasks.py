"""Repair of the task queue of the built-in broker on disk while the daemon is down.

Every process that a daemon shall work on needs exactly one task. A process without one is never picked up
again; two tasks for one process let two workers run the same step.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Active:
    """A process that has not ended.

    :param created: creation time, seconds since the epoch.
    :param parent: id of the process that called it, None at the top.
    """

    created: float
    parent: int | None = None


@dataclass(frozen=True)
class Plan:
    """Changes that the queue requires.

    :param drop: task files to remove.
    :param revive: ids of processes that need a task.
    :param spare: ids of processes without a task that another live program may be running.
    """

    drop: tuple[Path, ...]
    revive: tuple[int, ...]
    spare: tuple[int, ...] = ()


def plan_repair(
    tasks: Mapping[Path, int | None], active: Mapping[int, Active], foreground: float | None = None
) -> Plan:
    """Compare the queue with the database.

    A program that runs processes itself, without a daemon, runs those that were created after it was started
    and none that a daemon has: a process whose caller has a task is the daemon's.

    :param tasks: process id of each task file, oldest first; None for a file that cannot be read.
    :param active: the processes that have not ended, by id.
    :param foreground: start time of a live program that may run processes itself; None if there is none.
    :returns: tasks to drop (unreadable, for an ended process, or a second one), processes to revive or spare.
    """
    seen: set[int] = set()
    drop = []
    for file, pid in tasks.items():
        if pid is None or pid not in active or pid in seen:
            drop.append(file)
        else:
            seen.add(pid)
    revive, spare = [], []
    for pid in sorted(active.keys() - seen):
        callers = list(_callers(pid, active))
        if foreground is None or seen.intersection(callers) or active[callers[-1]].created < foreground:
            revive.append(pid)
        else:
            spare.append(pid)
    return Plan(tuple(drop), tuple(revive), tuple(spare))


def _callers(pid: int, active: Mapping[int, Active]) -> Iterator[int]:
    """Yield a process, its caller and so on up to the last one that has not ended."""
    current: int | None = pid
    while current is not None and current in active:
        yield current
        current = active[current].parent


def read_tasks(queue: Path) -> dict[Path, int | None]:
    """Return the process id of every task file below ``queue``, oldest first.

    :param queue: the broker's folder ``storage/tasks``, holding ``pending`` and ``processing``.
    """
    files = [*queue.glob("processing/*.json"), *queue.glob("pending/*.json")]
    return {file: _process_id(file) for file in sorted(files, key=lambda file: file.name)}


def _process_id(file: Path) -> int | None:
    try:
        return int(json.loads(file.read_text())["body"]["args"]["pid"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def repair_tasks(queue: Path, foreground: float | None = None) -> Plan:
    """Give every active process of the loaded profile exactly one task. The broker must not be running.

    :param queue: the broker's folder ``storage/tasks``.
    :param foreground: see :func:`plan_repair`.
    :returns: what was done.
    """
    from aiida.brokers.zeromq.queue import PersistentQueue
    from plumpy.process_comms import create_continue_body

    plan = plan_repair(read_tasks(queue), active_processes(), foreground)
    for file in plan.drop:
        file.unlink(missing_ok=True)
    if plan.revive:
        tasks = PersistentQueue(queue)
        for pk in plan.revive:
            tasks.push(uuid.uuid4().hex, {"body": create_continue_body(pid=pk, nowait=True), "no_reply": True})
    return plan


def active_processes() -> dict[int, Active]:
    """Return every process of the loaded profile that has not ended, by id."""
    from aiida.orm import ProcessNode, QueryBuilder

    filters = {"attributes.process_state": {"in": ["created", "waiting", "running"]}}
    created = QueryBuilder().append(ProcessNode, filters=filters, project=["id", "ctime"])
    calls = QueryBuilder().append(ProcessNode, tag="caller", project="id")
    calls.append(ProcessNode, with_incoming="caller", filters=filters, project="id")
    parents = {child: caller for caller, child in calls.iterall()}
    return {pk: Active(ctime.timestamp(), parents.get(pk)) for pk, ctime in created.iterall()}


def stuck_since(queue: Path, now: float | None = None) -> float | None:
    """Return for how many seconds the oldest pending task has waited while nothing is being processed.

    :returns: None if the queue is empty or a worker has a task in hand.
    """
    if any(queue.glob("processing/*.json")):
        return None
    stamps = [file.name.split("_")[0] for file in queue.glob("pending/*.json")]
    oldest = min((int(stamp) for stamp in stamps if stamp.isdigit()), default=None)
    return None if oldest is None else (now or time.time()) - oldest * 1e-6
