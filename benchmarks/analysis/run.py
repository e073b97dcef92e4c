"""How long the analysis of structure takes, beside libraries that compute the same.

``python benchmarks/analysis/run.py --peer PYTHON`` takes a quarter of an hour of one core, without peers
two minutes.
PYTHON is that of an environment with ``freud-analysis`` and ``matscipy``. Frames are those of ZIF-4, shaken:
2176 atoms × 100 frames, and one frame of 104,448 atoms. Every observable runs in a process of its own with one thread,
ours and the peer's in turn. Times are processor seconds of the computation, without imports and reading; the median of
the rounds counts. Numbers go to ``benchmarks/results/analysis.json``.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import time
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any

from frames import read, write

ROOT = Path(__file__).resolve().parents[2]
RESULTS = ROOT / "benchmarks" / "results" / "analysis.json"
WORK = ROOT / ".aiida" / "benchmarks" / "analysis"
SIZES = {"2176_atoms_100_frames": ((2, 2, 2), 100), "100000_atoms_1_frame": ((8, 8, 6), 1)}
SMALL, LARGE = SIZES
BUDGET = 60.0
"""Seconds that the observables of the small system may take together."""


def measure(name: str, path: Path, peer: bool) -> dict[str, Any]:
    """Compute one observable in this process; what it took and held."""
    frames = read(path)
    library, modules = "numpy", ["periodictable", "scipy.ndimage", "scipy.signal", "scipy.spatial", "scipy.stats"]
    if peer:
        from peers import PEERS

        library, modules, compute = PEERS[name].library, [PEERS[name].module], PEERS[name].compute
    else:
        from observables import OBSERVABLES

        compute = OBSERVABLES[name].compute
    for module in modules:
        import_module(module)
    before, begin = time.process_time(), time.perf_counter()
    compute(frames)
    return {
        "cpu_s": time.process_time() - before,
        "wall_s": time.perf_counter() - begin,
        "peak_memory_MB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "library": f"{library} {version(library)}",
    }


def in_turn(name: str, path: Path, rounds: int, pythons: dict[str, str]) -> dict[str, Any]:
    """Run ours and the peer's in turn, each time in a new process; the medians."""
    runs: dict[str, list[dict[str, Any]]] = {who: [] for who in pythons}
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "TBB_NUM_THREADS": "1"}
    for _ in range(rounds):
        for who, python in pythons.items():
            command = ["taskset", "-c", "0", python, __file__, "--one", name, str(path), who]
            done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
            runs[who].append(json.loads(done.stdout.splitlines()[-1]))
    middle = {
        who: {key: statistics.median(run[key] for run in found) for key in ("cpu_s", "wall_s", "peak_memory_MB")}
        for who, found in runs.items()
    }
    for who, found in runs.items():
        middle[who]["library"] = found[0]["library"]
    result: dict[str, Any] = middle["ours"]
    if "peer" in middle:
        ratios = [one["cpu_s"] / other["cpu_s"] for one, other in zip(runs["ours"], runs["peer"], strict=True)]
        result |= {"peer": middle["peer"], "ours_over_peer": statistics.median(ratios)}
    return result


def main() -> None:
    """Measure every observable at both sizes."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--peer", help="Python of an environment with the libraries of peers.py")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", nargs="*", help="observables; all if not given")
    parser.add_argument("--one", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        name, path, who = options.one
        print(json.dumps(measure(name, Path(path), who == "peer")))
        return
    from observables import OBSERVABLES
    from peers import PEERS

    begin = time.perf_counter()
    results: dict[str, Any] = json.loads(RESULTS.read_text()) if options.only and RESULTS.exists() else {}
    for size, (supercell, n_frames) in SIZES.items():
        write(path := WORK / f"{size}.npz", supercell, n_frames)
        for name in options.only or OBSERVABLES:
            if size == LARGE and not OBSERVABLES[name].of_large:
                continue
            beside = options.peer and name in PEERS and (size == SMALL or PEERS[name].of_large)
            pythons = {"ours": sys.executable, **({"peer": options.peer} if beside else {})}
            found = in_turn(name, path, options.rounds, pythons)
            results.setdefault(size, {})[name] = {"what": OBSERVABLES[name].what, **found}
            print(size, name, json.dumps(found), flush=True)
    counted = [name for name, one in OBSERVABLES.items() if one.within_the_minute]
    total = sum(results[SMALL][name]["cpu_s"] for name in counted if name in results[SMALL])
    results |= {
        "seconds_together": total,
        "within_a_minute": total < BUDGET,
        "command": "python benchmarks/analysis/run.py --peer PYTHON",
        "machine": f"one of {os.cpu_count()} cores, {platform.system()} {platform.machine()}",
        "versions": {"python": platform.python_version(), "numpy": version("numpy"), "scipy": version("scipy")},
        "duration_s": time.perf_counter() - begin,
    }
    RESULTS.write_text(json.dumps(results, indent=2, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
