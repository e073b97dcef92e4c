"""What the jobs of training and testing share: threads, lanes, and command lines (no AiiDA)."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from typing import Any

THREAD_VARIABLES = ("OMP_NUM_THREADS", "DP_INTRA_OP_PARALLELISM_THREADS")


def environment(threads: int) -> str:
    """Return shell lines that hold TensorFlow to so many threads and keep its chatter out of the logs.

    Graph operations run one after the other (one inter-op thread): several of them at once would take more cores
    than were asked for, and give sums in an order of their own.
    """
    lines = [f"export {name}={threads}" for name in THREAD_VARIABLES]
    lines += ["export DP_INTER_OP_PARALLELISM_THREADS=1", "export TF_CPP_MIN_LOG_LEVEL=2"]
    return "\n".join(lines)


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


def deal(labels: Sequence[str], n_lanes: int) -> list[list[str]]:
    """Deal labels to lanes in turn; lanes that would stay empty are left out."""
    return [list(labels[lane::n_lanes]) for lane in range(min(n_lanes, len(labels)))]


def background_lane(command_lines: Sequence[tuple[Sequence[str], str]]) -> str:
    """Return a shell subshell that runs commands one after the other, beside what follows it.

    :param command_lines: pairs of (words of the command, file that takes its output).
    """
    commands = "\n".join(f"  {shlex.join(words)} > {shlex.quote(out)} 2>&1" for words, out in command_lines)
    return f"(\n{commands}\n) &"
