"""How frames are chosen in one cycle: the section ``selection`` with all that is settled beforehand (no AiiDA)."""

from __future__ import annotations

from typing import Any

from aiida_zif.plugins.data.record import Record


class SelectionPlan(Record):
    """How the frames of one system are chosen in one cycle.

    :param strategy: names of the chain.
    :param lower: trust level, largest force deviation in eV/Å, below which a frame is accurate.
    :param upper: trust level, eV/Å, from which on a frame is not worth a label.
    :param window: what the levels follow, as in the campaign file.
    :param per_cycle: frames chosen at most.
    :param per_condition: frames chosen at most from one run; None for no limit.
    :param control: frames drawn at random for comparison.
    :param min_separation: MD steps between two chosen frames of one run at least.
    :param options: of the strategies, by name.
    :param seed: of all that is drawn.
    :param labels_left: for the choices of all systems together; None in plans of early versions, which had no limit.
    """

    strategy: list[str]
    lower: float
    upper: float
    window: dict[str, Any] | None = None
    per_cycle: int
    per_condition: int | None = None
    control: int = 0
    min_separation: int = 0
    options: dict[str, Any] = {}
    seed: int
    labels_left: int | None = None

    @classmethod
    def upgraded(cls, content: dict[str, Any], number: int) -> dict[str, Any]:
        """Make a chain of the single strategy that early versions knew; it drew nothing, so that any seed will do."""
        strategy = content["strategy"]
        return {"seed": 0, **content, "strategy": [strategy] if isinstance(strategy, str) else strategy}
