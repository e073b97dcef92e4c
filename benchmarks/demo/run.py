"""Run the demo campaign with several seeds: does it learn, and is its choice of frames worth more than chance?

``python benchmarks/demo/run.py [SEED ...]`` takes as long as that many demos. It works in ``.aiida/benchmarks/demo``
and may be stopped and started again: what is finished is not run again, what was interrupted goes on. Numbers go to
``benchmarks/results/demo.json``.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
SITE = ROOT / ".aiida" / "benchmarks" / "demo"
RESULTS = ROOT / "benchmarks" / "results" / "demo.json"
SEEDS = (1, 2, 3, 4, 5)


def run_seed(seed: int) -> dict[str, Any]:
    """Run one campaign to its end and return its summary."""
    folder = SITE / f"seed-{seed}"
    if not (folder / "summary.json").is_file():
        environment = {**os.environ, "AIIDA_PATH": str(SITE)}
        campaign = str(ROOT / "examples" / "zif4-demo.yaml")
        command = ["run", campaign, "--seed", str(seed), "--no-reuse", "--dir", str(folder)]
        program = [sys.executable, "-c", "from aiida_zif.cli.main import main; main()"]
        subprocess.run([sys.executable, "-m", "aiida_zif.setup.profile"], env=environment, check=True)
        subprocess.run([*program, *command], env=environment, check=True)
        subprocess.run([*program, "daemon", "stop"], env=environment, check=True)
    return dict(json.loads((folder / "summary.json").read_text()))


def condense(summary: dict[str, Any]) -> dict[str, Any]:
    """Return the figures that answer the two questions."""
    iterations = summary["iterations"]
    errors = [entry["true_force_error_eV_per_A"] for entry in iterations[:-1]]
    return {
        "seed": summary["seed"],
        "force_rmse_eV_per_A": [entry["force_rmse_eV_per_A"] for entry in iterations],
        "n_train_frames": [entry["n_train_frames"] for entry in iterations],
        "true_force_error_chosen_eV_per_A": [error["chosen"] for error in errors],
        "true_force_error_random_eV_per_A": [error["random"] for error in errors],
        "total_labels": summary["total_labels"],
        "wall_s": summary["wall_s"],
    }


def main(seeds: list[int]) -> None:
    """Run the seeds one after the other and write what is known after each."""
    SITE.mkdir(parents=True, exist_ok=True)
    runs: list[dict[str, Any]] = []
    for seed in seeds:
        summary = run_seed(seed)
        runs.append(condense(summary))
        results = {
            "command": "python benchmarks/demo/run.py " + " ".join(map(str, seeds)),
            "machine": f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}",
            "versions": summary["versions"],
            "seeds_that_improved": sum(run["force_rmse_eV_per_A"][-1] < run["force_rmse_eV_per_A"][0] for run in runs),
            "n_seeds": len(runs),
            "duration_s": sum(run["wall_s"] for run in runs),
            "runs": runs,
        }
        RESULTS.parent.mkdir(parents=True, exist_ok=True)
        RESULTS.write_text(json.dumps(results, indent=2) + "\n")
        print(json.dumps(runs[-1]))


if __name__ == "__main__":
    main([int(argument) for argument in sys.argv[1:]] or list(SEEDS))
