"""How fast a production run is, by layout, and what it costs over the same input run by hand.

``python benchmarks/md/run.py MODEL.pb MODEL.pb`` takes a committee for ZIF-4 (272 atoms). It writes the files of a
job, runs its loop of driver and LAMMPS without AiiDA, and in turn with it one plain input with the same models, stages
and stride of the committee. The share is the median of the ratios of CPU time, pair by pair, so that other work on the
machine does not count; it is taken with the start of the processes, and without it from runs of two lengths. Speeds are
by the clock. Numbers go to ``benchmarks/results/md.json``.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import shutil
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
SITE = ROOT / ".aiida" / "benchmarks" / "md"
RESULTS = ROOT / "benchmarks" / "results" / "md.json"
TYPE_MAP = ["C", "H", "N", "Zn"]
LAYOUTS = ((1, 1), (1, 2), (2, 1))
"""Ranks and threads of each."""


def main() -> None:
    """Measure every layout, a single model, compressed models, and the share of plain LAMMPS."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("models", nargs="+", type=Path, help="frozen models of C, H, N, Zn")
    parser.add_argument("--steps", type=int, default=8000, help="of the runs that are compared")
    parser.add_argument("--short", type=int, default=800, help="steps of the runs of which the speed is measured")
    parser.add_argument("--repeats", type=int, default=3, help="pairs of runs that are compared")
    asked = parser.parse_args()
    models, begin = [path.resolve() for path in asked.models], time.time()
    pairs = [compare(models, asked.steps, asked.short) for _ in range(asked.repeats)]
    results = {
        **{name: float(np.median([pair[name] for pair in pairs])) for name in pairs[0]},
        "steps_per_s": speeds_of(models, asked.short),
        "system": f"ZIF-4, 272 atoms, {asked.steps} steps in two parts, {len(models)} models",
        "command": f"python benchmarks/md/run.py MODEL.pb MODEL.pb --steps {asked.steps} --repeats {asked.repeats}",
        "machine": f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}",
        "versions": {"numpy": np.__version__, "deepmd-kit": version("deepmd-kit")},
        "duration_s": time.time() - begin,
    }
    RESULTS.write_text(json.dumps(results, indent=2) + "\n")
    print(json.dumps(results, indent=2))


def compare(models: list[Path], steps: int, short: int) -> dict[str, float]:
    """Run ours and plain LAMMPS in turn, long and short; the difference of the two is without any start."""
    ours, plain = run_job(models, steps, 1, 1), run_plain(models, steps)
    ours_short, plain_short = run_job(models, short, 1, 1), run_plain(models, short)
    longer = {"ours": ours["cpu_s"] - ours_short["cpu_s"], "plain": plain["cpu_s"] - plain_short["cpu_s"]}
    return {
        "share_of_plain_lammps": plain["cpu_s"] / ours["cpu_s"],
        "share_of_plain_lammps_without_start": longer["plain"] / longer["ours"],
        "engine_seconds_per_part": (ours["wall_s"] - ours["moving_s"]) / ours["n_parts"],
        "cpu_s_ours": ours["cpu_s"],
        "cpu_s_plain": plain["cpu_s"],
    }


def speeds_of(models: list[Path], steps: int) -> dict[str, float]:
    """Steps per second in every layout, with one model and with all, as they are and compressed."""
    small = compressed(models)
    speeds = {}
    for name, some in (("plain", models), ("plain", models[:1]), ("compressed", small), ("compressed", small[:1])):
        for ranks, threads in LAYOUTS if some is models else LAYOUTS[:1]:
            key = f"{ranks} ranks, {threads} threads, {len(some)} models, {name}"
            speeds[key] = run_job(some, steps, ranks, threads)["steps_per_s"]
    return speeds


def compressed(models: list[Path]) -> list[Path]:
    """Compress models as a job does."""
    from aiida_zif.plugins.lammps.production.job import compression

    folder = SITE.parent / "md_compressed"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / compression.NODE_FILE).write_bytes(compression.distance_node())
    for index, path in enumerate(models):
        shutil.copyfile(path, folder / f"model_{index}.pb")
    lines = compression.lines(lambda words: " ".join(["dp", *words]), len(models), wanted=True, goes_on=False)
    subprocess.run(["sh", "-c", "\n".join(lines)], cwd=folder, check=True, capture_output=True)
    assert (folder / compression.MARK).exists(), "dp compress failed"
    return [folder / f"model_{index}.pb" for index in range(len(models))]


