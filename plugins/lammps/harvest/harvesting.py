"""All trajectories of a job: one pass that looks at every frame, one that fetches the chosen ones."""

from __future__ import annotations

import time
from array import array
from pathlib import Path
from typing import Any

import numpy as np

from .choosing import candidates, fault
from .reading import Table, how_it_ended, read_frames

ACCURATE, CANDIDATE, FAILED = 0, 1, 2
VERDICTS = {"accurate": ACCURATE, "candidate": CANDIDATE, "failed": FAILED}
COLUMNS = ("run", "step", "offset", "temperature", "pressure", "energy", "volume", "deviation", "verdict", "sane")
GPA_PER_BAR = 1e-4
EDGES = np.concatenate([[0.0], np.geomspace(1e-3, 1e2, 51)])
"""eV/Å; fixed, so that histograms of different cycles can be compared; what is above counts in the last bin."""

Frames = dict[str, np.ndarray]


def harvest(folder: Path, config: dict[str, Any]) -> tuple[dict[str, Any], Frames]:
    """Read all trajectories of a job.

    :param folder: where the runs left their files.
    :param config: what the calculation wrote into ``harvest.json``.
    :returns: (summary for JSON, arrays for NPZ with names ``candidates_*`` and ``control_*``).
    """
    table, reasons = scan(folder, config)
    settings = config["settings"]
    inside = np.flatnonzero(table["verdict"] == CANDIDATE)
    run, step, deviation = (table[name][inside] for name in ("run", "step", "deviation"))
    separation = settings["min_separation"] / settings["timestep"]
    chosen = inside[candidates(run, step, deviation, len(config["runs"]), settings["max_candidates"], separation)]
    eligible = np.flatnonzero(table["verdict"] != FAILED)
    rng = np.random.default_rng(settings["seed"])
    control = np.sort(rng.choice(eligible, min(settings["n_control"], len(eligible)), replace=False))
    arrays = collect(folder, config, table, chosen, "candidates")
    arrays.update(collect(folder, config, table, control, "control"))
    return summarise(folder, config, table, reasons), arrays


def scan(folder: Path, config: dict[str, Any]) -> tuple[Frames, list[dict[str, int]]]:
    """First pass: a row of numbers for every sampled frame.

    :returns: (arrays of shape (N,) named as in ``COLUMNS``; for each run the reasons of its failures, counted).
    """
    rows, reasons = array("d"), []
    for index, run in enumerate(config["runs"]):
        counted: dict[str, int] = {}
        for row, reason in _scan_run(folder, run, config):
            rows.extend((index, *row))
            if reason:
                counted[reason] = counted.get(reason, 0) + 1
        reasons.append(counted)
    table = np.array(rows, dtype=float).reshape(-1, len(COLUMNS))
    return {name: table[:, column] for column, name in enumerate(COLUMNS)}, reasons


def _scan_run(folder: Path, run: dict[str, Any], config: dict[str, Any]) -> Any:
    """Yield (numbers, reason of failure or None) for every sampled frame of one run."""
    settings, single = config["settings"], config["n_models"] == 1
    bounds = settings["min_distance_scale"] * np.asarray(config["radii"])
    limits = {
        "volume": [factor * run["start_volume"] for factor in settings["halt"]["volume"]],
        "temperature": settings["halt"]["temperature"],
    }
    dump = folder / f"{run['stem']}.dump"
    if not dump.exists():
        return
    thermo = Table(folder / f"{run['stem']}.thermo", (1, 2, 3, 4))
    deviations = Table(folder / f"{run['stem']}.devi", (4,))
    with dump.open("rb") as handle:
        for step, offset, positions, cell, _ in read_frames(handle, len(bounds)):
            if step == 0:
                continue  # the starting frame was not explored
            values, deviation = thermo[step], 0.0 if single else float(deviations[step][0])
            reason = fault(positions, cell, values[0], bounds, limits)
            if reason is None and not np.isfinite(deviation):
                reason = "no_deviation"
            sane = reason is None
            if sane and not single and deviation >= settings["upper"]:
                reason = "above_upper"
            below = single or deviation < settings["lower"]
            verdict = FAILED if reason else ACCURATE if below else CANDIDATE
            yield (step, offset, *values, deviation, verdict, sane), reason


