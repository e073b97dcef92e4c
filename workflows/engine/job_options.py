"""What each stage may use of its computer, as AiiDA's options (no AiiDA needed)."""

from __future__ import annotations

from typing import Any


def stage_options(resources: dict[str, Any]) -> dict[str, Any]:
    """Translate the resources of one stage into ``metadata.options`` of its jobs.

    :param resources: ``ranks`` or ``lanes`` (processes side by side), ``threads`` of each, ``walltime`` in s;
        further keys (``queue_name``, ``account``, ``custom_scheduler_commands`` …) are handed on as they are.
    """
    own = {"ranks", "lanes", "members", "threads", "walltime", "concurrent", "layout"}
    options: dict[str, Any] = {
        "resources": {
            "num_machines": 1,
            "num_mpiprocs_per_machine": resources.get("ranks") or resources.get("lanes") or 1,
            "num_cores_per_mpiproc": resources.get("threads", 1),
        },
        "max_wallclock_seconds": int(resources["walltime"]),
    }
    options.update({key: value for key, value in resources.items() if key not in own and value is not None})
    return options


def trainings_at_a_time(resources: dict[str, Any]) -> int:
    """Return how many members of a committee learn at the same time.

    :param resources: of the stage that trains.
    """
    return (resources.get("concurrent") or 1) * (resources.get("lanes") or 1)


def turns_a_job(resources: dict[str, Any], n_models: int) -> int:
    """Return how many members of a committee learn one after the other on a lane of a job, at most.

    :param resources: of the stage that trains.
    :param n_models: size of the committee.
    """
    lanes = resources.get("lanes") or 1
    return -(-min(max(resources.get("members") or 1, lanes), n_models) // lanes)


MOST_THREADS = 4
"""Threads of a rank at most: CP2K's ranks stay the better use of a core."""


def layouts(n_cores: int) -> list[tuple[int, int]]:
    """Return the ways to split some cores into MPI ranks and threads that are worth a try.

    :param n_cores: cores of one job.
    :returns: ranks and threads, the most ranks first; their product is always ``n_cores``.
    """
    return [(n_cores // threads, threads) for threads in range(1, MOST_THREADS + 1) if n_cores % threads == 0]


def with_layout(options: dict[str, Any], n_ranks: int, n_threads: int) -> dict[str, Any]:
    """Return the options of a job with another split of its cores.

    :param options: ``metadata.options`` of a job on one machine.
    """
    split = {"num_mpiprocs_per_machine": n_ranks, "num_cores_per_mpiproc": n_threads}
    return {**options, "resources": {**options["resources"], **split}}
