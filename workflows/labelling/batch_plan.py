"""Which frames of a batch are labelled next, in which jobs, and when a frame is given up (no AiiDA).

The plan is plain content, so that it can be a node between two jobs:

``waiting``
    frames without a verdict in the order of work: ``index``, ``rung`` (None: the level's own settings), ``alone``.
``jobs``
    the next jobs: ``indices``, ``rung``.
``rejected``
    frames that were given up, each with ``index``, ``frame_id``, ``reason`` and ``detail``.
``own_costs``, ``known_costs``
    ``[s of the first frame, s of a further one]`` of jobs of this batch, and of earlier ones.
``in_vain``, ``blamed``, ``unread``
    jobs in a row that brought nothing; whether the last one may have been stopped by its frame; whether one came to its
    end with an output that is not read.
``tried``, ``recovered``
    frames by rung: that needed it, that became labels by it.
``n_labelled``, ``n_decided``, ``n_flagged``, ``n_jobs``, ``wall_s``, ``last_cause``
    what the jobs so far add up to.

Every job either decides on a frame (label, rejection, next rung) or counts as in vain, so the work ends.
"""

from __future__ import annotations

import copy
import itertools
import math
from collections.abc import Mapping, Sequence
from typing import Any

from aiida_zif.plugins.cp2k.batches.cost import FrameCost, frames_per_job
from aiida_zif.plugins.cp2k.levels.recovery import Rung, next_rung
from aiida_zif.plugins.cp2k.reading.labels import NOT_CONVERGED, NOT_REACHED
from aiida_zif.plugins.cp2k.reading.why_stopped import ABORTED, DISK_FULL, EXIT_REQUESTED, OUT_OF_TIME, UNREAD
from aiida_zif.plugins.jobs.interruptions import BLAMELESS

PILOT = 3
"""Frames of the first job where nothing is known of their cost."""

MOST_IN_VAIN = 3
"""Jobs in a row that evaluate nothing; then the cause is none of the frames."""

MOST_JOBS = 16
"""Jobs planned at a time."""

HARDER = 3
"""Times as long as a usual frame takes one that needs a rung."""

NEEDS_SMEARING = "needs_smearing"

NO_FRAMES_FAULT = BLAMELESS | {DISK_FULL, EXIT_REQUESTED}
"""What stops a job whatever its frames are."""

Plan = dict[str, Any]


def begin(order: Sequence[int], refused: Sequence[Mapping[str, Any]], costs: Sequence[FrameCost]) -> Plan:
    """Return the plan of a batch of which nothing is labelled yet.

    :param order: indices of the frames to label, in the order of work.
    :param refused: entries of the frames that no job shall see.
    :param costs: of earlier jobs, of the layout to be used.
    """
    return {
        "waiting": [{"index": index, "rung": None, "alone": False} for index in order],
        "jobs": [],
        "rejected": [dict(entry) for entry in refused],
        "known_costs": [[cost.first_frame_s, cost.seconds_per_frame] for cost in costs],
        "own_costs": [],
        "in_vain": 0,
        "blamed": False,
        "unread": False,
        "tried": {},
        "recovered": {},
        **dict.fromkeys(("n_labelled", "n_decided", "n_flagged", "n_jobs"), 0),
        "wall_s": 0.0,
        "last_cause": None,
    }


