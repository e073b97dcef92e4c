"""After every cycle: is there more to learn, and if not, why not."""

from __future__ import annotations

from typing import Any

from aiida import orm
from aiida.engine import calcfunction


def verdict(cycle: int, n_labels: int, n_selected: int, limits: dict[str, Any]) -> dict[str, Any]:
    """Decide whether the campaign is finished.

    :param cycle: number of cycles done.
    :param n_labels: labels paid for so far.
    :param n_selected: frames that this cycle chose for their deviation.
    :param limits: ``cycles`` and ``labels`` at most.
    :returns: ``finished``, ``stop_reason`` and ``criteria``, each with ``name``, ``met``, ``found``, ``limit``.
    """
    criteria = [
        {"name": "nothing_left_to_label", "met": n_selected == 0, "found": n_selected, "limit": 0},
        {
            "name": "max_labels",
            "met": n_labels >= limits["labels"],
            "found": n_labels,
            "limit": limits["labels"],
        },
        {"name": "max_cycles", "met": cycle >= limits["cycles"], "found": cycle, "limit": limits["cycles"]},
    ]
    met = [criterion["name"] for criterion in criteria if criterion["met"]]
    return {"finished": bool(met), "stop_reason": met[0] if met else None, "criteria": criteria}


@calcfunction
def open_campaign(**reports: orm.Dict) -> orm.Dict:
    """Return the state before the first cycle, from the reports of the first labelling."""
    n_labels = sum(report["n_labelled"] for report in reports.values())
    return orm.Dict({"cycle": 0, "n_labels": n_labels, "finished": False, "stop_reason": None, "criteria": []})


@calcfunction
def judge(settings: orm.Dict, state: orm.Dict, **evidence: orm.Dict) -> orm.Dict:
    """Return the state after one more cycle.

    :param settings: of the campaign.
    :param state: before the cycle.
    :param evidence: reports of the selections (``selection_…``) and of the labellings (``labelling_…``).
    """
    cycle = state["cycle"] + 1
    n_selected = sum(node["n_selected"] for name, node in evidence.items() if name.startswith("selection_"))
    labelled = sum(node["n_labelled"] for name, node in evidence.items() if name.startswith("labelling_"))
    n_labels = state["n_labels"] + labelled
    decision = verdict(cycle, n_labels, n_selected, settings["limits"])
    return orm.Dict({"cycle": cycle, "n_labels": n_labels, **decision})
