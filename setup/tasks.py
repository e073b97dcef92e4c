"""The task queue of the built-in broker on disk, put right while the daemon is down.

Every process that a daemon shall work on needs exactly one task. A process without one is never picked up
again; two tasks for one process let two workers run the same step.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Plan:
    """What has to change in the queue.

    :param drop: task files to remove.
    :param revive: ids of processes that need a task.
    """

    drop: tuple[Path, ...]
    revive: tuple[int, ...]


def plan_repair(tasks: Mapping[Path, int | None], active: Iterable[int]) -> Plan:
    """Compare the queue with the database.

    :param tasks: process id of each task file, oldest first; None for a file that cannot be read.
    :param active: ids of the processes that have not ended.
    :returns: tasks to drop (unreadable, for an ended process, or a second one) and processes to revive.
    """
    active = set(active)
    seen: set[int] = set()
    drop = []
    for file, pid in tasks.items():
        if pid is None or pid not in active or pid in seen:
            drop.append(file)
        else:
            seen.add(pid)
    return Plan(tuple(drop), tuple(sorted(active - seen)))


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


def repair_tasks(queue: Path, spare_after: float | None = None) -> Plan:
    """Give every active process of the loaded profile exactly one task. The broker must not be running.

    :param queue: the broker's folder ``storage/tasks``.
    :param spare_after: do not revive processes created after this time (seconds since the epoch): another
        live program runs them itself.
    :returns: what was done.
    """
    from aiida.brokers.zeromq.queue import PersistentQueue
    from plumpy.process_comms import create_continue_body

    active = active_processes()
    plan = plan_repair(read_tasks(queue), active)
    if spare_after is not None:
        plan = Plan(plan.drop, tuple(pk for pk in plan.revive if active[pk] < spare_after))
    for file in plan.drop:
        file.unlink(missing_ok=True)
    if plan.revive:
        tasks = PersistentQueue(queue)
        for pk in plan.revive:
            tasks.push(uuid.uuid4().hex, {"body": create_continue_body(pid=pk, nowait=True), "no_reply": True})
    return plan


def active_processes() -> dict[int, float]:
    """Return id and creation time (seconds since the epoch) of every process that has not ended."""
    from aiida.orm import ProcessNode, QueryBuilder

    filters = {"attributes.process_state": {"in": ["created", "waiting", "running"]}}
    query = QueryBuilder().append(ProcessNode, filters=filters, project=["id", "ctime"])
    return {pk: ctime.timestamp() for pk, ctime in query.iterall()}


def stuck_since(queue: Path, now: float | None = None) -> float | None:
    """Return for how many seconds the oldest pending task has waited while nothing is being processed.

    :returns: None if the queue is empty or a worker has a task in hand.
    """
    if any(queue.glob("processing/*.json")):
        return None
    stamps = [file.name.split("_")[0] for file in queue.glob("pending/*.json")]
    oldest = min((int(stamp) for stamp in stamps if stamp.isdigit()), default=None)
    return None if oldest is None else (now or time.time()) - oldest * 1e-6
