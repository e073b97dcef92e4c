"""How much of the wall time of a job is for LAMMPS (no AiiDA)."""

from __future__ import annotations

TIME_FOR_HARVEST = 0.1
"""Share of the wall time (at least a minute) that is left for the harvest."""


def seconds_of_work(wallclock: int | None) -> int | None:
    """Return after how many seconds LAMMPS has to be over; None without a wall time."""
    return None if wallclock is None else max(1, int(wallclock - max(60.0, TIME_FOR_HARVEST * wallclock)))
