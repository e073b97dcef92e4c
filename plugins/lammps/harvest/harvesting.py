"""All trajectories of a job: every frame is looked at once, the chosen ones are fetched from where they start."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from .chemistry import Substance
from .keeping import COLUMNS, VERDICTS, ByChance, MostUncertain, control_of, keeper_of
from .observables import EDGES as RADIAL_EDGES
from .observables import GPA_PER_BAR, Observables
from .reading import Following, how_it_ended, read_frames
from .streaming import Spread
from .targets import TargetMeans

SCHEMA = 1
"""Number of the definition of the summary, :class:`aiida_zif.plugins.lammps.exploration.report.ExplorationReport`."""

EDGES = np.concatenate([[0.0], np.geomspace(1e-3, 1e2, 51)])
"""eV/Å; fixed, so that histograms of different cycles can be compared; what is above counts in the last bin."""

Frames = dict[str, np.ndarray]
Sample = tuple[int, int, "np.ndarray | None", np.ndarray, tuple[float, ...], tuple[float, ...]]


def harvest(folder: Path, config: dict[str, Any]) -> tuple[dict[str, Any], Frames]:
    """Read all trajectories of a job.

    :param folder: where the runs left their files.
    :param config: what the calculation wrote into ``harvest.json``.
    :returns: (summary for JSON, arrays for NPZ with names ``candidates_*`` and ``control_*``).
    """
    settings, deviations = config["settings"], Spread(EDGES)
    kept, control = keeper_of(settings, len(config["runs"])), control_of(settings)
    reports = [
        scan(folder, index, run, config, (kept, control), deviations) for index, run in enumerate(config["runs"])
    ]
    arrays = collect(folder, config, kept.rows(), "candidates")
    arrays.update(collect(folder, config, control.rows(), "control"))
    summary = summarise(folder, config, reports, deviations)
    return {**summary, "preflight": [preflight(folder, run, config) for run in config["preflights"]]}, arrays


def preflight(folder: Path, run: dict[str, Any], config: dict[str, Any]) -> dict[str, Any]:
    """Look at the short run that a lane began with; its frames are counted by themselves and never go back."""
    found = scan(folder, 0, run, config, (), Spread(EDGES))
    own = ("equilibration", "reached", "missed", "averages", "observables")
    return {name: value for name, value in found.items() if name not in own}


def scan(
    folder: Path,
    index: int,
    run: dict[str, Any],
    config: dict[str, Any],
    keepers: Sequence[MostUncertain | ByChance],
    deviations: Spread,
) -> dict[str, Any]:
    """Look at every sampled frame of one run.

    :param keepers: are offered all frames below the upper level.
    :param deviations: takes the deviations of all sane frames.
    :returns: the run's entry in the summary.
    """
    counts: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    before = Before(int(run["equilibration"]))
    reached = reached_of(run, config)
    substance, observed, last = substance_of(config), Observables(config["atoms"], config["radii"]), 0
    for step, offset, positions, cell, thermo, (deviation, mean_deviation) in samples(folder, run, config):
        last = step
        verdict, reason = classify(positions, cell, thermo, (deviation, mean_deviation), run, config, substance)
        if step <= before.steps:
            before.add(reason)
            continue
        counts[verdict] += 1
        if reason:
            reasons[reason] += 1
        if positions is not None:
            reached.add(step, thermo)
        if positions is not None and reason in (None, "above_upper"):
            deviations.add(deviation)
            observed.add(positions, cell, thermo)
        if reason is None:
            row = (step, deviation, index, offset, thermo[0], thermo[1], mean_deviation)
            for keeper in keepers:
                keeper.add(verdict, row)
    ended, at, detail = how_it_ended(folder, run)
    at = last if at is None else at
    return {
        **{name: run[name] for name in ("label", "temperature", "pressure", "driver")},
        "n_explored": sum(counts.values()),
        **{f"n_{name}": counts[name] for name in VERDICTS},
        "failed_reasons": dict(reasons),
        "n_steps": at,
        "n_steps_requested": run["steps"],
        "ended": ended,
        "detail": detail or before.broken(ended, at),
        "equilibration": before.report(),
        **reached.report(),
        "averages": observed.averages(),
        "observables": observed.report(),
    }


class Before:
    """What became of the frames of the equilibration, which are looked at and are no part of what was explored."""

    def __init__(self, steps: int) -> None:
        self.steps, self.n_frames = steps, 0
        self.last: str | None = None
        self.reasons: Counter[str] = Counter()

    def add(self, reason: str | None) -> None:
        """Look at one frame; ``reason`` says why it is failed, if it is."""
        self.n_frames, self.last = self.n_frames + 1, reason
        if reason:
            self.reasons[reason] += 1

    def broken(self, ended: str, step: int) -> str | None:
        """Say so if the run ended in its equilibration, or left it with a frame that is failed."""
        if self.steps and ended not in ("completed", "not_run", "grounded") and step <= self.steps:
            return f"in its equilibration of {self.steps} steps"
        if self.last and self.last != "above_upper":
            return f"left its equilibration with {self.last.replace('_', ' ')}"
        return None

    def report(self) -> dict[str, Any]:
        """For the summary."""
        return {"n_steps": self.steps, "n_frames": self.n_frames, "failed_reasons": dict(self.reasons)}


def reached_of(run: dict[str, Any], config: dict[str, Any]) -> TargetMeans:
    """What follows temperature and pressure of a run."""
    settings = config["settings"]
    return TargetMeans(run["targets"], len(config["radii"]), settings["thermostat_time"] / settings["timestep"])


def samples(folder: Path, run: dict[str, Any], config: dict[str, Any]) -> Iterator[Sample]:
    """Yield step, offset, positions, cell, thermodynamics and deviations of every frame that was explored.

    The deviations are that of the worst atom and the mean over the atoms, eV/Å; with a single model both are 0.
    """
    dump = folder / f"{run['stem']}.dump"
    if not dump.exists():
        return
    thermo = Following(folder / f"{run['stem']}.thermo", (1, 2, 3, 4))
    deviations = Following(folder / f"{run['stem']}.devi", (4, 6))
    last = 0  # the starting frame was not explored
    with dump.open("rb") as handle:
        for step, offset, positions, cell, _ in read_frames(handle, len(config["radii"]), run.get("own_vectors")):
            if step > last:
                both = (0.0, 0.0) if config["n_models"] == 1 else deviations.at(step)
                yield step, offset, positions, cell, thermo.at(step), both
                last = step


def substance_of(config: dict[str, Any]) -> Substance:
    """What the atoms of the job's system must keep."""
    settings = {**config["settings"]["chemistry"], "contact": config["settings"]["min_distance_scale"]}
    return Substance(config["topology"], settings, config["radii"])


