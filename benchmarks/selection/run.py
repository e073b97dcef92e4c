"""Choosing frames, in retrospect: how many labels does a strategy need for a given force error?

``python benchmarks/selection/run.py`` takes about an hour on two idle cores. It works in
``.aiida/benchmarks/selection`` and may be stopped and started again: what is trained is not trained again. Numbers go
to ``benchmarks/results/selection.json``, the figure to ``docs/images/selection.png``.

Labels that others computed are hidden. Every strategy starts from the same few frames, trains a committee, looks at
what its members say of all frames of the pool, and asks for as many labels again as it has. All use the same nets,
the same training and the same seeds. The error is that of the forces on frames of other origin than the pool's, mean
over the members. ``--data``, ``--pool`` and ``--held-out`` take any folders in ``deepmd/npy`` layout, of one
composition.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from aiida_zif.plugins.deepmd.inputs import suggest_sel
from aiida_zif.plugins.deepmd.testing.errors import max_force_deviation
from aiida_zif.plugins.physics.geometry import neighbour_counts
from aiida_zif.plugins.selection import Pool, run_chain
from aiida_zif.workflows.engine.seeds import derive_seed

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(HERE))

from curves import compare, draw, table  # noqa: E402 - from this folder
from frames import read_frames  # noqa: E402

LEVELS = {"lower": 0.25, "upper": 0.6}
"""Trust levels of DP-GEN in eV/Å: a guess from published errors of ZIF potentials, made before anything was run."""
STRATEGIES: dict[str, dict[str, Any]] = {
    "random": {"strategy": ["random"]},
    "dpgen": {"strategy": ["dpgen"], **LEVELS},
    "ours": {"strategy": ["diversity"]},
}
RCUT = 5.0


@dataclass(frozen=True)
class Setting:
    """What is the same for all strategies."""

    data: Path
    pool: list[str]
    held_out: list[str]
    labels: list[int]
    seeds: list[int]
    n_models: int
    steps: int
    site: Path


class Campaign:
    """The pool, the frames held out, and committees that are trained when they are asked for."""

    def __init__(self, setting: Setting) -> None:
        self.setting = setting
        self.held_out = read_frames(setting.data, setting.held_out)
        self.pool = read_frames(setting.data, setting.pool, without=self.held_out)
        self.type_map = sorted(set(self.pool.system.symbols))
        # one neighbour list for all, so that no training knows more than another
        thinned = self.pool.take(np.arange(0, len(self.pool), 4))
        counts = neighbour_counts(thinned.symbols, thinned.positions, thinned.cells, RCUT, self.type_map)
        self.sel = suggest_sel(counts)

    def committee(self, name: str, rows: list[int], seed: int, ask: bool) -> list[Path]:
        """Train the members on some rows of the pool, two at a time; return their folders."""
        folders = [self.setting.site / name / f"model_{member}" for member in range(self.setting.n_models)]
        for member, folder in enumerate(folders):
            job = {
                "data": str(self.setting.data),
                "pool": self.setting.pool,
                "held_out": self.setting.held_out,
                "rows": rows,
                "type_map": self.type_map,
                "rcut": RCUT,
                "sel": self.sel,
                "steps": self.setting.steps,
                "seed": derive_seed(seed, "member", member),
                "ask": ask,
            }
            text = json.dumps(job)
            if not (folder / "job.json").exists() or (folder / "job.json").read_text() != text:
                folder.mkdir(parents=True, exist_ok=True)
                (folder / "errors.npz").unlink(missing_ok=True)
                (folder / "job.json").write_text(text)
        with ThreadPoolExecutor(2) as workers:
            list(workers.map(train_member, folders))
        return folders

    def choose(self, name: str, rows: list[int], folders: list[Path], count: int, seed: int) -> list[int]:
        """Let a strategy choose frames of the pool that are not labelled yet."""
        open_rows = np.setdiff1d(np.arange(len(self.pool)), rows)
        forces = np.array([np.load(folder / "errors.npz")["pool_forces"][open_rows] for folder in folders], dtype=float)
        spread = np.sqrt(np.square(forces - forces.mean(axis=0)).sum(axis=-1).mean(axis=0))
        whole = self.pool.system
        pool = Pool(
            whole.symbols,
            whole.positions[open_rows],
            whole.cells[open_rows],
            max_force_deviation=max_force_deviation(forces),
            run=self.pool.source[open_rows],
            step=open_rows,
            forces_predicted=forces[0],
            known_positions=whole.positions[rows],
            known_cells=whole.cells[rows],
            mean_force_deviation=spread.mean(axis=1),
        )
        settings = {**STRATEGIES[name], "per_cycle": count}
        kept = run_chain(settings["strategy"], pool, settings, derive_seed(seed, "choose", len(rows))).kept
        return [int(row) for row in open_rows[kept]]

    def curve(self, name: str, seed: int) -> list[tuple[int, float]]:
        """Return labels and force RMSE in eV/Å, cycle by cycle, of one strategy and seed."""
        grid = self.setting.labels
        start = np.random.default_rng(derive_seed(seed, "start")).permutation(len(self.pool))[: grid[0]]
        rows, points = [int(row) for row in start], []
        for cycle, target in enumerate(grid):
            if cycle:
                rows = [*rows, *self.choose(name, rows, folders, target - len(rows), seed)]  # noqa: F821
            last = cycle == len(grid) - 1
            label = f"seed_{seed}/start" if not cycle else f"seed_{seed}/{name}_{target}"
            folders = self.committee(label, rows, seed, ask=not last)
            points.append((len(rows), force_rmse(folders)))
            print(f"seed {seed}  {name:7s} {len(rows):5d} labels  {points[-1][1]:.4f} eV/Å", flush=True)
        return points

    def full_pool(self) -> float:
        """Return the force RMSE in eV/Å of a committee that has learnt the whole pool."""
        return force_rmse(self.committee("full_pool", list(range(len(self.pool))), self.setting.seeds[0], ask=False))


def train_member(folder: Path) -> None:
    """Train one member, unless that is done.

    :raises RuntimeError: if it fails, with the end of what it said.
    """
    if (folder / "errors.npz").exists():
        return
    started = time.monotonic()
    with (folder / "log").open("w") as log:
        done = subprocess.run([sys.executable, str(HERE / "member.py"), str(folder)], stdout=log, stderr=log)
    if done.returncode:
        raise RuntimeError(f"{folder}: training failed\n" + "\n".join((folder / "log").read_text().split("\n")[-8:]))
    (folder / "seconds").write_text(f"{time.monotonic() - started:.1f}\n")


def force_rmse(folders: list[Path]) -> float:
    """Return the force RMSE on the frames held out in eV/Å, mean over the members."""
    return float(np.mean([np.sqrt(np.load(folder / "errors.npz")["held_out"].mean()) for folder in folders]))


def main(arguments: list[str]) -> None:
    """Run what has not been run, and write the results."""
    asked = parse(arguments)
    setting = Setting(
        asked.data, asked.pool, asked.held_out, asked.labels, asked.seeds, asked.models, asked.steps, asked.site
    )
    campaign = Campaign(setting)
    sizes = f"{len(campaign.pool)} frames in the pool, {len(campaign.held_out)} held out"
    print(f"{sizes}; {setting.n_models} members, {setting.steps} steps", flush=True)
    curves: dict[str, list[list[tuple[int, float]]]] = {name: [] for name in STRATEGIES}
    for seed in setting.seeds:
        for name, of_strategy in curves.items():
            of_strategy.append(campaign.curve(name, seed))
    full = campaign.full_pool()
    seconds = [float(path.read_text()) for path in setting.site.glob("**/seconds")]
    results = {
        **compare(curves, full, len(campaign.pool)),
        "command": " ".join(["python benchmarks/selection/run.py", *arguments]),
        "machine": f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}",
        "versions": {"deepmd-kit": version("deepmd-kit"), "python": platform.python_version()},
        "duration_s": sum(seconds) / 2,
        "system": f"{', '.join(setting.pool)}: {sizes} ({', '.join(setting.held_out)})",
        "training": {"n_models": setting.n_models, "steps": setting.steps, "rcut": RCUT},
        "strategies": STRATEGIES,
    }
    asked.results.parent.mkdir(parents=True, exist_ok=True)
    asked.results.write_text(json.dumps(results, indent=2) + "\n")
    draw(curves, full, asked.figure)
    print(table(results))


def parse(arguments: list[str]) -> argparse.Namespace:
    """Return what was asked for."""
    reference = ROOT.parent / "shared" / "reference" / "deepzif"
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=reference, help="folder that holds the sets")
    parser.add_argument("--pool", nargs="+", default=["zif4_iter0", "zif4_iter5"], help="sets to ask labels of")
    parser.add_argument("--held-out", nargs="+", default=["zif4_iter3", "zif4_iter6"], help="sets to test on")
    parser.add_argument("--labels", nargs="+", type=int, default=[8, 16, 32, 64], help="labels, cycle by cycle")
    parser.add_argument("--seeds", nargs="+", type=int, default=[1, 2, 3])
    parser.add_argument("--models", type=int, default=2, help="members of a committee")
    parser.add_argument("--steps", type=int, default=3000, help="of every training")
    parser.add_argument("--site", type=Path, default=ROOT / ".aiida" / "benchmarks" / "selection")
    parser.add_argument("--results", type=Path, default=ROOT / "benchmarks" / "results" / "selection.json")
    parser.add_argument("--figure", type=Path, default=ROOT / "docs" / "images" / "selection.png")
    asked = parser.parse_args(arguments)
    asked.data, asked.site = asked.data.resolve(), asked.site.resolve()
    missing = [name for name in [*asked.pool, *asked.held_out] if not (asked.data / name / "type.raw").is_file()]
    if missing:
        parser.error(f"no set {', '.join(missing)} in {asked.data}; --data names the folder of deepmd/npy sets")
    return asked


if __name__ == "__main__":
    main(sys.argv[1:])
