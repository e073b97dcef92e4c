"""Cost of a frame from earlier jobs, and the number of frames that fit into one job (no AiiDA)."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import NamedTuple

MOST_JOBS = 50
"""Number of latest jobs that are used; they reflect the current state of the computer."""


class FrameCost(NamedTuple):
    """Wall times of one finished job.

    :param n_ranks: MPI processes.
    :param n_threads: threads of each.
    :param first_frame_s: s, start-up and the first frame, whose guess comes from nothing.
    :param seconds_per_frame: s, mean of the others (of the first, where there is no other).
    :param n_frames: frames or MD steps that were evaluated.
    :param mode: ``batch`` or ``aimd``.
    """

    n_ranks: int
    n_threads: int
    first_frame_s: float
    seconds_per_frame: float
    n_frames: int
    mode: str


def hill_formula(symbols: Sequence[str]) -> str:
    """Composition as one word, under which costs are found again, such as ``C6H6N4Zn``."""
    from ase.formula import Formula

    return str(Formula.from_list(list(symbols)).convert("hill"))


def frames_per_job(costs: Sequence[FrameCost], batch_time: float) -> int | None:
    """How many frames are labelled within a time, by the medians of what was measured.

    :param costs: measured; those of other layouts than the one to be used are the caller's to leave out.
    :param batch_time: s.
    :returns: at least one; None when nothing was measured.
    """
    if not costs:
        return None
    first = statistics.median(cost.first_frame_s for cost in costs)
    following = statistics.median(cost.seconds_per_frame for cost in costs)
    return 1 + max(0, int((batch_time - first) / max(following, 1e-3)))


def frame_costs(level_hash: str, computer_uuid: str, formula: str) -> list[FrameCost]:
    """Read from the database what earlier jobs took per frame; the latest first, no file is opened.

    Jobs of a recovery rung are left out: their frames are harder than most.

    :param level_hash: of the level of theory.
    :param computer_uuid: where they ran.
    :param formula: of the frames, see :func:`hill_formula`.
    """
    from aiida import orm

    query = orm.QueryBuilder()
    query.append(orm.Computer, filters={"uuid": computer_uuid}, tag="computer")
    query.append(
        orm.CalcJobNode,
        with_computer="computer",
        filters={"process_type": "aiida.calculations:zif.cp2k"},
        project=["attributes.resources"],
        tag="job",
    )
    keys = ("rung", "first_frame_s", "seconds_per_frame", "n_evaluated", "mode")
    query.append(
        orm.Dict,
        with_incoming="job",
        edge_filters={"label": "output_parameters"},
        filters={"attributes.level.hash": level_hash, "attributes.formula": formula},
        project=[f"attributes.{key}" for key in keys],
    )
    query.order_by({"job": [{"id": {"order": "desc"}}]}).limit(MOST_JOBS)
    costs = []
    for resources, rung, first, following, n_frames, mode in query.all():
        if rung is None and following is not None:
            n_ranks, n_threads = _layout(resources or {})
            costs.append(FrameCost(n_ranks, n_threads, first or following, following, n_frames, mode))
    return costs


def _layout(resources: dict[str, int]) -> tuple[int, int]:
    """Ranks and threads of a job by its options."""
    per_machine = resources.get("num_mpiprocs_per_machine") or 1
    n_ranks = resources.get("tot_num_mpiprocs") or resources.get("num_machines", 1) * per_machine
    return n_ranks, resources.get("num_cores_per_mpiproc") or 1
