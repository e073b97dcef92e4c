"""How the cores of one job are split into MPI ranks and threads (no AiiDA needed)."""

from __future__ import annotations

from typing import Any

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
