"""What a trajectory ran on, as far as DeePMD-kit and TensorFlow say.

DeePMD-kit says what it was built for; one that was built for a GPU runs on the processor where it finds none, and then
complains in the error stream. Nothing says that a GPU was used, so that ``gpu`` is what remains.
"""

from __future__ import annotations

import re
from pathlib import Path

VARIANT = re.compile(r"build variant:\s+(\w+)")
ON_GPU = ("cuda", "rocm")
NONE_FOUND = re.compile(r"cannot find lib(cuda|hip|amdhip)|failed call to cuInit|no \w+-capable device", re.IGNORECASE)
HEAD = 20_000
"""Bytes at the beginning of a log or an error stream in which this stands."""


def device_of(folder: Path) -> str:
    """Return ``cpu``, ``gpu``, or ``unknown`` where no log says what DeePMD-kit was built for."""
    complaints = folder / "stint.err"
    found = (VARIANT.search(head_of(path)) for path in sorted(folder.glob("part_*.log"), reverse=True))
    built = next((one[1] for one in found if one), None)
    if built is None or (built in ON_GPU and not complaints.exists()):
        return "unknown"
    return "gpu" if built in ON_GPU and not NONE_FOUND.search(head_of(complaints)) else "cpu"


def head_of(path: Path) -> str:
    """The beginning of a file; nothing if it is not there."""
    if not path.exists():
        return ""
    with path.open("rb") as handle:
        return handle.read(HEAD).decode(errors="replace")
