"""Which parts one process of LAMMPS runs, and whether the wall time allows them."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from .done import Done
from .looks import part_name

STINT = 600.0
"""s that a process should run: its start, which takes some seconds, is then less than 1 %."""
A_GUESS = 5e-5
"""s for a step of an atom, until a part has been timed: a small model on one core."""
SLOWER = 1.25
"""A part may take so many times as long as the ones before it."""
START_UP = 15.0
"""s; start of LAMMPS and its models, and the look at what it did."""


@dataclass
class Stint:
    """What LAMMPS was told to do.

    :param pressure: whether it checks the pressure first.
    :param began: s since 1970.
    :param job: number of the job among those of the trajectory.
    :param wall: s that it took, once it is over.
    """

    parts: list[int]
    pressure: bool
    began: float
    job: int
    seconds: float | None
    wall: float = 0.0

    @classmethod
    def read(cls, folder: Path) -> Stint | None:
        """Return what LAMMPS was told last in this job, if anything."""
        path = folder / "stint.json"
        return cls(**json.loads(path.read_text())) if path.exists() else None

    def write(self, folder: Path, config: dict[str, Any]) -> None:
        """Write the input of LAMMPS, and what it is about."""
        late = "0" if self.seconds is None else f"v_now-v_began>{max(1, int(self.seconds))}"
        head = ["echo none", "variable began timer", "variable now timer", f"variable late equal {late}", "", ""]
        check = [config["pressure"]] if self.pressure else []
        commands = [config["parts"][index]["commands"] for index in self.parts]
        for index in self.parts:
            (folder / f"{part_name(index)}.end").unlink(missing_ok=True)
        (folder / "stint.in").write_text("\n".join(head) + "\n".join([*check, *commands]))
        (folder / "stint.json").write_text(json.dumps(asdict(self)))

    def share_of(self, folder: Path, finished: list[int], index: int) -> dict[str, float]:
        """Return the seconds of one of its finished parts: its own by LAMMPS's clock, and its share of the whole."""
        engine, moving = seconds_of(folder, index)
        total = sum(seconds_of(folder, part)[0] for part in finished)
        return {"engine": engine, "moving": moving, "wall": self.wall * engine / total}


def seconds_of(folder: Path, index: int) -> tuple[float, float]:
    """Return what LAMMPS says that a finished part took, s: with its models to be read, and the motion alone."""
    words = (folder / f"{part_name(index)}.end").read_text().split()
    return max(float(words[2]), 1e-3), max(float(words[3]), 1e-3)


def next_stint(folder: Path, config: dict[str, Any], done: Done, now: float) -> Stint | None:
    """Return what LAMMPS does next; None if the wall time does not allow it.

    The first part of a job is always tried, since nothing is known of its speed; LAMMPS gives it up by itself.
    """
    first, parts = done.n_parts, config["parts"]
    left = None if config["seconds"] is None else config["seconds"] - (now - started(folder, now))
    here = done.seconds_per_step_now()
    a_step = here or done.seconds_per_step() or A_GUESS * config["n_atoms"]
    chosen, expected = [first], a_step * (parts[first]["last"] - parts[first]["first"])
    if left is not None and here and SLOWER * expected + START_UP > left:
        return None
    for index in range(first + 1, len(parts)):
        expected += a_step * (parts[index]["last"] - parts[index]["first"])
        if expected > STINT or (left is not None and SLOWER * expected + START_UP > left):
            break
        chosen.append(index)
    pressure = config["pressure"] is not None and not (folder / "done" / "pressure.json").exists()
    return Stint(chosen, pressure, now, done.job, left)


def started(folder: Path, now: float) -> float:
    """Return when the job began, s since 1970."""
    path = folder / "started"
    return float(path.read_text()) if path.exists() else now
