"""Folders with labels in a DP-GEN run (no AiiDA)."""

from __future__ import annotations

from pathlib import Path

PATTERNS = ("iter.[0-9]*/02.fp/data.*", "02.fp/data.*")
"""Where DP-GEN's first-principles step puts the frames that it labelled, seen from a run or from one iteration."""


def labelled_folders(root: Path) -> list[Path] | None:
    """Return the folders with labels of a DP-GEN run, of one of its iterations or of its 02.fp; None if it is no run.

    All else of a run are links to these folders, to models and to initial data, or files of single jobs.
    """
    if root.resolve().name == "02.fp":
        patterns: tuple[str, ...] = ("data.*",)
    elif any(root.glob("iter.[0-9]*/02.fp")) or (root / "02.fp").is_dir():
        patterns = PATTERNS
    else:
        return None
    return sorted(path for pattern in patterns for path in root.glob(pattern) if path.is_dir())