def collect(folder: Path, config: dict[str, Any], table: Frames, chosen: np.ndarray, prefix: str) -> Frames:
    """Second pass: read the chosen frames and name their arrays."""
    n_atoms = len(config["radii"])
    positions, cells = np.empty((len(chosen), n_atoms, 3)), np.empty((len(chosen), 3, 3))
    forces = np.empty((len(chosen), n_atoms, 3))
    for place, row in enumerate(chosen):
        stem = config["runs"][int(table["run"][row])]["stem"]
        with (folder / f"{stem}.dump").open("rb") as handle:
            handle.seek(int(table["offset"][row]))
            _, _, positions[place], cells[place], forces[place] = next(read_frames(handle, n_atoms))
    arrays = {
        "positions": positions,
        "cells": cells,
        "forces_predicted": forces,
        "max_force_deviation": table["deviation"][chosen],
        "step": table["step"][chosen].astype(int),
        "temperature": table["temperature"][chosen],
        "pressure": table["pressure"][chosen] * GPA_PER_BAR,
        "run": table["run"][chosen].astype(int),
    }
    return {f"{prefix}_{name}": values for name, values in arrays.items()}


def summarise(folder: Path, config: dict[str, Any], table: Frames, reasons: list[dict[str, int]]) -> dict[str, Any]:
    """Counts, quantiles and histogram of the deviation (sane frames only) and one entry for every run."""
    runs = []
    for index, run in enumerate(config["runs"]):
        mine = table["run"] == index
        runs.append(_report_run(folder, run, {k: v[mine] for k, v in table.items()}, reasons[index]))
    deviations = table["deviation"][table["sane"] == 1.0]
    quantiles = np.quantile(deviations, (0.5, 0.9, 0.99, 1.0)).tolist() if len(deviations) else [None] * 4
    started = folder / "started"
    wall = max(time.time() - float(started.read_text()), 1.0) if started.exists() else None
    return {
        "runs": runs,
        **{f"n_{name}": sum(run[f"n_{name}"] for run in runs) for name in ("explored", *VERDICTS)},
        "deviation": dict(zip(("q50", "q90", "q99", "max"), quantiles)),  # noqa: B905 - see choosing
        "histogram": {
            "edges": EDGES.tolist(),
            "counts": np.histogram(np.minimum(deviations, EDGES[-1]), EDGES)[0].tolist(),
        },
        "wall_s": wall,
        "steps_per_s": sum(run["n_steps"] for run in runs) / wall if wall else None,
    }


def _report_run(folder: Path, run: dict[str, Any], rows: Frames, reasons: dict[str, int]) -> dict[str, Any]:
    ended, step, detail = how_it_ended(folder, run)
    sane = rows["sane"] == 1.0
    units = {"temperature": 1.0, "pressure": GPA_PER_BAR, "energy": 1.0, "volume": 1.0}
    means = {name: unit * rows[name][sane].mean() if sane.any() else np.nan for name, unit in units.items()}
    last = int(rows["step"][-1]) if len(rows["step"]) else 0
    return {
        **{name: run[name] for name in ("label", "temperature", "pressure")},
        "n_explored": len(sane),
        **{f"n_{name}": int((rows["verdict"] == verdict).sum()) for name, verdict in VERDICTS.items()},
        "failed_reasons": reasons,
        "n_steps": last if step is None else step,
        "n_steps_requested": run["steps"],
        "ended": ended,
        "detail": detail,
        "averages": {name: float(mean) if np.isfinite(mean) else None for name, mean in means.items()},
    }
