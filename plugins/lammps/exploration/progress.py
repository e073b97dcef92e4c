"""How far an exploration has come, read from the files of a running job (no AiiDA)."""

from __future__ import annotations

import json
from pathlib import Path

from aiida_zif.plugins.lammps.harvest.reading import tail


def frames_so_far(folder: Path) -> tuple[int, int | None]:
    """Count the frames sampled so far.

    :param folder: working folder of the job.
    :returns: (frames sampled, frames asked for or None where the job has not been written yet), without those of the
        equilibration. Runs that were stopped early never reach their share.
    """
    config = folder / "harvest.json"
    if not config.exists():
        return 0, None
    asked = json.loads(config.read_text())
    every, done, total = int(asked["settings"]["sample_every"]), 0, 0
    for run in asked["runs"]:
        before = int(run.get("equilibration", 0)) // every
        done += max(_last_step(folder / f"{run['stem']}.thermo") // every - before, 0)
        total += run["steps"] // every - before
    return done, total


def _last_step(path: Path) -> int:
    """Step of the last complete line of a table; 0 if there is none."""
    words = [line.split()[0] for line in tail(path, 1024).split("\n")[:-1] if line.strip()]
    return int(words[-1]) if words and words[-1].isdigit() else 0
