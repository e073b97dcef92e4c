"""What a label costs: ZIF-4, 272 atoms, GFN1-xTB, 2 ranks. An MD step, a frame of a batch, a job a frame.

``python benchmarks/labels/run.py`` took about three minutes on two cores of one idle machine. It works in
``.aiida/benchmarks/labels`` and may be stopped and started again: a job that is finished is not run again, unless
``--fresh`` is given. Numbers go to ``benchmarks/results/labels.json``.

The same is measured ``before``: with the settings that CP2K has by itself, where this package has its own. All times
are of one run, one job at a time; ``whole`` counts from the submission of a job through AiiDA to its parsed labels,
``cp2k`` is what CP2K says of itself.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import time
from pathlib import Path
from statistics import mean
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
SITE = ROOT / ".aiida" / "benchmarks" / "labels"
RESULTS = ROOT / "benchmarks" / "results" / "labels.json"

RANKS, BATCH, ALONE, SEED = 2, 12, 4, 1
RATTLE = {"displacement": 0.05, "strain": 0.02}
"""Å, and share of the cell."""

DYNAMICS = {"mode": "aimd", "temperature": 300.0, "timestep": 0.5, "seed": SEED}
STEPS = {"now": 12, "before": 4}

BEFORE = {
    "description": "GFN1-xTB with CP2K's own settings, for comparison.",
    "label": "GFN1-xTB with D3 dispersion, Gamma point, CP2K's own settings",
    "energy": {
        "QS": {
            "METHOD": "XTB",
            "XTB": {
                "DO_EWALD": True,
                "CHECK_ATOMIC_CHARGES": False,
                "PARAMETER": {"PARAM_FILE_NAME": "xTB_parameters", "DISPERSION_PARAMETER_FILE": "dftd3.dat"},
            },
        },
        "SCF": {"EPS_SCF": 1.0e-5},
    },
    "solver": {
        "FORCE_EVAL": {
            "DFT": {
                "SCF": {
                    "MAX_SCF": 30,
                    "OT": {"MINIMIZER": "DIIS", "PRECONDITIONER": "FULL_SINGLE_INVERSE"},
                    "OUTER_SCF": {"MAX_SCF": 10},
                }
            }
        }
    },
    "valence": {"H": 1, "C": 4, "N": 5, "Zn": 2},
}
"""Guess, mesh of the Ewald sum, block size and extrapolation are left to CP2K."""


def frames_to_label(n_frames: int) -> Any:
    """Return strained and rattled copies of the crystal; none of them without strain and noise."""
    from aiida_zif.plugins.data.frames import FramesData
    from aiida_zif.plugins.systems.catalogue import load_system
    from aiida_zif.workflows.structures.perturbation import perturbed_frames

    atoms = load_system("zif-4")
    positions, cells = atoms.positions[None], atoms.cell.array[None]
    if n_frames:
        positions, cells = perturbed_frames(positions[0], cells[0], n_frames, seed=SEED, **RATTLE)
    return FramesData(atoms.get_chemical_symbols(), positions, cells, system="zif4")


def job_inputs(name: str) -> tuple[Any, dict[str, Any], Any]:
    """Return frames, task and level of theory of one job, by its name."""
    from aiida_zif.plugins.cp2k.levels import load_level
    from aiida_zif.plugins.data.frame_sets import subset

    kind, _, rest = name.partition("_")
    before = name.endswith("before")
    level = load_level("zif4-before", definition=BEFORE) if before else load_level("gfn1-xtb")
    if kind == "md":
        steps = STEPS["before" if before else "now"]
        return frames_to_label(0), {**DYNAMICS, "steps": steps, "stride": 4}, level
    frames = frames_to_label(BATCH)
    return frames if kind == "batch" else subset(frames, [int(rest.split("_")[0])]), {"mode": "batch"}, level


JOBS = ["md", "batch", *(f"alone_{index}" for index in range(ALONE)), "md_before", "alone_0_before"]


def timed(name: str, code: Any) -> dict[str, Any]:
    """Run one job through AiiDA, or return what it took when it was run; times in s."""
    from aiida import orm
    from aiida.engine import run_get_node

    record = SITE / f"{name}.json"
    if not record.is_file():
        frames, task, level = job_inputs(name)
        options = {
            "resources": {"num_machines": 1, "num_mpiprocs_per_machine": RANKS, "num_cores_per_mpiproc": 1},
            "max_wallclock_seconds": 1800,
        }
        inputs = {"code": code, "frames": frames, "task": orm.Dict(task), "level": orm.Dict(level.as_dict())}
        begin = time.monotonic()
        metadata = {"options": options, "label": name, "disable_cache": True}
        _, node = run_get_node(code.get_builder().process_class, **inputs, metadata=metadata)
        whole = time.monotonic() - begin
        if not node.is_finished_ok:
            sys.exit(f"{name} <{node.pk}> ended with [{node.exit_status}] {node.exit_message}")
        told = node.outputs.output_parameters.get_dict()
        keys = ("n_evaluated", "wall_s", "first_frame_s", "seconds_per_frame", "scf_steps", "cp2k_version")
        record.write_text(json.dumps({"whole_s": whole, **{key: told[key] for key in keys}}))
    taken: dict[str, Any] = json.loads(record.read_text())
    print(
        f"{name:15s} {taken['n_evaluated']:3d} frames in {taken['whole_s']:6.1f} s; CP2K: first "
        f"{taken['first_frame_s']:5.1f} s, next {taken['seconds_per_frame']:5.2f} s, "
        f"{taken['scf_steps']['mean']:.1f} SCF steps a frame",
        flush=True,
    )
    return taken


def condense(jobs: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Return the figures that matter, all times in s."""
    alone = [jobs[f"alone_{index}"] for index in range(ALONE)]
    batch, before = jobs["batch"], jobs["alone_0_before"]
    per_frame = {
        "job_a_frame": {"whole": mean(job["whole_s"] for job in alone), "cp2k": mean(job["wall_s"] for job in alone)},
        "batch": {"whole": batch["whole_s"] / BATCH, "cp2k": batch["wall_s"] / BATCH},
        "job_a_frame_before": {"whole": before["whole_s"], "cp2k": before["wall_s"]},
    }
    return {
        "zif4_xtb_s_per_md_step": jobs["md"]["seconds_per_frame"],
        "zif4_xtb_s_per_md_step_before": jobs["md_before"]["seconds_per_frame"],
        "first_md_step_s": jobs["md"]["first_frame_s"],
        "first_md_step_s_before": jobs["md_before"]["first_frame_s"],
        "batch_gain": per_frame["job_a_frame"]["whole"] / per_frame["batch"]["whole"],
        "batch_gain_cp2k_only": per_frame["job_a_frame"]["cp2k"] / per_frame["batch"]["cp2k"],
        "batch_gain_over_before": per_frame["job_a_frame_before"]["whole"] / per_frame["batch"]["whole"],
        "seconds_per_frame": per_frame,
    }


def main(fresh: bool) -> None:
    """Run what has not been run, one job after the other, and write the results."""
    os.environ["AIIDA_PATH"] = str(SITE)
    SITE.mkdir(parents=True, exist_ok=True)
    if fresh:
        for record in SITE.glob("*.json"):
            record.unlink()
    subprocess.run([sys.executable, "-m", "aiida_zif.setup.profile"], check=True, stdout=subprocess.DEVNULL)
    from aiida import load_profile, orm

    load_profile()
    code = orm.load_code("cp2k@localhost")
    jobs = {name: timed(name, code) for name in JOBS}
    figures = condense(jobs)
    results = {
        **figures,
        "command": "python benchmarks/labels/run.py",
        "machine": f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}",
        "versions": {"cp2k": jobs["md"]["cp2k_version"], "python": platform.python_version()},
        "duration_s": sum(job["whole_s"] for job in jobs.values()),
        "system": f"ZIF-4, 272 atoms, {RANKS} ranks; {BATCH} frames in the batch, {ALONE} in jobs of their own",
        "jobs": jobs,
    }
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    RESULTS.write_text(json.dumps(results, indent=2) + "\n")
    print(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main("--fresh" in sys.argv[1:])
