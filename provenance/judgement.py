"""What a campaign's verdict and calibration say: for the summary, `status`, `watch` and the report."""

from __future__ import annotations

from typing import Any

from aiida.common.links import LinkType

from aiida_zif.plugins.selection.calibration import BAND_SHARE, error_band
from aiida_zif.provenance.campaign_view import CampaignView, children
from aiida_zif.workflows.calibration_steps import evidence_rows


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
    """Return the newest relation between deviation and true error; None before the first."""
    found = [step.report for step in view.of("calibrate") if step.report]
    return found[-1] if found else None


def calibration_points(view: CampaignView) -> list[dict[str, Any]]:
    """Return the frames that the newest relation was fitted to; ``role`` is None for held-out ones."""
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
    systems = (summary["calibration"] or {"systems": {}})["systems"]
    return [calibration_line(name, curve) for name, curve in systems.items()]


ASKED_FOR = ("deviation", "held_out_error", "accurate_share", "observable")
"""Criteria of convergence; the others are limits."""


def calibration_line(system: str, curve: dict[str, Any] | None) -> str:
    """Say what the deviation of a system's frames means."""
    if curve is None:
        return f"calibration of {system}: too few labelled frames"
    low, high = (float(value) for value in error_band(curve, curve["centre"]))
    return (
        f"calibration of {system}: at a deviation of {curve['centre']:.2g} eV/Å the true error is {curve['level']:.2g} "
        f"({low:.2g} to {high:.2g}) eV/Å; the {BAND_SHARE:.0%} band holds {curve['coverage']:.0%} of "
        f"{curve['n']} frames"
    )


def in_plain(name: str) -> str:
    """Return a name of a criterion as words."""
    return name.replace("_", " ")