def trajectory(n_models: int, steps: int) -> tuple[Any, Any, Any]:
    """The run that is measured: ZIF-4, heated at constant pressure, in two parts."""
    from aiida_zif.plugins.lammps import structure
    from aiida_zif.plugins.lammps.production.inputs import Trajectory
    from aiida_zif.plugins.lammps.production.parts import strides_of
    from aiida_zif.plugins.lammps.production.settings import Settings, check_stages
    from aiida_zif.plugins.systems import load_system

    atoms = load_system("zif-4")
    settings = Settings.from_dict({"checkpoint_every": steps // 2, "pressure_check": False})
    ramp = {"kind": "ramp", "temperature": [300, 400], "pressure": 0.0, "coupling": "iso", "steps": steps}
    stages = check_stages([ramp], settings)
    strides = strides_of(stages, settings, n_models, len(atoms))
    cell = structure.lammps_cell(atoms.cell[:])
    return atoms, structure, Trajectory(stages, settings, strides, TYPE_MAP, n_models, len(atoms), cell)


def folder_of(models: list[Path], atoms: Any, structure: Any) -> Path:
    """A fresh folder with the start and the models."""
    shutil.rmtree(SITE, ignore_errors=True)
    (SITE / "done").mkdir(parents=True)
    masses = structure.masses(TYPE_MAP)
    text = structure.data_file(atoms.get_chemical_symbols(), atoms.positions, atoms.cell[:], TYPE_MAP, masses)
    (SITE / "start.data").write_text(text)
    for index, path in enumerate(models):
        (SITE / f"model_{index}.pb").symlink_to(path)
    return SITE


def run_job(models: list[Path], steps: int, ranks: int, threads: int) -> dict[str, float]:
    """Run the loop of a job."""
    from aiida_zif.plugins.lammps.production.calculation import HOME, PACKAGES, PROGRAM
    from aiida_zif.plugins.lammps.production.job.config import job_config, of_this_job

    atoms, structure, whole = trajectory(len(models), steps)
    folder, symbols = folder_of(models, atoms, structure), atoms.get_chemical_symbols()
    topology = structure.topology(symbols, atoms.positions, atoms.cell[:])
    config = job_config(whole, "zif4", symbols, atoms.cell[:], topology, [path.name for path in models])
    layout = {"n_ranks": ranks, "n_threads": threads}
    (folder / "md.json").write_text(json.dumps(config | of_this_job(None, layout, False)))
    for name in PACKAGES:
        shutil.copytree(HOME / name, folder / PROGRAM / name)
    (folder / PROGRAM / "__init__.py").write_text("")
    mpi = ["mpirun", "-np", str(ranks)] if ranks > 1 else []
    driver = [sys.executable, "-m", f"{PROGRAM}.driver", "md.json"]
    begin, used = time.perf_counter(), cpu_seconds()
    while subprocess.run(driver, cwd=folder).returncode == 0:
        run_lammps([*mpi, "lmp", "-in", "stint.in", "-log", "stint.log", "-screen", "none"], folder, threads)
    wall, used = time.perf_counter() - begin, cpu_seconds() - used
    report = json.loads((folder / "md_output.json").read_text())
    assert report["ended"] == "completed", report["detail"]
    moving = report["n_steps"] / report["steps_per_s"]
    return {
        "wall_s": wall, "cpu_s": used, "moving_s": moving,
        "steps_per_s": report["steps_per_s"], "n_parts": report["n_parts"],
    }  # fmt: skip


def run_plain(models: list[Path], steps: int) -> dict[str, float]:
    """Run the same by hand: one input without halts, parts or looks but thermodynamics and a dump."""
    atoms, structure, whole = trajectory(len(models), steps)
    folder, strides = folder_of(models, atoms, structure), whole.strides
    names = " ".join(f"model_{index}.pb" for index in range(len(models)))
    watch = f" out_freq {strides.deviation} out_file devi" if len(models) > 1 else ""
    commands = [
        "units metal", "atom_style atomic", "boundary p p p", "box tilt large", "read_data start.data",
        f"pair_style deepmd {names}{watch}", f"pair_coeff * * {' '.join(TYPE_MAP)}", "neighbor 1.0 bin",
        f"timestep {whole.settings.timestep / 1000:g}", f"thermo {strides.sample}", "velocity all create 300 1",
        "fix move all npt temp 300 400 0.05 iso 0 0 0.5",
        f"dump frames all custom {strides.sample} plain.dump id type xu yu zu", f"run {steps}",
    ]  # fmt: skip
    (folder / "plain.in").write_text("\n".join(commands) + "\n")
    begin, used = time.perf_counter(), cpu_seconds()
    run_lammps(["lmp", "-in", "plain.in", "-log", "plain.log", "-screen", "none"], folder, 1)
    return {"wall_s": time.perf_counter() - begin, "cpu_s": cpu_seconds() - used}


def run_lammps(command: list[str], folder: Path, threads: int) -> None:
    """One process, or some under mpirun."""
    names = ("OMP_NUM_THREADS", "DP_INTRA_OP_PARALLELISM_THREADS")
    environment = os.environ | dict.fromkeys(names, str(threads))
    environment |= {"DP_INTER_OP_PARALLELISM_THREADS": "1", "TF_CPP_MIN_LOG_LEVEL": "3"}
    quiet = subprocess.DEVNULL
    subprocess.run(command, cwd=folder, env=environment, check=True, stdout=quiet, stderr=quiet)


def cpu_seconds() -> float:
    """CPU time of all processes that were waited for, s."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
