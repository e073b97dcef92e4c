"""Wait for jobs of this machine by their process instead of polling the scheduler.

AiiDA polls the scheduler and stores the answer: about 20 ms of a core that the job needs, and the next step still waits
for the next poll. The Linux kernel reports the end of a process at once and without cost; AiiDA then polls as usual.
For jobs on other computers, or on other kernels, nothing is changed.
"""

from __future__ import annotations

import asyncio
import os
from contextlib import suppress
from typing import Any

from aiida.engine.processes.calcjobs.tasks import Waiting, task_update_job
from aiida.orm import CalcJobNode

LOOK_ANYWAY = 60.0
"""s after which AiiDA looks whatever the kernel says."""


class PatientWaiting(Waiting):
    """The state of a calculation job that waits for its computer."""

    async def _launch_task(self, coro: Any, *args: Any, **kwargs: Any) -> Any:
        """Run one of AiiDA's tasks, so that pausing and killing interrupt it; wait before it looks for a local job."""
        return await super()._launch_task(update_in_time if coro is task_update_job else coro, *args, **kwargs)


async def update_in_time(node: CalcJobNode, job_manager: Any, cancellable: Any) -> bool:
    """Do what AiiDA's task does, as soon as there may be news of the job.

    :returns: whether the job is done.
    """
    job_id = node.get_job_id()
    if job_id is not None and runs_here(node):
        await cancellable.with_interrupt(end_of_process(int(job_id)))
    return bool(await task_update_job(node, job_manager, cancellable))


def runs_here(node: CalcJobNode) -> bool:
    """Whether the number of a job is that of a process of this machine."""
    computer: Any = node.computer
    return (computer.transport_type, computer.scheduler_type) == ("core.local", "core.direct")


async def end_of_process(pid: int, timeout: float = LOOK_ANYWAY) -> None:
    """Wait until a process has ended, or for a while; not at all if there is none, or if the kernel cannot tell.

    :param pid: of any process, also one that somebody else started.
    :param timeout: s.
    """
    try:
        handle = os.pidfd_open(pid)
    except (AttributeError, OSError):  # not Linux; no such process, no right to ask, an old kernel
        return
    loop, ended = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(handle, ended.set)
    try:
        with suppress(TimeoutError):
            await asyncio.wait_for(ended.wait(), timeout)
    finally:
        loop.remove_reader(handle)
        os.close(handle)
