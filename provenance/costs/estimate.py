"""Estimate of the cost of a campaign from measured times (no AiiDA)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

EXPONENT, SPREAD = 2.0, 1.0
"""A frame of another size is taken to cost as n_atoms^2, and to lie between n_atoms^1 (integrals and meshes of
sparse matrices) and n_atoms^3 (the algebra of dense ones)."""


KIN = ({"batch", "aimd"}, {"md", "explore"})
"""Kinds of work of which one says what another takes."""

OTHER_KIND = {
    "aimd": "at most: of a single frame",
    "batch": "at least: of MD steps",
    "md": "of explorations, which evaluate the committee more often",
    "explore": "of MD that evaluates the committee less often",
}
"""Kind of work → what a measurement of its kin says about it."""


@dataclass(frozen=True)
class Pace:
    """Times of finished jobs of one kind and layout.

    :param kind: ``batch``, ``aimd``, ``train``, ``explore`` or ``md``.
    :param n_atoms: of their cell.
    :param layout: ranks (or lanes) and threads.
    :param first_s: s of a job besides its further units: start-up and, with CP2K, the first frame.
    :param next_s: s of every further unit.
    :param n_jobs: number of jobs behind the figures.
    :param measured: day of the newest of them.
    """

    kind: str
    n_atoms: int
    layout: tuple[int, int]
    first_s: float
    next_s: float
    n_jobs: int
    measured: str


@dataclass(frozen=True)
class Work:
    """One item of a campaign: ``runs`` times ``count`` units, each run as one job if walltime allows.

    :param stage: in words.
    :param unit: what is counted, in words.
    :param kind: as in :class:`Pace`.
    :param count: units of one run.
    :param runs: how often.
    :param concurrent: runs side by side.
    :param layout: ranks (or lanes) and threads of one job.
    :param walltime: s that one job may use.
    :param is_continued: whether a run that does not end within the walltime goes on in another job.
    :param job_time: s after which a run goes on in another job although it had more time.
    :param held: further units that the profile holds already: they are taken over, and cost nothing.
    """

    system: str
    stage: str
    unit: str
    kind: str
    n_atoms: int
    count: int
    layout: tuple[int, int]
    walltime: float
    runs: int = 1
    concurrent: int = 1
    is_continued: bool = True
    job_time: float | None = None
    held: int = 0


@dataclass(frozen=True)
class Estimate:
    """Cost of an item, and the measurement that it is based on.

    :param seconds: s of one further unit; None if nothing like it was measured.
    :param wall_s: s from the first job to the last.
    :param core_s: core-seconds.
    :param factor: true cost expected within this factor of the estimate; 1 where the very thing was measured.
    :param basis: where the figures come from.
    :param warnings: what will not fit.
    """

    work: Work
    seconds: float | None = None
    wall_s: float | None = None
    core_s: float | None = None
    factor: float = 1.0
    basis: str = "not measured"
    warnings: tuple[str, ...] = ()


def estimate(work: Work, paces: Sequence[Pace]) -> Estimate:
    """Estimate one item from the measurement that is most like it.

    :param work: what is to be done.
    :param paces: everything measured at this level of theory on this computer.
    """
    pace = closest(work, paces)
    if work.count == 0:
        return Estimate(work, None, 0.0, 0.0, basis="nothing left to do")
    if pace is None:
        return Estimate(work)
    scaled, factor = scaled_to(pace, work)
    n_jobs = jobs_of(work, scaled)
    run_s = n_jobs * scaled.first_s + max(work.count - n_jobs, 0) * scaled.next_s
    return Estimate(
        work,
        scaled.next_s,
        run_s * math.ceil(work.runs / work.concurrent),
        run_s * work.runs * math.prod(work.layout),
        factor,
        basis(work, pace),
        tuple(warnings(work, scaled, n_jobs)),
    )


def closest(work: Work, paces: Sequence[Pace]) -> Pace | None:
    """Return the measurement to estimate from: nearest in size, then of the same kind, then of the same layout."""
    kin = next((kinds for kinds in KIN if work.kind in kinds), {work.kind})

    def unlikeness(pace: Pace) -> tuple[float, bool, bool, int]:
        apart = abs(math.log(work.n_atoms / pace.n_atoms))
        return apart, pace.kind != work.kind, pace.layout != work.layout, -pace.n_jobs

    return min((pace for pace in paces if pace.kind in kin), key=unlikeness, default=None)


def scaled_to(pace: Pace, work: Work) -> tuple[Pace, float]:
    """Return a measurement as it would be for the cell and the cores of ``work``, and its uncertainty as a factor.

    Frames scale by :data:`EXPONENT`; models and exploration, whose cut-off is short, in proportion to the atoms. Of
    other cores the same core-seconds are expected.
    """
    exponent, spread = (EXPONENT, SPREAD) if work.kind in ("batch", "aimd") else (1.0, 0.0)
    ratio = work.n_atoms / pace.n_atoms
    by = ratio**exponent * math.prod(pace.layout) / math.prod(work.layout)
    return replace(pace, first_s=pace.first_s * by, next_s=pace.next_s * by), max(ratio, 1 / ratio) ** spread


def jobs_of(work: Work, pace: Pace) -> int:
    """Return how many jobs a run takes; at least one unit fits into each, otherwise the run would not end."""
    limit = min(work.walltime, work.job_time or work.walltime)
    units = 1 + max(0, int((limit - pace.first_s) / max(pace.next_s, 1e-9)))
    return max(1, math.ceil(work.count / units)) if work.is_continued else 1


def basis(work: Work, pace: Pace) -> str:
    """Return the basis of an estimate as text: the measurement, and how it differs from the item."""
    remarks = []
    if pace.n_atoms != work.n_atoms:
        power = f"n^{EXPONENT:g}" if work.kind in ("batch", "aimd") else "n"
        remarks.append(f"scaled by {power} from {pace.n_atoms} atoms")
    if pace.kind != work.kind:
        remarks.append(OTHER_KIND[work.kind])
    if pace.layout != work.layout:
        remarks.append("measured on {} × {}".format(*pace.layout))
    jobs = f"{pace.n_jobs} job{'s' if pace.n_jobs > 1 else ''}"
    return ", ".join([f"{jobs}, {pace.measured}", *remarks])


def warnings(work: Work, pace: Pace, n_jobs: int) -> list[str]:
    """Return warnings about work that does not fit into the wall time of one job."""
    name, limit = f"{work.system}, {work.stage}", f"the {duration(work.walltime)} of one job"
    if pace.first_s > work.walltime:
        return [f"{name}: the first frame alone takes {duration(pace.first_s)}, more than {limit}; raise walltime"]
    alone = pace.first_s + (work.count - 1) * pace.next_s
    if not work.is_continued and alone > work.walltime:
        return [f"{name}: takes {duration(alone)}, more than {limit}; raise walltime"]
    if work.kind == "aimd" and n_jobs > 1:
        return [f"{name}: takes {duration(alone)}, more than {limit}; it is continued in {n_jobs} jobs"]
    return []


def duration(seconds: float) -> str:
    """Return a time as text: ``11 ms``, ``4.6 s``, ``12 min``, ``3.5 h``, ``12 d``."""
    if seconds < 0.1:
        return f"{1000 * seconds:.0f} ms"
    for limit, divisor, unit in ((100, 1.0, "s"), (6000, 60.0, "min"), (48 * 3600, 3600.0, "h")):
        if seconds < limit:
            return f"{seconds / divisor:.{1 if seconds / divisor < 10 else 0}f} {unit}"
    return f"{seconds / 86400:.{1 if seconds < 864000 else 0}f} d"
