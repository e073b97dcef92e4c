"""Jobs on this machine that ended while another process has their number: numbers are reused after a reboot.

Without a scheduler AiiDA knows a job by the number of its process alone, and would wait for the other one to end, a
system service for instance. A job runs in its own folder, by which it is identified.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import psutil  # type: ignore[import-untyped]

if TYPE_CHECKING:
    from aiida.orm import CalcJobNode

NO_PROCESS = str(2**22 + 1)
"""One more than the largest number that a Linux process can have."""


def forget_vanished() -> list[int]:
    """Make AiiDA notice that such jobs of the loaded profile have ended; a comment on each records it.

    :returns: ids of the jobs.
    """
    vanished = [job for job in local_jobs() if is_somebody_else(job.get_job_id() or "", job.get_remote_workdir() or "")]
    for job in vanished:
        job.base.comments.add(
            f"process {job.get_job_id()} is not this job: the job ended unnoticed, for example by a reboot"
        )
        job.set_job_id(NO_PROCESS)
    return [job.pk or 0 for job in vanished]


def local_jobs() -> list[CalcJobNode]:
    """Return the jobs on this machine that AiiDA believes to be running, and that no scheduler looks after."""
    from aiida.orm import CalcJobNode, Computer, QueryBuilder

    here = {"transport_type": "core.local", "scheduler_type": "core.direct"}
    running = {"attributes.process_state": "waiting", "attributes.state": "withscheduler"}
    query = QueryBuilder().append(Computer, filters=here, tag="computer")
    return query.append(CalcJobNode, filters=running, with_computer="computer").all(flat=True)


def is_somebody_else(job_id: str, folder: str) -> bool:
    """Return whether a process exists that has the number of a job but does not run in its folder.

    :param job_id: number of the job's process.
    :param folder: in which the job was started.
    """
    try:
        return Path(psutil.Process(int(job_id)).cwd()).resolve() != Path(folder).resolve()
    except (psutil.NoSuchProcess, psutil.ZombieProcess, ValueError):
        return False
    except psutil.AccessDenied:  # that of another user
        return True
