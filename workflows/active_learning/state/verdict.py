"""The verdict: where a campaign stands after a cycle, whether it is finished, what it waits for (no AiiDA)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from aiida_zif.plugins.data.record import Record
from aiida_zif.workflows.active_learning.state.history import CycleRecord
from aiida_zif.workflows.active_learning.state.quarantine import Standing

if TYPE_CHECKING:
    from aiida import orm


class Criterion(Record):
    """One criterion by which a campaign may end.

    :param found: value of the last cycle, in the unit of ``limit``; None where nothing is known.
    :param limit: asked for, or allowed; eV/Å, a share, or a number of frames, labels or cycles.
    :param words: what was found and what is asked; empty in verdicts of early versions.
    """

    name: str
    met: bool
    found: int | float | None
    limit: int | float | None
    words: str = ""


class Verdict(Record):
    """Where a campaign stands: the output ``verdict``, and a node after the first labels and after every cycle.

    :param cycle: cycles done; 0 after the first labels.
    :param n_labels: labels paid for so far.
    :param stop_reason: name of the criterion that ended the campaign, or ``converged``; None if it goes on.
    :param blocking: in words what converging waits for; None if for nothing.
    :param criteria: of convergence first, then the limits; empty before the first cycle.
    :param history: one record a cycle, oldest first; verdicts of early versions have none.
    :param systems: standing by system; verdicts of early versions have none.
    """

    cycle: int
    n_labels: int
    finished: bool = False
    stop_reason: str | None = None
    blocking: str | None = None
    criteria: list[Criterion] = []
    history: list[CycleRecord] = []
    systems: dict[str, Standing] = {}

    def criterion(self, name: str) -> Criterion | None:
        """Return a criterion by its name, None if it was not asked for."""
        return next((criterion for criterion in self.criteria if criterion.name == name), None)


def newest_verdict(context: Mapping[str, Any]) -> orm.Dict | None:
    """Return the node of the newest verdict, None before the first labels.

    :param context: of a campaign; one that was begun by an earlier version keeps its verdict by the name ``state``.
    """
    return context.get("verdict", context.get("state"))
