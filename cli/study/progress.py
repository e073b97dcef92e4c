"""Lines about a study that is running."""

from __future__ import annotations

import time
from typing import Any


def running_now(node: Any) -> list[str]:
    """Return what is running, a trajectory or a part each."""
    from aiida_zif.provenance.studies.view import load_study

    view = load_study(node)
    running = [one for one in view.trajectories if one.is_running]
    names = [f"{one.part.section} of {one.part.name}: {one.name.replace('_', ' ')}" for one in running]
    return names or [f"{part.section} of {part.name}" for part in view.parts if part.call.is_running]


def progress_line(node: Any) -> str:
    """Return one line: elapsed, what is running, how many trajectories have ended."""
    from aiida_zif.provenance.studies.view import load_study
    from aiida_zif.provenance.words import clock

    ended = sum(not one.is_running for one in load_study(node).trajectories)
    words = "; ".join(running_now(node)) or "between two steps"
    return f"[{clock(time.time() - node.ctime.timestamp())}] {words}" + (f", {ended} ended" if ended else "")


def news(node: Any) -> str:
    """Return the part that ended last and how, empty as long as none has."""
    from aiida_zif.provenance.studies.view import load_study

    ended = [part for part in load_study(node).parts if not part.call.is_running]
    if not ended:
        return ""
    last = ended[-1]
    how = "ended" if last.call.node.is_finished_ok else f"ended with [{last.call.node.exit_status}]"
    return f"{last.section} of {last.name} {how}"
