"""Progress of a training, from small files (no AiiDA)."""

from __future__ import annotations

import json
from pathlib import Path

from aiida_zif.plugins.deepmd.job import MEMBERS
from aiida_zif.plugins.deepmd.outputs import read_learning_curve


def steps_so_far(folder: Path) -> tuple[int, int | None]:
    """Return (steps done, steps requested); the latter is None where the input cannot be read.

    :param folder: the folder of a training, running or finished; of several members their mean, as they may take turns.
    """
    members = [steps_so_far(member) for member in sorted((folder / MEMBERS).glob("*"))]
    if members:
        return sum(done for done, _ in members) // len(members), members[0][1]
    try:
        total = int(json.loads((folder / "input.json").read_text())["training"]["numb_steps"])
    except (OSError, KeyError, TypeError, ValueError):
        total = None
    try:
        steps = read_learning_curve((folder / "lcurve.out").read_text())["step"]
    except (OSError, ValueError):
        return 0, total
    return (int(steps[-1]) if len(steps) else 0), total