def classify(
    positions: np.ndarray | None,
    cell: np.ndarray,
    thermo: tuple[float, ...],
    deviations: tuple[float, ...],
    run: dict[str, Any],
    config: dict[str, Any],
    substance: Substance,
) -> tuple[str, str | None]:
    """Return the verdict on a frame, and the reason if it is ``failed``.

    :param deviations: of the worst atom and the mean, eV/Å. If the forces of a member are no numbers on some atoms, the
        worst is that of the others, and only the mean is no number.
    """
    settings, deviation = config["settings"], deviations[0]
    reason = fault(positions, cell, thermo[0], run["start_volume"], settings["halt"])
    if reason is None and positions is not None:
        reason = substance.fault(positions, cell)
    if reason is None and not np.isfinite(deviations).all():
        reason = "no_deviation"
    single = config["n_models"] == 1
    if reason is None and not single and deviation >= settings["upper"]:
        reason = "above_upper"
    return "failed" if reason else "accurate" if single or deviation < settings["lower"] else "candidate", reason


def fault(
    positions: np.ndarray | None, cell: np.ndarray, temperature: float, volume: float, halt: dict[str, Any]
) -> str | None:
    """Return why a frame is that of a run that should have been halted, or None.

    :param positions: Å, shape (n, 3); None where atoms are missing.
    :param cell: Å, shape (3, 3).
    :param temperature: K.
    :param volume: at the start of the run, Å³.
    :param halt: ``volume`` (smallest, largest, as multiples) and ``temperature`` (K).
    """
    if positions is None:
        return "lost_atoms"
    if not (np.isfinite(positions).all() and np.isfinite(cell).all()):
        return "non_finite"
    if not halt["volume"][0] * volume < np.linalg.det(cell) < halt["volume"][1] * volume:
        return "volume"
    if not np.isfinite(temperature):
        return "no_temperature"
    return None if temperature < halt["temperature"] else "temperature"


def collect(folder: Path, config: dict[str, Any], rows: np.ndarray, prefix: str) -> Frames:
    """Fetch the chosen frames from their trajectories and name their arrays.

    :param rows: columns as in :data:`COLUMNS`, shape (m, 7).
    """
    n_atoms = len(config["radii"])
    positions, cells = np.empty((len(rows), n_atoms, 3)), np.empty((len(rows), 3, 3))
    forces = np.empty((len(rows), n_atoms, 3))
    kept = dict(zip(COLUMNS, rows.T))  # noqa: B905 - runs on Pythons older than ours
    run = kept["run"].astype(int)
    for place, (index, offset) in enumerate(zip(run, kept["offset"])):  # noqa: B905
        entry = config["runs"][index]
        with (folder / f"{entry['stem']}.dump").open("rb") as handle:
            handle.seek(int(offset))
            frame = next(read_frames(handle, n_atoms, entry.get("own_vectors")))
            _, _, positions[place], cells[place], forces[place] = frame
    drivers = np.array([entry["driver"] for entry in config["runs"]], dtype=int)
    arrays = {
        "positions": positions,
        "cells": cells,
        "forces_predicted": forces,
        "max_force_deviation": kept["deviation"],
        "mean_force_deviation": kept["mean_deviation"],
        "step": kept["step"].astype(int),
        "temperature": kept["temperature"],
        "pressure": kept["pressure"] * GPA_PER_BAR,
        "run": run,
        "driver": drivers[run],
    }
    return {f"{prefix}_{name}": values for name, values in arrays.items()}


def summarise(folder: Path, config: dict[str, Any], runs: list[dict[str, Any]], deviations: Spread) -> dict[str, Any]:
    """Counts, quantiles and histogram of the deviation (sane frames only) and one entry for every run."""
    started = folder / "started"
    wall = max(time.time() - float(started.read_text()), 1.0) if started.exists() else None
    quantiles = {"q50": 0.5, "q90": 0.9, "q99": 0.99, "max": 1.0}
    return {
        "schema": SCHEMA,
        "runs": runs,
        "keep": config["settings"]["keep"],
        **{f"n_{name}": sum(run[f"n_{name}"] for run in runs) for name in ("explored", *VERDICTS)},
        "deviation": {name: deviations.quantile(share) for name, share in quantiles.items()},
        "histogram": {"edges": EDGES.tolist(), "counts": deviations.counts.tolist()},
        "radial_edges": RADIAL_EDGES.tolist(),
        "wall_s": wall,
        "steps_per_s": sum(run["n_steps"] for run in runs) / wall if wall else None,
    }
