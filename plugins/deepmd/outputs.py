"""Readers of the output of ``dp train`` and ``dp freeze`` (no AiiDA)."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

COMPLAINTS: dict[str, str] = {
    "sel_too_small": r"sel of type \S+ is not enough",
    "model_unreadable": r"Error parsing message|has no 'model_type' information|frozen model .* does not exist",
    "type_map_mismatch": r"are not present in the provided `type_map`|number of types of the training data is \d+, but",
    "parameters_refused": r"Argument(Key|Type|Value)?Error: ",
    "out_of_memory": r"OOM when allocating|std::bad_alloc|MemoryError",
}
"""What DeePMD-kit 3 writes, by the name of what went wrong; the first that matches is the cause."""

MAX_DETAIL = 300
"""Characters of a log line that a message repeats."""


@dataclass(frozen=True)
class TrainingLog:
    """What the log of a training says; None where it does not."""

    deepmd_version: str | None
    wall_s: float | None
    seconds_per_step: float | None
    finished: bool


def read_training_log(text: str) -> TrainingLog:
    """Read the log of ``dp train``, complete or not."""

    def first(pattern: str) -> str | None:
        match = re.search(pattern, text)
        return match[1] if match else None

    wall, step = first(r"INFO\s+wall time: ([\d.]+) s"), first(r"average training time: ([\d.]+) s/batch")
    return TrainingLog(
        deepmd_version=first(r"Source:\s+v?(\d\S*)"),
        wall_s=float(wall) if wall else None,
        seconds_per_step=float(step) if step else None,
        finished="finished training" in text,
    )


def last_checkpoint(text: str) -> int | None:
    """Return the step of the newest checkpoint that a log of ``dp train`` names; None if there is none."""
    before, found, _ = text.rpartition("saved checkpoint")
    steps = re.findall(r"Batch\s+(\d+):", before)
    return int(steps[-1]) if found and steps else None


def read_learning_curve(text: str) -> dict[str, np.ndarray]:
    """Read ``lcurve.out``: columns by name, ``step`` first.

    Lines that are not whole (a run that was cut short) are left out, and so are rows behind a checkpoint from which the
    run went on later: those steps were taken again.

    :raises ValueError: no header, so no training has begun.
    """
    header = re.search(r"^#\s+step\s+.*$", text, re.MULTILINE)
    if header is None:
        raise ValueError("lcurve.out has no header")
    names = header[0].lstrip("# ").split()
    rows: list[list[float]] = []
    for line in text[header.end() :].splitlines(keepends=True):
        if not line.endswith("\n") or line.startswith("#"):
            continue
        try:
            row = [float(word) for word in line.split()]
        except ValueError:
            continue
        if len(row) == len(names):
            while rows and rows[-1][0] >= row[0]:
                rows.pop()
            rows.append(row)
    table = np.array(rows).reshape(-1, len(names))
    columns = {name: table[:, index] for index, name in enumerate(names)}
    return columns | {"step": columns["step"].astype(int)}


def first_bad_step(curve: dict[str, np.ndarray], log: str = "") -> int | None:
    """Return the first step at which the loss was not finite; None if it always was.

    Only the total and the force columns count: DeePMD-kit writes ``nan`` for labels that the data do not have. It
    stops by itself at a total that is ``nan``, and then says so in the log only.
    """
    stopped = re.search(r"NaN detected at batch\s+(\d+)", log)
    if stopped:
        return int(stopped[1])
    columns = [values for name, values in curve.items() if re.fullmatch(r"rmse(_f)?(_trn)?", name)]
    bad = ~np.isfinite(np.array(columns)).all(axis=0) if columns else np.zeros(0, dtype=bool)
    return int(curve["step"][np.argmax(bad)]) if bad.any() else None


def final_errors(curve: dict[str, np.ndarray]) -> dict[str, float]:
    """Return the last row of the curve without what is not finite: errors of one training batch.

    Energies and virials are in eV/atom, forces in eV/Å.
    """
    return {
        name: float(values[-1])
        for name, values in curve.items()
        if name.startswith("rmse") and len(values) and np.isfinite(values[-1])
    }


def diagnose(text: str) -> tuple[str, str] | None:
    """Return (name, line) of the first known complaint in a log; None if there is none."""
    for name, pattern in COMPLAINTS.items():
        match = re.search(f"^.*(?:{pattern}).*$", text, re.MULTILINE)
        if match:
            return name, match[0].strip()[:MAX_DETAIL]
    return None


def last_error(text: str) -> str:
    """Return the last line that looks like a Python error, for messages; empty if there is none."""
    errors = re.findall(r"^\s*(?:[\w.]+Error|[\w.]+Exception)\b.*$", text, re.MULTILINE)
    return errors[-1].strip()[:MAX_DETAIL] if errors else ""