def with_jobs(plan: Plan, batch_time: float) -> Plan:
    """Return the plan with its next jobs; none if nothing is left to try.

    Frames by the level's own settings come first, cut into jobs of equal size that take about ``batch_time``; a
    small pilot finds out what a frame costs if nobody knows; after a job in vain the pieces are smaller, so that one
    of them starts elsewhere. Frames that stopped a job, each alone, and frames that
    need a rung come when the others are done.

    :param batch_time: s.
    """
    result = copy.deepcopy(plan)
    result["jobs"] = []
    if plan["in_vain"] >= MOST_IN_VAIN or plan.get("unread"):
        often = "a job" if plan.get("unread") else f"{plan['in_vain']} jobs in a row"
        detail = f"{often} brought nothing: {plan['last_cause']}"
        result["rejected"] += [_entry(frame["index"], NOT_REACHED, detail) for frame in plan["waiting"]]
        result["waiting"] = []
        return result
    usual = [frame["index"] for frame in plan["waiting"] if frame["rung"] is None and not frame["alone"]]
    size = frames_per_job(_costs(plan), batch_time)
    if usual:
        pilot = size is None and len(usual) > 2 * PILOT and not plan["in_vain"]
        chunks = [usual[:PILOT]] if pilot else _chunks(usual, size, at_least=1 + plan["in_vain"] * plan["blamed"])
        result["jobs"] = [{"indices": sorted(chunk), "rung": None} for chunk in chunks]
    else:
        result["jobs"] = [{"indices": [one["index"]], "rung": one["rung"]} for one in plan["waiting"] if one["alone"]]
        for rung in dict.fromkeys(one["rung"] for one in plan["waiting"] if not one["alone"]):
            indices = [one["index"] for one in plan["waiting"] if one["rung"] == rung and not one["alone"]]
            chunks = _chunks(indices, max(1, size // HARDER) if size else None)
            result["jobs"] += [{"indices": sorted(chunk), "rung": rung} for chunk in chunks]
    result["jobs"] = result["jobs"][:MOST_JOBS]
    return result


def settle(plan: Plan, accounts: Sequence[Mapping[str, Any] | None], ladder: Sequence[Rung], smearing: bool) -> Plan:
    """Return the plan after its jobs: every frame of theirs has a verdict, or waits again.

    :param accounts: ``output_parameters`` of the jobs in their order, None of a job that brought none.
    :param ladder: rungs of the level.
    :param smearing: whether rungs that change the physics may be tried.
    """
    result = copy.deepcopy(plan)
    waiting = {frame["index"]: frame for frame in result["waiting"]}
    for job, account in zip(plan["jobs"], accounts, strict=True):
        _count(result, job, account, ladder)
        before = len(waiting)
        for index in job["indices"] if account else ():
            frame, entry = waiting.pop(index), _entry_of(index, job, account)
            if entry is None:
                continue
            again, why = _next(frame, entry, account, job, ladder, smearing)
            if again is None:
                result["rejected"].append({**entry, **why, "index": index})
                continue
            waiting[index] = again
            if again["rung"] != frame["rung"]:
                result["tried"][again["rung"]] = result["tried"].get(again["rung"], 0) + 1
        # A frame that fails by itself is settled, but where nothing ever went well it is not the frame.
        settled = len(job["indices"]) == 1 and len(waiting) < before and result["n_decided"]
        result["in_vain"] = 0 if _decided(job, account) else result["in_vain"] + (not settled)
    result["waiting"] = list(waiting.values())
    return result


def _count(plan: Plan, job: Mapping[str, Any], account: Mapping[str, Any] | None, ladder: Sequence[Rung]) -> None:
    """Add up what a job brought, and how it ended."""
    stopped = account.get("stopped") if account else None
    plan["n_jobs"] += 1
    plan["blamed"] = stopped is not None and stopped["cause"] not in NO_FRAMES_FAULT
    plan["last_cause"] = f"{stopped['cause']}, {stopped['detail']}" if stopped else None
    if account and stopped and stopped["cause"] == UNREAD and not account["n_labelled"]:
        plan["unread"] = True  # the next job would compute in vain too
    if account is None:
        plan["last_cause"] = "no output came back"
        return
    decided = _decided(job, account)
    plan["n_decided"] += decided
    plan["n_labelled"] += account["n_labelled"]
    plan["wall_s"] += account.get("wall_s") or 0.0
    if job["rung"] is not None and account["n_labelled"]:
        plan["recovered"][job["rung"]] = plan["recovered"].get(job["rung"], 0) + account["n_labelled"]
        flagged = any(rung.name == job["rung"] and rung.changes_physics for rung in ladder)
        plan["n_flagged"] += account["n_labelled"] if flagged else 0
    elif job["rung"] is None and decided > 1 and account.get("seconds_per_frame"):
        following = account["seconds_per_frame"]
        plan["own_costs"].append([account.get("first_frame_s") or following, following])


def _entry_of(index: int, job: Mapping[str, Any], account: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """What a job says of a frame that it rejected, None of a label."""
    entries = account["rejected"] if account else ()
    return next((entry for entry in entries if job["indices"][entry["index"]] == index), None)


def _decided(job: Mapping[str, Any], account: Mapping[str, Any] | None) -> int:
    """How many frames of a job have a verdict, good or bad."""
    if account is None:
        return 0
    return len(job["indices"]) - sum(entry["reason"] == NOT_REACHED for entry in account["rejected"])


def _next(
    frame: Mapping[str, Any],
    entry: Mapping[str, Any],
    account: Mapping[str, Any] | None,
    job: Mapping[str, Any],
    ladder: Sequence[Rung],
    smearing: bool,
) -> tuple[dict[str, Any] | None, dict[str, Any]]:
    """What is tried next with a rejected frame, or else (None) reason and detail of its end."""
    if entry["reason"] == NOT_CONVERGED:
        return _climb(frame, entry, ladder, smearing)
    if entry["reason"] != NOT_REACHED:
        return None, {}
    stopped = (account or {}).get("stopped") or {"cause": NOT_REACHED, "detail": entry["detail"], "index": None}
    if stopped["cause"] in NO_FRAMES_FAULT:
        return dict(frame), {}
    if stopped["index"] is None or job["indices"][stopped["index"]] != frame["index"]:
        return dict(frame), {}
    ending = {"reason": stopped["cause"], "detail": stopped["detail"]}
    if stopped["cause"] == OUT_OF_TIME:
        return (dict(frame), {}) if _decided(job, account) else (None, ending)
    # What CP2K itself says of a frame by itself is final; a process that was killed may have been killed by chance.
    alone = frame["alone"] or (len(job["indices"]) == 1 and stopped["cause"] == ABORTED)
    return (None, ending) if alone else ({**frame, "alone": True}, {})


def _climb(
    frame: Mapping[str, Any], entry: Mapping[str, Any], ladder: Sequence[Rung], smearing: bool
) -> tuple[dict[str, Any] | None, dict[str, Any]]:
    """The next rung for a frame by the look of its loop, or why there is none."""
    verdict = (entry.get("scf") or {}).get("verdict", "stalled")
    rung = next_rung(ladder, frame["rung"], verdict)
    if rung is None:
        last = frame["rung"] or "the level's own settings"
        return None, {"detail": f"{entry['detail']}; {last} was the last that could be tried"}
    if rung.changes_physics and not smearing:
        detail = f"{entry['detail']}; only {rung.name} is left, which changes the physics (labelling.gates.smearing)"
        return None, {"reason": NEEDS_SMEARING, "detail": detail}
    return {**frame, "rung": rung.name, "alone": False}, {}


def _costs(plan: Plan) -> list[FrameCost]:
    return [
        FrameCost(1, 1, first, following, 0, "batch") for first, following in plan["own_costs"] or plan["known_costs"]
    ]


def _chunks(indices: Sequence[int], size: int | None, at_least: int = 1) -> list[list[int]]:
    """Consecutive pieces of at most ``size`` (None: all in one), as equal as can be."""
    pieces = min(max(math.ceil(len(indices) / (size or len(indices))), at_least), len(indices))
    bounds = [round(piece * len(indices) / pieces) for piece in range(pieces + 1)]
    return [list(indices[low:high]) for low, high in itertools.pairwise(bounds)]


def _entry(index: int, reason: str, detail: str) -> dict[str, Any]:
    return {"index": index, "reason": reason, "detail": detail}
