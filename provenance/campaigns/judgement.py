"""What a campaign's verdict and calibration say: for the summary, `status`, `watch` and the report."""

from __future__ import annotations

from collections import Counter
from typing import Any

from aiida.common.links import LinkType

from aiida_zif.plugins.selection.calibration import BAND_SHARE, Calibration, ErrorOfFrame, Relation, error_band
from aiida_zif.provenance.campaigns.view import CampaignView
from aiida_zif.provenance.queries.calls import input_attributes
from aiida_zif.provenance.queries.links import children
from aiida_zif.workflows.active_learning.judging.calibration import known_errors
from aiida_zif.workflows.active_learning.state.naming import Evidence
from aiida_zif.workflows.active_learning.state.verdict import Verdict
from aiida_zif.workflows.engine.naming import of_kind

OPENED = ("open_campaign", "reopen_campaign")
"""Calcfunctions that make the verdict on the first labels."""


def latest_verdict(view: CampaignView) -> Verdict | None:
    """Return the newest verdict, that on the first labels included; None before it."""
    judged = [step.report for step in view.of("judge") if step.report]
    if judged:
        return Verdict.from_dict(judged[-1])
    opened = [call.node for call in children(view.node) if call.node.process_label in OPENED]
    return next((Verdict.from_node(node.outputs.result) for node in opened if "result" in node.outputs), None)


def verdict_summary(verdict: Verdict | None) -> dict[str, Any]:
    """Return the criteria of a verdict, what converging waits for, which systems were left out or fail."""
    systems = verdict.systems if verdict else {}
    return {
        "criteria": [criterion.model_dump() for criterion in verdict.criteria] if verdict else [],
        "blocking": verdict.blocking if verdict else None,
        "left_out": {name: standing.cause for name, standing in systems.items() if standing.quarantined},
        "failing": {
            name: standing.cause for name, standing in systems.items() if standing.failures and not standing.quarantined
        },
    }


def calibration_of(view: CampaignView) -> dict[str, Any] | None:
    """Return the newest relation between deviation and true error, and how many frames it is of; None before it."""
    found = [step for step in view.of("calibrate") if step.report]
    if not found:
        return None
    calibration, counts = Calibration.from_dict(found[-1].report), frames_related(found[-1].pk)
    return {**calibration.model_dump(mode="json"), "n_frames": {name: counts[name] for name in calibration.systems}}


def frames_related(calibration: int) -> Counter[str]:
    """Return by system how many different frames a relation was fitted to.

    Early versions fitted to the errors that several committees made on the same held-out frames.

    :param calibration: pk of the process that fitted it.
    """
    evidence = input_attributes(calibration, ["system", "frames", "frame_ids", "array|energies"])
    known = [(of, evidence[label]) for label in evidence if (of := Evidence.parse(label))]
    counts: Counter[str] = Counter()
    for of, (system, compared, *_) in known:
        counts.update({system or "": len(compared)} if of.kind == "compare" else {})
    if any(of.kind == "errors" for of, _ in known):
        for system, _, ids, shape in of_kind("block", evidence).values():
            counts[system] += len(ids) if ids is not None else shape[0]
    return counts


def calibration_points(view: CampaignView) -> list[ErrorOfFrame]:
    """Return the frames that the newest relation was fitted to."""
    steps = [step for step in view.of("calibrate") if step.report]
    if not steps:
        return []
    links = steps[-1].node.base.links.get_incoming(link_type=LinkType.INPUT_CALC).all()
    return known_errors({link.link_label: link.node for link in links})


def judgement_lines(summary: dict[str, Any]) -> list[str]:
    """Return the verdict and the calibration in lines for a reader."""
    rows = [
        f"{row['state']}: {row['what']}" + (f", {row['words']}" if row["words"] else "")
        for row in verdict_rows(summary)
    ]
    return [*rows, *calibration_lines(summary)]


def verdict_rows(summary: dict[str, Any]) -> list[dict[str, str]]:
    """Return which systems fail, what ended the campaign, how the criteria stand: ``what``, ``words``, ``state``."""
    verdict, ended = summary["verdict"], summary["stop_reason"]
    rows = [
        {"what": name, "words": cause, "state": state}
        for state, systems in (("left out", verdict["left_out"]), ("failed once", verdict["failing"]))
        for name, cause in systems.items()
    ]
    if ended is not None:
        words = next((entry["words"] for entry in verdict["criteria"] if entry["name"] == ended), "")
        rows.append({"what": in_plain(ended), "words": words, "state": "ended by"})
    not_met = "blocks" if ended is None else "not met"
    return rows + [
        {"what": in_plain(entry["name"]), "words": entry["words"], "state": "met" if entry["met"] else not_met}
        for entry in verdict["criteria"]
        if entry["name"] in ASKED_FOR and entry["words"]
    ]


def calibration_lines(summary: dict[str, Any]) -> list[str]:
    """Say of every system what the deviation of its frames means."""
    counts = (summary["calibration"] or {}).get("n_frames", {})
    return [calibration_line(name, relation, counts.get(name)) for name, relation in relations_in(summary).items()]


def relations_in(summary: dict[str, Any]) -> dict[str, Relation | None]:
    """Return the relation between deviation and true error of every system, None where there were too few frames."""
    found = (summary["calibration"] or {"systems": {}})["systems"]
    return {name: relation and Relation.from_dict(relation) for name, relation in found.items()}


ASKED_FOR = ("deviation", "held_out_error", "accurate_share", "observable")
"""Criteria of convergence; the others are limits."""


def calibration_line(system: str, curve: Relation | None, n_frames: int | None = None) -> str:
    """Say what the deviation of a system's frames means.

    :param n_frames: different frames that the relation was fitted to.
    """
    if curve is None:
        return f"calibration of {system}: too few labelled frames"
    low, high = (float(value) for value in error_band(curve, curve.centre))
    known = f"{curve.n} frames"
    if n_frames not in (None, curve.n):
        known = f"{curve.n} pairs of deviation and error of {n_frames} frames"
    band = f"{BAND_SHARE:.0%}"
    return (
        f"calibration of {system}: at a deviation of {curve.centre:.2g} eV/Å the true error of a frame is "
        f"{curve.level:.2g} eV/Å, with {band} probability {low:.2g} to {high:.2g}; the {band} band of a fit without "
        f"them holds {curve.coverage:.0%} of {known}"
    )


def in_plain(name: str) -> str:
    """Return a name of a criterion as words."""
    return name.replace("_", " ")
