"""Lines about a study that is running."""

from __future__ import annotations

import time
from typing import Any


def running_now(node: Any) -> list[str]:
    """Return what is running, a trajectory or a part each."""
    from aiida_zif.provenance.studies.progress import current_activity
    from aiida_zif.provenance.studies.view import load_study

    return [activity.line for activity in current_activity(load_study(node))]


def progress_line(node: Any) -> str:
    """Return one line: elapsed, what runs and how far it is, the share of all MD steps that is done, time left."""
    from aiida_zif.provenance.studies.progress import current_activity, expected_remaining_s, work_of
    from aiida_zif.provenance.studies.view import load_study
    from aiida_zif.provenance.words import clock

    view = load_study(node)
    words = "; ".join(activity.line for activity in current_activity(view)) or "between two steps"
    done, planned = work_of(view)
    share = f", {done / planned:.0%} of all MD steps" if planned else ""
    remaining = expected_remaining_s(view)
    left = "" if remaining is None else f", about {clock(remaining)} left"
    return f"[{clock(time.time() - node.ctime.timestamp())}] {words}{share}{left}"


def news(node: Any) -> str:
    """Return the part that ended last and how, empty as long as none has."""
    from aiida_zif.provenance.studies.view import load_study

    ended = [part for part in load_study(node).parts if not part.call.is_running]
    if not ended:
        return ""
    last = ended[-1]
    how = "ended" if last.call.node.is_finished_ok else f"ended with [{last.call.node.exit_status}]"
    return f"{last.section} of {last.name} {how}"
