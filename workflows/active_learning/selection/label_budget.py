"""How many labels the systems may ask for, and what became of every explored frame (no AiiDA)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np

from aiida_zif.plugins.selection import Sieved, full_chain
from aiida_zif.plugins.selection.window import levels


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
    selection: Mapping[str, Any], halt: float, held_out_error: float | None, curve: Mapping[str, Any] | None
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


def share(selection: Mapping[str, Any], taken: int, n_waiting: int) -> int:
    """Return the number of frames that a system may choose.

    Each system may take an equal part of what is left when its turn comes, those first that asked for least in the
    cycle before; what it does not use is for those that wait.

    :param selection: of the system; ``labels_left`` is for the choices of all systems together.
    :param taken: frames that other systems have chosen in this cycle.
    :param n_waiting: other systems that may still choose, those included that choose at this very moment.
    """
    left = max(selection.get("labels_left", selection["per_cycle"]) - taken, 0)
    return int(min(selection["per_cycle"], left // (n_waiting + 1)))


def choice_report(
    explored: Mapping[str, Any], n_returned: int, sieved: Sieved, runs: np.ndarray, selection: Mapping[str, Any]
) -> dict[str, Any]:
    """Return what became of every explored frame: it is chosen, or it has one reason why not.

    :param explored: summary of the exploration.
    :param n_returned: candidates that came back from it.
    :param sieved: of the candidates.
    :param runs: index of the run of each candidate, shape (N,).
    :param selection: that the choice was made by.
    :returns: among others ``n_selected`` and ``not_chosen`` (number by reason), which add up to ``n_explored``, and
        ``runs_ended``, the number of MD runs by how they ended.
    """
    labels = [str(run["label"]) for run in explored.get("runs", [])]
    conditions = Counter(
        labels[runs[index]] if runs[index] < len(labels) else str(runs[index]) for index in sieved.kept
    )
    return {
        **{name: explored[name] for name in ("n_explored", "n_accurate", "n_candidate", "n_failed")},
        "n_selected": len(sieved.kept),
        "selected_by_condition": dict(sorted(conditions.items())),
        "not_chosen": reasons(explored, n_returned, sieved),
        "runs_ended": dict(sorted(Counter(run["ended"] for run in explored.get("runs", []) if "ended" in run).items())),
        "deviation": explored["deviation"],
        "histogram": explored["histogram"],
        "lower": selection["lower"],
        "upper": selection["upper"],
        "strategy": full_chain(selection["strategy"]),
    }


def reasons(explored: Mapping[str, Any], n_returned: int, sieved: Sieved) -> dict[str, int]:
    """Return the number of frames by the reason for which they were not chosen, where they were explored or here."""
    counts = Counter(sieved.reasons)
    for run in explored.get("runs", []):
        counts.update(run.get("failed_reasons") or {})
        counts["failed"] -= sum((run.get("failed_reasons") or {}).values())
    counts["failed"] += explored["n_failed"]
    if explored.get("keep") == "any":
        counts["not_kept_by_harvest"] += explored["n_accurate"] + explored["n_candidate"] - n_returned
    else:
        counts["accurate"] += explored["n_accurate"]
        counts["not_kept_by_harvest"] += explored["n_candidate"] - n_returned
    return {reason: count for reason, count in sorted(counts.items()) if count}
