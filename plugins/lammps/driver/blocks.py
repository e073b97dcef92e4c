"""Averages over blocks of steps, and over whole stages."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..harvest.streaming import BlockMeans, plain
from ..harvest.targets import TargetMeans
from .looks import CELL, PLACE
from .pressure import GPA_PER_EV_A3

PLAIN = ("temperature", "pressure", "density", "volume", "potential_energy", "coordination", "four_fold", *CELL)
"""Quantities of the series that are columns of the table as they are."""


def quantities_of(table: np.ndarray, stage: dict[str, Any]) -> dict[str, np.ndarray]:
    """Return what is averaged of the looks at a stage, by name."""
    found = {name: table[:, PLACE[name]] for name in PLAIN}
    asked = stage["pressure"] or (0.0, 0.0)
    pressure = np.interp(table[:, PLACE["step"]], [stage["first"], stage["last"]], asked)
    energy = found["potential_energy"] + table[:, PLACE["kinetic_energy"]]
    deviation = table[:, PLACE["deviation"]]
    enthalpy = energy + pressure * found["volume"] / GPA_PER_EV_A3
    return {**found, "enthalpy": enthalpy, "deviation_max": deviation, "deviation_mean": deviation}


def of_stage(table: np.ndarray, stage: dict[str, Any]) -> np.ndarray:
    """The looks at a stage; that at its beginning belongs to the one before."""
    steps = table[:, PLACE["step"]]
    return table[(steps > stage["first"]) & (steps <= stage["last"])]


def series_of(table: np.ndarray, config: dict[str, Any]) -> dict[str, np.ndarray]:
    """Return the arrays of :class:`aiida_zif.plugins.lammps.production.series.Series`."""
    blocks: list[dict[str, float]] = []
    for index, stage in enumerate(config["stages"]):
        looks = of_stage(table, stage)
        for first, last in edges_of(stage, config):
            steps = looks[:, PLACE["step"]]
            inside = looks[(steps > first) & (steps <= last)]
            if len(inside):
                blocks.append(block_of(inside, index, first, stage, config["settings"]["timestep"]))
    names = list(blocks[0]) if blocks else []
    return {name: np.array([block[name] for block in blocks]) for name in names}


def edges_of(stage: dict[str, Any], config: dict[str, Any]) -> list[tuple[int, int]]:
    """First and last step of the blocks of a stage: as many as asked for, or as it has looks."""
    every = config["strides"]["sample"]
    looks = stage["last"] // every - stage["first"] // every
    number = min(config["settings"]["blocks"], looks)
    if not number:
        return []
    bounds = [stage["first"] // every + looks * place // number for place in range(number + 1)]
    steps = [stage["first"], *(every * bound for bound in bounds[1:-1]), stage["last"]]
    return [(steps[place], steps[place + 1]) for place in range(number)]


def block_of(looks: np.ndarray, stage: int, first: int, targets: dict[str, Any], timestep: float) -> dict[str, float]:
    """Numbers of one block, as far as it was run."""
    last = float(looks[-1, PLACE["step"]])
    ps = timestep / 1000.0
    block = {"first_step": float(first), "last_step": last, "stage": float(stage), "n": float(len(looks))}
    block.update(time_ps=0.5 * (first + last) * ps, end_ps=last * ps)
    for name, values in quantities_of(looks, targets).items():
        known = values[np.isfinite(values)]
        mean = known.max() if name == "deviation_max" and len(known) else known.mean() if len(known) else np.nan
        block[name] = float(mean)
        block[f"{name}_std"] = float(known.std(ddof=1)) if len(known) > 1 else np.nan
    block["deviation_max_std"] = np.nan
    return block


def stage_of(table: np.ndarray, stage: dict[str, Any], steps: int, config: dict[str, Any]) -> dict[str, Any]:
    """For the report: what a stage was asked for, and what it reached.

    :param steps: MD steps that the trajectory has done.
    """
    looks = of_stage(table, stage)
    done = int(np.clip(steps, stage["first"], stage["last"])) - stage["first"]
    own = {name: stage[name] for name in ("name", "kind", "temperature", "pressure")}
    own.update(first_step=stage["first"], last_step=stage["last"], n_steps_done=done, n_looks=len(looks))
    if not len(looks):
        return own
    deviation = looks[:, PLACE["deviation"]]
    deviation = deviation[np.isfinite(deviation)]
    if len(deviation):
        own.update(max_deviation=float(deviation.max()), q99_deviation=float(np.quantile(deviation, 0.99)))
    return {**own, **reached_by(looks, stage, config)}


def reached_by(looks: np.ndarray, stage: dict[str, Any], config: dict[str, Any]) -> dict[str, Any]:
    """Targets that were reached or missed, and averages where nothing was ramped."""
    settings = config["settings"]
    targets = [{name: stage[name] for name in ("first", "last", "temperature", "pressure")}]
    reached = TargetMeans(targets, config["n_atoms"], settings["thermostat_time"] / settings["timestep"])
    for look in looks:
        reached.add(int(look[0]), (look[PLACE["temperature"]], look[PLACE["pressure"]] * 1e4))
    ramped = any(pair is not None and pair[0] != pair[1] for pair in (stage["temperature"], stage["pressure"]))
    return {**reached.report(), "averages": {} if ramped else averages_of(looks, stage)}


def averages_of(looks: np.ndarray, stage: dict[str, Any]) -> dict[str, dict[str, float | None]]:
    """Means over the looks with errors from blocks."""
    found = {}
    for name, values in quantities_of(looks, stage).items():
        means = BlockMeans(1)
        for value in values[np.isfinite(values)]:
            means.add(np.array([value]))
        if means.count and name != "deviation_max":
            found[name] = {"mean": plain(means.means()[0]), "error": plain(means.errors()[0])}
    return found
