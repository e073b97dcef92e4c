"""What goes back: the report of the whole trajectory, its series, chosen frames and the last one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from ..harvest.choosing import spread
from ..harvest.reading import read_frames
from ..harvest.streaming import plain
from .blocks import of_stage, series_of, stage_of
from .device import device_of
from .done import Done, compressed
from .linkers import is_broken, linkers_of
from .looks import PLACE, Looked, is_untrusted

SCHEMA = 1
"""Number of the definition of the report, ``ProductionReport`` in ``production/report.py``."""
OUTPUT, ARRAYS = "md_output.json", "md_output.npz"
QUANTILES = {"q50": 0.5, "q90": 0.9, "q99": 0.99, "max": 1.0}
FS_PER_PS = 1000.0


def write_results(
    folder: Path, config: dict[str, Any], done: Done, ended: str, detail: str | None, halted: Looked | None
) -> None:
    """Write the results; the report last, so that its presence says that all is there."""
    arrays = {f"series_{name}": array for name, array in series_of(done.table(halted), config).items()}
    for kind in ("snapshots", "untrusted"):
        frames = done.frames(kind, halted)
        frames = bounded(frames, config) if kind == "untrusted" else frames
        arrays.update({f"{kind}_{name}": array for name, array in described(frames, config).items()})
    arrays.update({f"final_{name}": array for name, array in final_frame(folder, config, done).items()})
    report = report_of(folder, config, done, ended, detail, halted)
    with (folder / f"{ARRAYS}.writing").open("wb") as handle:
        np.savez_compressed(handle, **arrays)  # type: ignore[arg-type]
    (folder / f"{OUTPUT}.writing").write_text(json.dumps(report))
    for name in (ARRAYS, OUTPUT):
        (folder / f"{name}.writing").replace(folder / name)  # a job may be killed at any time


def bounded(frames: dict[str, np.ndarray], config: dict[str, Any]) -> dict[str, np.ndarray]:
    """At most as many frames as asked for: the worst first, spread over time."""
    steps, deviations = (frames["rows"][:, PLACE[name]] for name in ("step", "deviation"))
    chosen = spread(steps, deviations, config["settings"]["max_untrusted"], config["strides"]["deviation"])
    return {name: array[chosen] for name, array in frames.items()}


def described(frames: dict[str, np.ndarray], config: dict[str, Any]) -> dict[str, np.ndarray]:
    """Frames with the numbers that go with each."""
    rows = frames["rows"]
    steps = rows[:, PLACE["step"]].astype(int)
    lasts = [stage["last"] for stage in config["stages"]]
    return {
        "positions": frames["positions"],
        "cells": frames["cells"],
        "step": steps,
        "stage": np.searchsorted(lasts, steps),
        "time_fs": steps * config["settings"]["timestep"],
        "temperature": rows[:, PLACE["temperature"]],
        "pressure": rows[:, PLACE["pressure"]],
        "max_force_deviation": rows[:, PLACE["deviation"]],
    }


def final_frame(folder: Path, config: dict[str, Any], done: Done) -> dict[str, np.ndarray]:
    """The last frame of the last part that is done, with velocities in Å/fs; none if no part is done."""
    n_atoms = config["n_atoms"]
    if not done.n_parts:
        return {"positions": np.empty((0, n_atoms, 3)), "cells": np.empty((0, 3, 3))}
    path = folder / "done" / f"{done.n_parts - 1:04d}.final"
    with path.open("rb") as handle:
        step, _, positions, cell, velocities = next(read_frames(handle, n_atoms, config["own_vectors"]))
    table = done.table()
    temperature = table[-1, PLACE["temperature"]] if len(table) else np.nan
    assert positions is not None
    assert velocities is not None
    return {
        "positions": positions[None],
        "cells": cell[None],
        "velocities": velocities[None] / FS_PER_PS,
        "step": np.array([step]),
        "temperature": np.array([temperature]),
    }


def report_of(
    folder: Path, config: dict[str, Any], done: Done, ended: str, detail: str | None, halted: Looked | None
) -> dict[str, Any]:
    """The summary, as plain types."""
    table = done.table(halted)
    steps = done.steps() if halted is None or not len(halted.table) else int(table[-1, PLACE["step"]])
    untrusted, broken = is_untrusted(table, config), is_broken(table)
    stages = []
    for stage in config["stages"]:
        own = of_stage(table, stage)
        counts = {"n_untrusted": int(is_untrusted(own, config).sum()), "n_broken": int(is_broken(own).sum())}
        stages.append({**stage_of(table, stage, steps, config), **counts})
    deviation = table[:, PLACE["deviation"]]
    deviation = deviation[np.isfinite(deviation)]
    quantiles = {name: plain(np.quantile(deviation, q)) for name, q in QUANTILES.items() if len(deviation)}
    check = folder / "done" / "pressure.json"
    wall, engine, moving = (done.total(name) for name in ("wall", "engine", "moving"))
    return {
        "schema": SCHEMA,
        **{name: config[name] for name in ("system", "n_atoms", "n_models", "driver")},
        "layout": {**config["layout"], "device": device_of(folder)},
        "stages": stages,
        "n_steps": steps,
        "n_steps_requested": config["parts"][-1]["last"],
        "ended": ended,
        "detail": detail if detail else ("in the linkers" if ended == "linkers_broken" and broken.any() else None),
        "timestep": config["settings"]["timestep"],
        "sample_every": config["strides"]["sample"],
        "deviation_every": config["strides"]["deviation"] if config["n_models"] > 1 else None,
        "n_looks": len(table),
        "n_untrusted": int(untrusted.sum()),
        "trust": config["settings"]["trust"],
        "deviation": quantiles,
        "linkers": linkers_of(table, config),
        "pressure_check": json.loads(check.read_text()) if check.exists() else None,
        "compressed": compressed(folder),
        "coordination_cutoff": config["settings"]["coordination_cutoff"],
        "wall_s": wall or None,
        "engine_s": engine or None,
        "steps_per_s": done.steps() / moving if moving else None,
        "steps_of_a_part": config["strides"]["checkpoint"],
        "n_parts": done.n_parts,
        "n_parts_here": done.n_parts_here,
        "n_jobs": len({int(part["job"]) for part in done.parts}) or 1,
    }
