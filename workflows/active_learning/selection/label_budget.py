"""How many labels the systems may ask for, and what became of every explored frame (no AiiDA)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiida_zif.plugins.selection.calibration import Relation
from aiida_zif.plugins.selection.window import levels
from aiida_zif.workflows.active_learning.selection.plan import SelectionPlan


def affordable(selection: Mapping[str, Any], labels_left: int, n_systems: int = 1) -> dict[str, Any]:
    """Return the selection of one system, cut down to the labels that the campaign may still pay for.

    The random yardstick is paid out of the system's equal part; how many frames are chosen is settled when it is known
    what the other systems need, see :func:`share`.

    :param selection: section of the system.
    :param labels_left: of the whole campaign.
    :param n_systems: that share them.
    """
    control = min(selection["control"], max(labels_left // n_systems - 1, 0))
    return {**selection, "control": control, "per_cycle": max(1, min(selection["per_cycle"], labels_left - control))}


def with_levels(
    selection: Mapping[str, Any], halt: float, held_out_error: float | None, curve: Relation | None
) -> dict[str, Any]:
    """Return the selection of one system with the trust levels as they follow from what is known so far.

    :param selection: section of the system.
    :param halt: deviation at which a run is given up, eV/Å; no frame above it is seen, so no level lies above it.
    :param held_out_error: see :func:`aiida_zif.plugins.selection.window.held_out_error`, eV/Å.
    :param curve: calibration of the system, if there is one.
    """
    lower, upper = levels(selection, held_out_error, curve)
    upper = min(upper, halt)
    return {**selection, "lower": min(lower, upper / 2) if lower >= upper else lower, "upper": upper}


def share(selection: SelectionPlan, taken: int, n_waiting: int) -> int:
    """Return the number of frames that a system may choose.

    Each system may take an equal part of what is left when its turn comes, those first that asked for least in the
    cycle before; what it does not use is for those that wait.

    :param selection: of the system.
    :param taken: frames that other systems have chosen in this cycle.
    :param n_waiting: other systems that may still choose, those included that choose at this very moment.
    """
    left = selection.per_cycle if selection.labels_left is None else selection.labels_left
    return min(selection.per_cycle, max(left - taken, 0) // (n_waiting + 1))
