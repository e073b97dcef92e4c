"""How much of a demo campaign's wall time passes in none of its codes, and how well the cores are used meanwhile?

``python benchmarks/engine/run.py [SEED]`` runs one demo: 8 to 20 minutes on two cores. It works where the
demo's benchmark does, so that a seed that has been run there is not run again. Every job says by its own clock when it
computed; what lies between is the engine's. Numbers go to ``benchmarks/results/engine.json``.
"""

from __future__ import annotations

import json
import os
import platform
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
RESULTS = ROOT / "benchmarks" / "results" / "engine.json"
sys.path.insert(0, str(ROOT / "benchmarks" / "demo"))

from run import run_seed  # noqa: E402 - of the demo's benchmark


def main(seed: int) -> None:
    """Run one campaign, unless that is done, and write where its time went."""
    summary = run_seed(seed)
    results = {
        **summary["engine"],
        "command": f"python benchmarks/engine/run.py {seed}",
        "machine": f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}",
        "versions": summary["versions"],
        "duration_s": summary["wall_s"],
        "system": f"examples/zif4-demo.yaml, seed {seed}",
    }
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    RESULTS.write_text(json.dumps(results, indent=2) + "\n")
    print(json.dumps(results, indent=2))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 4)
