"""How far an exploration has come, read from the files of a running job (no AiiDA)."""

from __future__ import annotations

import json
from pathlib import Path


def frames_so_far(folder: Path) -> tuple[int, int | None]:
    """Count the frames sampled so far.

    :param folder: working folder of the job.
    :returns: (frames sampled, frames asked for or None where the job has not been written yet). Runs that were
        stopped early never reach their share.
    """
    done = sum(max(_lines(path) - 2, 0) for path in folder.glob("run_*.thermo"))  # header and starting frame
    config = folder / "harvest.json"
    if not config.exists():
        return done, None
    asked = json.loads(config.read_text())
    return done, sum(run["steps"] for run in asked["runs"]) // int(asked["settings"]["sample_every"])


def _lines(path: Path) -> int:
    with path.open("rb") as handle:
        return sum(block.count(b"\n") for block in iter(lambda: handle.read(1 << 20), b""))
