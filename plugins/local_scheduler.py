"""Jobs that run at once on this machine, looked after without starting a process for every look."""

from __future__ import annotations

import time
from typing import Any

import psutil  # type: ignore[import-untyped]
from aiida.schedulers.datastructures import JobInfo, JobState
from aiida.schedulers.plugins.direct import DirectScheduler
from aiida.transports.plugins.local import LocalTransport

WITHOUT_QUEUE = ("core.direct", "zif.local")
"""Scheduler types that start jobs at once, whatever else runs on the machine."""

STATES = {
    psutil.STATUS_STOPPED: JobState.SUSPENDED,
    psutil.STATUS_ZOMBIE: JobState.DONE,
    psutil.STATUS_DEAD: JobState.DONE,
}
"""All others run."""


class LocalScheduler(DirectScheduler):
    """AiiDA's direct scheduler for the machine on which AiiDA itself runs.

    AiiDA's own starts a shell, in which ``ps`` lists all processes: several times the work of asking the kernel about
    one, taken from the cores on which the jobs run. So it may be asked more often, and what follows a job waits less.
    """

    _features = {"can_query_by_user": False}

    def get_jobs(self, jobs: Any = None, user: str | None = None, as_dict: bool = False) -> Any:
        """Return what is known of some jobs; one that is not there any more is done.

        :param jobs: process identifiers; without them, or on another machine, AiiDA's own scheduler is asked.
        """
        if not jobs or not isinstance(self.transport, LocalTransport):
            return super().get_jobs(jobs, user, as_dict)  # type: ignore[call-overload]
        found = [job_of(identifier) for identifier in ([jobs] if isinstance(jobs, str) else jobs)]
        return {job.job_id: job for job in found} if as_dict else found


def job_of(identifier: str) -> JobInfo:
    """Return the state of the job that is a process of this machine."""
    job = JobInfo()
    job.job_id, job.job_state = identifier, JobState.DONE
    try:
        process = psutil.Process(int(identifier))
        with process.oneshot():
            job.job_state = STATES.get(process.status(), JobState.RUNNING)
            job.job_owner = process.username()
            job.wallclock_time_seconds = int(time.time() - process.create_time())
    except psutil.NoSuchProcess:
        job.job_state = JobState.DONE
    return job
