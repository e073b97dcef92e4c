"""How far a production run has come, read from the files of a running job (no AiiDA)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from aiida_zif.plugins.lammps.harvest.observables import AMU_PER_A3_IN_G_PER_CM3
from aiida_zif.plugins.lammps.harvest.reading import tail

CONFIG = "md.json"
THERMO, DEVIATION = "part_*.thermo", "part_*.devi"
"""Tables of the parts: step, temperature, pressure, potential energy, volume; step … largest force deviation."""
STEP, TEMPERATURE, VOLUME, MAX_FORCE = 0, 1, 4, 4
NEWEST = 20
"""Looks over which the present temperature and density are means."""


@dataclass(frozen=True)
class Progress:
    """Where a trajectory is; None where nothing is known yet.

    :param n_steps: MD steps that were done, over all jobs.
    :param time_ps: these steps in ps.
    :param stage: name of the stage that runs.
    :param temperature: K, mean over the newest looks.
    :param density: g/cm³, likewise.
    :param deviation: eV/Å, of the newest evaluation of the committee.
    :param share_untrusted: share above the trust level, of the evaluations whose tables are in the folder.
    """

    n_steps: int
    n_steps_requested: int | None
    time_ps: float
    stage: str = ""
    temperature: float | None = None
    density: float | None = None
    deviation: float | None = None
    share_untrusted: float | None = None


def progress_of(folder: Path) -> Progress | None:
    """Return where the trajectory of a running job is; None before the job was written.

    :param folder: working folder of the job.
    :raises ValueError: if a file is being written this very moment.
    """
    path = folder / CONFIG
    if not path.exists():
        return None
    config: dict[str, Any] = json.loads(path.read_text())
    looks = newest_rows(folder, THERMO)
    step = int(looks[-1, STEP]) if len(looks) else first_step(folder, config)
    deviations = all_rows(folder, DEVIATION)
    trust = config["settings"].get("trust")
    return Progress(
        n_steps=step,
        n_steps_requested=int(config["stages"][-1]["last"]),
        time_ps=step * float(config["settings"]["timestep"]) / 1000.0,
        stage=next((stage["name"] for stage in config["stages"] if step <= stage["last"]), ""),
        temperature=float(looks[:, TEMPERATURE].mean()) if len(looks) else None,
        density=density_of(looks, config),
        deviation=float(deviations[-1, MAX_FORCE]) if len(deviations) else None,
        share_untrusted=float((deviations[:, MAX_FORCE] > trust).mean()) if len(deviations) and trust else None,
    )


def first_step(folder: Path, config: dict[str, Any]) -> int:
    """Return the step up to which earlier jobs came: the end of the last part that is done."""
    n_done = len(list((folder / "done").glob("[0-9]*[0-9].npz")))
    return int(config["parts"][n_done - 1]["last"]) if 0 < n_done <= len(config["parts"]) else 0


def density_of(looks: np.ndarray, config: dict[str, Any]) -> float | None:
    """Return the mean density over some looks in g/cm³."""
    if not len(looks):
        return None
    return float(config["atoms"]["mass"] * AMU_PER_A3_IN_G_PER_CM3 / looks[:, VOLUME].mean())


def newest_rows(folder: Path, pattern: str) -> np.ndarray:
    """Return the last complete lines of the newest of some tables that has any."""
    for path in sorted(folder.glob(pattern), reverse=True):
        rows = rows_of(tail(path, 8192))
        if len(rows):
            return rows[-NEWEST:]
    return np.zeros((0, 1))


def all_rows(folder: Path, pattern: str) -> np.ndarray:
    """Return the complete lines of some tables one after the other."""
    tables = [rows_of(path.read_text(errors="replace")) for path in sorted(folder.glob(pattern))]
    tables = [rows for rows in tables if len(rows)]
    return np.concatenate(tables) if tables else np.zeros((0, MAX_FORCE + 1))


def rows_of(text: str) -> np.ndarray:
    """Return the complete lines of numbers in a text; its last line, and with a tail its first, may be cut."""
    words = [line.split() for line in text.split("\n")[:-1] if not line.startswith("#")]
    width = max(map(len, words), default=0)
    return np.array([list(map(float, row)) for row in words if row and len(row) == width]).reshape(-1, max(width, 1))
