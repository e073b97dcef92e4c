"""The same frames, the same net, the same number of steps: with what error does a course of the learning rate end?

``python benchmarks/training/run.py`` takes some two hours on two idle cores. It works in
``.aiida/benchmarks/training`` and may be stopped and started again. Numbers go to
``benchmarks/results/training.json``. Learnt are the 64 random frames of the first seed of ``benchmarks/selection``, the
error is that on the frames held out there.
"""

from __future__ import annotations

import json
import os
import platform
import sys
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
RESULTS = ROOT / "benchmarks" / "results" / "training.json"
SITE = ROOT / ".aiida" / "benchmarks" / "training"
sys.path.insert(0, str(ROOT / "benchmarks" / "selection"))

from run import Campaign, Setting, force_rmse, parse, train_member  # noqa: E402 - of the selection's benchmark


def cosine(start: float, beta2: float = 0.95) -> dict[str, Any]:
    """Return a cosine from ``start`` to 1e-5."""
    return optimisation({"type": "cosine", "start_lr": start, "stop_lr": 1e-5}, beta2)


def exponential(start: float, stop: float, beta2: float, steps: int) -> dict[str, Any]:
    """Return an exponential in two hundred stairs."""
    return optimisation({"type": "exp", "start_lr": start, "stop_lr": stop, "decay_steps": steps // 200}, beta2)


def optimisation(rate: dict[str, Any], beta2: float) -> dict[str, Any]:
    """Return the sections of input.json."""
    return {"learning_rate": rate, "optimizer": {"type": "Adam", "adam_beta2": beta2}}


COURSES = {
    "cosine 0.02": lambda steps: cosine(0.02),
    "cosine 0.005": lambda steps: cosine(0.005),
    "cosine 0.001, beta2 0.999": lambda steps: cosine(0.001, 0.999),
    "exponential 0.01 to 1e-6": lambda steps: exponential(0.01, 1e-6, 0.95, steps),
    "exponential 0.001 to 1e-8, beta2 0.999": lambda steps: exponential(1e-3, 1e-8, 0.999, steps),
}
NETS: dict[str, dict[str, Any]] = {
    "small": {},
    "wide": {"embedding": [25, 50, 100], "axis_neuron": 16, "fitting": [240, 240, 240]},
}
CASES = [
    *(("wide", 2000, course) for course in COURSES if not course.startswith("exponential 0.01")),
    ("small", 9000, "cosine 0.02"),
    *(("small", 30_000, course) for course in COURSES if "0.001, beta2" not in course),
    ("small", 100_000, "exponential 0.01 to 1e-6"),
]


def main() -> None:
    """Train what has not been trained, and write the errors."""
    asked = parse([])
    labels = [8, 16, 32, 64]
    setting = Setting(asked.data, asked.pool, asked.held_out, labels, [1], asked.models, asked.steps, asked.site)
    Campaign(setting).curve("random", 1)
    job = json.loads((asked.site / "seed_1" / "random_64" / "model_0" / "job.json").read_text())
    folders = [folder_of(job, *case) for case in CASES]
    with ThreadPoolExecutor(2) as workers:
        list(workers.map(train_member, folders))
    rows = [
        {"net": net, "steps": steps, "learning_rate": course, "force_rmse_eV_per_A": force_rmse([folder])}
        for (net, steps, course), folder in zip(CASES, folders, strict=True)
    ]
    results = {
        "command": "python benchmarks/training/run.py",
        "machine": f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}",
        "versions": {"deepmd-kit": version("deepmd-kit"), "python": platform.python_version()},
        "duration_s": sum(float((folder / "seconds").read_text()) for folder in folders) / 2,
        "system": f"64 random frames of {', '.join(asked.pool)}; held out: {', '.join(asked.held_out)}",
        "nets": NETS,
        "trainings": rows,
    }
    RESULTS.write_text(json.dumps(results, indent=2) + "\n")
    for row in rows:
        print(
            f"{row['net']:6s} {row['steps']:7d} steps  {row['learning_rate']:40s} {row['force_rmse_eV_per_A']:.3f} eV/Å"
        )


def folder_of(job: dict[str, Any], net: str, steps: int, course: str) -> Path:
    """Return the folder of a training, with its ``job.json``."""
    folder = SITE / f"{net} {steps} {course}".replace(" ", "_").replace(",", "")
    text = json.dumps({**job, "steps": steps, "ask": False, "net": NETS[net], "optimisation": COURSES[course](steps)})
    if not (folder / "job.json").exists() or (folder / "job.json").read_text() != text:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "errors.npz").unlink(missing_ok=True)
        (folder / "job.json").write_text(text)
    return folder


if __name__ == "__main__":
    main()
