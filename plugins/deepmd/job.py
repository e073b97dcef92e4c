"""Common parts of training and testing jobs: threads, lanes, command lines (no AiiDA)."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

T = TypeVar("T")

THREAD_VARIABLES = ("OMP_NUM_THREADS", "DP_INTRA_OP_PARALLELISM_THREADS")
FIXED_VARIABLES = {"DP_INTER_OP_PARALLELISM_THREADS": 1, "TF_CPP_MIN_LOG_LEVEL": 2}

MEMBERS = "members"
"""Folder of the members of a committee that share a job, each in a folder of its own."""

ONE_PROCESS = {"num_machines": 1, "num_mpiprocs_per_machine": 1}


def environment(threads: int) -> str:
    """Return shell lines that hold TensorFlow to so many threads and quieten its logs.

    Graph operations run one after the other (one inter-op thread): several of them at once would take more cores
    than were asked for. With one thread the same seed gives the same weights to the last bit.
    """
    settings = dict.fromkeys(THREAD_VARIABLES, threads) | FIXED_VARIABLES
    return "\n".join(f"export {name}={value}" for name, value in settings.items())


def threads(options: Mapping[str, Any]) -> int:
    """Return the threads of one process that the options of a job allow."""
    return int(options.get("resources", {}).get("num_cores_per_mpiproc") or 1)


def lanes(options: Mapping[str, Any]) -> int:
    """Return how many processes may run side by side in one job."""
    resources = options.get("resources", {})
    total = resources.get("tot_num_mpiprocs") or (
        resources.get("num_machines", 1) * resources.get("num_mpiprocs_per_machine", 1)
    )
    return max(1, int(total))


def deal(tasks: Sequence[T], n_lanes: int) -> list[list[T]]:
    """Deal tasks to lanes in turn; lanes that would stay empty are left out."""
    return [list(tasks[lane::n_lanes]) for lane in range(min(n_lanes, len(tasks)))]


def background_lane(command_lines: Sequence[tuple[Sequence[str], str]], setup: str = "") -> str:
    """Return a shell subshell that runs commands one after the other, beside what follows it.

    :param command_lines: pairs of (words of the command, file that takes its output).
    :param setup: shell lines to run first.
    """
    commands = [f"{shlex.join(words)} > {shlex.quote(out)} 2>&1" for words, out in command_lines]
    return "\n".join(["(", *filter(None, [setup]), *commands, ") &"])
