"""Number of training steps in each cycle (no AiiDA)."""

from __future__ import annotations

from aiida_zif.workflows.campaign.schema.training_steps import first_and_last

ROUND_TO = 100
"""Steps; a schedule gives round numbers."""


def training_steps(steps: int | dict[str, int], cycle: int, last_cycle: int, final: bool = False) -> int:
    """Return the training steps of the committee of a cycle.

    A schedule grows geometrically: a young committee has little to learn from and is soon replaced, the last one is
    what the campaign hands over.

    :param steps: ``training.steps`` of the campaign.
    :param cycle: 0 for the first committee.
    :param last_cycle: ``limits.cycles`` of the campaign.
    :param final: whether the campaign ends with this committee, which then gets the last number in any cycle.
    """
    first, last = first_and_last(steps)
    if final or cycle >= last_cycle or first == last:
        return last
    grown = first * (last / first) ** (cycle / last_cycle)
    return min(max(round(grown / ROUND_TO) * ROUND_TO, first), last)
