"""Time spans in which jobs computed, and the share of a time that they cover."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    pass


@dataclass(frozen=True)
class Span:
    """One job while it computed: begin and end in s since 1970, cores that it asked for, CPU time in s."""

    begin: float
    end: float
    cores: int
    cpu_s: float


def covered(spans: Iterable[tuple[float, float]]) -> float:
    """Return the seconds that lie in at least one of the spans, each from a begin to an end."""
    total, reached = 0.0, float("-inf")
    for begin, end in sorted(spans):
        total += max(0.0, end - max(begin, reached))
        reached = max(reached, end)
    return total


def most_cores(spans: Sequence[Span]) -> int:
    """Return the largest number of cores that the jobs had at one time."""
    # at the same instant what ends makes room for what begins
    changes = sorted([(span.end, 0, -span.cores) for span in spans] + [(span.begin, 1, span.cores) for span in spans])
    in_use, most = 0, 0
    for _, _, change in changes:
        in_use += change
        most = max(most, in_use)
    return most
