"""What does an MD step of CP2K cost while other programs use the cores, and does it help to wait in another way?

``python benchmarks/busy_cores/run.py`` takes some five minutes. It runs dynamics of Zn(im)2 of the sodalite net, 102
atoms, GFN1-xTB, with two ranks, with two ranks that give up the core while they wait, with one rank of two threads,
and with one rank alone: on idle cores, and with a busy loop on each core. Numbers go to
``benchmarks/results/busy_cores.json``.

Times are those that CP2K prints of its MD steps, the first left out where there are more. The runs of one repetition
follow each other, so that a slow minute of the machine touches all of them; ``cores_used`` is the CPU time of a run
over its wall time. A run that is slow ends early, with the steps that it has come to; if these are none,
a step takes longer than what stands there.
"""

from __future__ import annotations

import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from aiida_cp2k.utils import Cp2kInput

from aiida_zif.plugins.cp2k.levels import load_level
from aiida_zif.plugins.cp2k.reading.outputs import read_main_output
from aiida_zif.plugins.cp2k.task import AimdTask
from aiida_zif.plugins.cp2k.writing.inputs import COORDINATES_FILE, coordinates_file, cp2k_input
from aiida_zif.plugins.systems.catalogue import load_system
from aiida_zif.setup.computers.codes import CodeSpec, local_codes
from aiida_zif.setup.doctor.machine import run_in_shell

ROOT = Path(__file__).resolve().parents[2]
RESULTS = ROOT / "benchmarks" / "results" / "busy_cores.json"

SYSTEM, REPETITIONS = "salem-2", 2
STEPS = {"idle": 6, "busy": 4}
LONGEST = 15  # s after which CP2K ends a run by itself, with the steps that it has come to
CORES = len(os.sched_getaffinity(0))
YIELD = "OMPI_MCA_mpi_yield_when_idle"
WAYS: dict[str, tuple[int, int, str]] = {
    "2 ranks": (2, 1, "0"),
    "2 ranks that yield": (2, 1, "1"),
    "1 rank of 2 threads": (1, 2, "0"),
    "1 rank": (1, 1, "0"),
}
"""Ranks, threads of each, and whether a rank that waits gives up its core."""


@contextmanager
def other_work(loops: int) -> Iterator[None]:
    """Keep some cores busy with programs that have nothing to do with ours."""
    busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(loops)]
    try:
        yield
    finally:
        for process in busy:
            process.kill()
            process.wait()


def written(folder: Path, steps: int) -> None:
    """Write the input of a short run of dynamics."""
    atoms = load_system(SYSTEM)
    symbols, task = atoms.get_chemical_symbols(), AimdTask(temperature=300.0, steps=steps, seed=1)
    content = cp2k_input(load_level("gfn1-xtb"), task, symbols, atoms.cell.array, walltime=LONGEST)
    (folder / "aiida.inp").write_text(Cp2kInput(content).render() + "\n")
    (folder / COORDINATES_FILE).write_text(coordinates_file(symbols, atoms.positions))


def run(code: CodeSpec, way: str, cores: str) -> dict[str, float]:
    """Return what one run took: s an MD step, the number of steps, s in all, and cores that it used."""
    ranks, threads, yields = WAYS[way]
    lines = [code.prepend_text, f"export OMP_NUM_THREADS={threads} {YIELD}={yields}"]
    with tempfile.TemporaryDirectory() as folder, other_work(CORES if cores == "busy" else 0):
        written(Path(folder), STEPS[cores])
        command = ["mpirun", "-np", str(ranks), str(code.executable), "-i", "aiida.inp"]
        shell = ["bash", "-c", "\n".join([*lines, 'exec "$@"']), "bash", *command]
        begin, used = time.monotonic(), cpu_s()
        output = subprocess.run(shell, cwd=folder, capture_output=True, text=True, check=True).stdout
        wall = time.monotonic() - begin
        used = cpu_s() - used
    main = read_main_output(output, first_step=0)
    steps = [one.seconds for _, one in sorted(main.evaluations.items()) if one.seconds is not None]
    if not main.started:
        sys.exit(f"{way}, {cores} cores: CP2K did not start\n{output[-2000:]}")
    return {
        "s_per_md_step": median(steps[1:] or steps or [wall]),
        "n_steps": len(steps),
        "wall_s": wall,
        "cores_used": used / wall,
    }


def cpu_s() -> float:
    """Return the CPU time in s of all programs that this one has started and that have ended."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return ended.ru_utime + ended.ru_stime


def main() -> None:
    """Run everything, and write the results."""
    begin = time.monotonic()
    code = next(spec for spec in local_codes() if spec.label == "cp2k")
    if code.executable is None:
        sys.exit(code.complaint())
    runs: dict[str, dict[str, list[dict[str, float]]]] = {cores: {way: [] for way in WAYS} for cores in STEPS}
    for _ in range(REPETITIONS):
        for cores in STEPS:
            for way in WAYS:
                runs[cores][way].append(run(code, way, cores))
                print(f"{cores:5s} {way:20s} {runs[cores][way][-1]}", flush=True)
        keep(code, runs, time.monotonic() - begin)


def keep(code: CodeSpec, runs: dict[str, dict[str, list[dict[str, float]]]], seconds: float) -> None:
    """Write what has been measured so far."""
    results: dict[str, Any] = {
        cores: {way: median(one["s_per_md_step"] for one in found) for way, found in ways.items()}
        for cores, ways in runs.items()
    }
    results |= {
        "busy_over_idle": {way: results["busy"][way] / results["idle"][way] for way in WAYS},
        "unit": "s an MD step, median of the repetitions",
        "command": "python benchmarks/busy_cores/run.py",
        "machine": f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}",
        "versions": {"cp2k": first_line(code, str(code.executable)).split()[-1], "mpi": first_line(code, "mpirun")},
        "duration_s": round(seconds, 1),
        "system": f"{SYSTEM}, 102 atoms, GFN1-xTB; MD steps: {STEPS['idle']} idle, {STEPS['busy']} busy",
        "runs": runs,
    }
    RESULTS.write_text(json.dumps(results, indent=2) + "\n")


def first_line(code: CodeSpec, program: str) -> str:
    """Return what a program says of its version, started as the jobs of a code start it."""
    return run_in_shell(code.prepend_text, [program, "--version"]).strip().splitlines()[0]


if __name__ == "__main__":
    main()
