"""The report of a choice: every explored frame is chosen, or has one reason (no AiiDA)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np

from aiida_zif.plugins.selection import Sieved, full_chain


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
