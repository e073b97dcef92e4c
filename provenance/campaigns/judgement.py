"""What a campaign's verdict and calibration say: for the summary, `status`, `watch` and the report."""

from __future__ import annotations

from collections import Counter
from typing import Any

from aiida.common.links import LinkType

from aiida_zif.plugins.selection.calibration import BAND_SHARE, error_band
from aiida_zif.provenance.campaigns.view import CampaignView
from aiida_zif.provenance.queries.calls import input_attributes
from aiida_zif.provenance.queries.links import children
from aiida_zif.workflows.active_learning.judging.calibration import evidence_rows


def latest_state(view: CampaignView) -> dict[str, Any] | None:
    """Return the newest verdict, that on the first labels included; None before it."""
    states = [step.report for step in view.of("judge") if step.report]
    if states:
        return states[-1]
    opened = [call.node for call in children(view.node) if call.node.process_label == "open_campaign"]
    return next((node.outputs.result.get_dict() for node in opened if "result" in node.outputs), None)


def verdict_of(view: CampaignView) -> dict[str, Any]:
    """Return the criteria of the newest verdict, what converging waits for, which systems were left out or fail."""
    state = latest_state(view) or {}
    systems = state.get("systems", {})
    return {
        "criteria": [{"words": "", **entry} for entry in state.get("criteria", [])],
        "blocking": state.get("blocking"),
        "left_out": {name: entry["cause"] for name, entry in systems.items() if entry["quarantined"]},
        "failing": {
            name: entry["cause"] for name, entry in systems.items() if entry["failures"] and not entry["quarantined"]
        },
    }


def calibration_of(view: CampaignView) -> dict[str, Any] | None:
    """Return the newest relation between deviation and true error, and how many frames it is of; None before it."""
    found = [step for step in view.of("calibrate") if step.report]
    if not found:
        return None
    counts = frames_related(found[-1].pk)
    return {**found[-1].report, "n_frames": {name: counts[name] for name in found[-1].report["systems"]}}


def frames_related(calibration: int) -> Counter[str]:
    """Return by system how many different frames a relation was fitted to.

    Early versions fitted to the errors that several committees made on the same held-out frames.

    :param calibration: pk of the process that fitted it.
    """
    evidence = input_attributes(calibration, ["system", "frames", "frame_ids", "array|energies"])
    tested = any(label.startswith("errors_") for label in evidence)
    counts: Counter[str] = Counter()
    for label, (system, compared, ids, shape) in evidence.items():
        if label.startswith("compare_"):
            counts[system or ""] += len(compared)
        elif label.startswith("block_") and tested:
            counts[system] += len(ids) if ids is not None else shape[0]
    return counts


def calibration_points(view: CampaignView) -> list[dict[str, Any]]:
    """Return the pairs of deviation and error that the newest relation was fitted to; ``role`` is None if held out."""
    steps = [step for step in view.of("calibrate") if step.report]
    if not steps:
        return []
    links = steps[-1].node.base.links.get_incoming(link_type=LinkType.INPUT_CALC).all()
    return [{"role": None, **row} for row in evidence_rows({link.link_label: link.node for link in links})]


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
    found = summary["calibration"] or {"systems": {}}
    counts = found.get("n_frames", {})
    return [calibration_line(name, curve, counts.get(name)) for name, curve in found["systems"].items()]


ASKED_FOR = ("deviation", "held_out_error", "accurate_share", "observable")
"""Criteria of convergence; the others are limits."""


def calibration_line(system: str, curve: dict[str, Any] | None, n_frames: int | None = None) -> str:
    """Say what the deviation of a system's frames means.

    :param n_frames: different frames that the relation was fitted to.
    """
    if curve is None:
        return f"calibration of {system}: too few labelled frames"
    low, high = (float(value) for value in error_band(curve, curve["centre"]))
    known = f"{curve['n']} frames"
    if n_frames not in (None, curve["n"]):
        known = f"{curve['n']} pairs of deviation and error of {n_frames} frames"
    band = f"{BAND_SHARE:.0%}"
    return (
        f"calibration of {system}: at a deviation of {curve['centre']:.2g} eV/Å the true error of a frame is "
        f"{curve['level']:.2g} eV/Å, with {band} probability {low:.2g} to {high:.2g}; the {band} band of a fit without "
        f"them holds {curve['coverage']:.0%} of {known}"
    )


def in_plain(name: str) -> str:
    """Return a name of a criterion as words."""
    return name.replace("_", " ")
