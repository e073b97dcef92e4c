"""Lines about a campaign that is running."""

from __future__ import annotations

import time
from typing import Any


def progress_line(node: Any) -> str:
    """Return one line: which cycle and stage, how many of how many, elapsed, expected."""
    from aiida_zif.provenance.campaigns.progress import current_activity, expected_remaining_s
    from aiida_zif.provenance.campaigns.view import load_view
    from aiida_zif.provenance.words import clock

    view = load_view(node)
    elapsed = time.time() - node.ctime.timestamp()
    doing: dict[str, dict[str, None]] = {}
    for activity in current_activity(view):
        cycle, what = activity.line.split(": ", 1)
        doing.setdefault(f"{cycle}/{view.settings.limits.cycles}", {})[what] = None
    words = "; ".join(f"{cycle}: {'; '.join(whats)}" for cycle, whats in doing.items()) or "between two steps"
    remaining = expected_remaining_s(view)
    return f"[{clock(elapsed)}] {words}" + (f", about {clock(remaining)} left" if remaining is not None else "")


def news(node: Any) -> str:
    """Return what converging waits for by the newest verdict, empty if for nothing."""
    from aiida_zif.provenance.campaigns.judgement import latest_verdict
    from aiida_zif.provenance.campaigns.view import load_view

    verdict = latest_verdict(load_view(node))
    if verdict is None or not verdict.blocking:
        return ""
    return f"cycle {verdict.cycle} judged; not converged: {verdict.blocking}"
