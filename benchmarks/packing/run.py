"""What does it save to train the members of a committee in one job rather than in one job each?

``python benchmarks/packing/run.py --dir FOLDER`` trains the same committee of four twice, through the whole work chain
on a computer of this machine: in jobs of one member, as many at a time as there are cores, and in jobs of as many
members as there are cores. Both get the same cores. It also counts what is sent: each job gets the data set once.
Numbers go to ``benchmarks/results/packing.json``.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
RESULTS = ROOT / "benchmarks" / "results" / "packing.json"
MODELS, FRAMES = 4, 40
sys.path.insert(0, str(ROOT / "tests" / "plugins" / "deepmd"))


def main() -> None:
    """Train both ways and write the figures."""
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    options.add_argument("--dir", type=Path, required=True, help="where the jobs run")
    options.add_argument("--steps", type=int, default=300)
    given = options.parse_args()
    cores = len(os.sched_getaffinity(0))
    inputs = prepare(given.dir.resolve(), given.steps)
    ways = {"one_member_a_job": {"lanes": 1, "concurrent": cores}, "packed": {"lanes": cores, "concurrent": 1}}
    measured = {name: train(inputs, **way) for name, way in ways.items()}
    alone, packed = (measured[name]["wall_s"] for name in ways)
    results = {
        "models": MODELS,
        "frames": FRAMES,
        "steps": given.steps,
        "n_cores": cores,
        **measured,
        "packed_over_alone": packed / alone,
        "command": f"python benchmarks/packing/run.py --dir FOLDER --steps {given.steps}",
        "machine": f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}",
    }
    RESULTS.write_text(json.dumps(results, indent=2) + "\n")
    print(json.dumps(results, indent=2))


def prepare(folder: Path, steps: int) -> dict[str, Any]:
    """Return what both ways share: a profile in memory, this machine, `dp` and a data set."""
    from aiida import load_profile, orm
    from aiida.storage.sqlite_temp import SqliteTempBackend
    from deepmd_toy import TYPE_MAP, toy_system

    from aiida_zif.plugins.data.frames import LabelledFramesData
    from aiida_zif.plugins.deepmd.inputs import training_input
    from aiida_zif.setup.computers.codes import local_codes

    load_profile(SqliteTempBackend.create_profile("packing", options={"runner.poll.interval": 1}), allow_switch=True)
    place = {"transport_type": "core.local", "scheduler_type": "core.direct", "workdir": str(folder)}
    computer = orm.Computer("here", "localhost", **place).store()
    computer.set_minimum_job_poll_interval(1.0)
    computer.configure(safe_interval=0.0)
    dp = next(spec for spec in local_codes() if spec.label == "dp")
    words = {"prepend_text": dp.prepend_text, "with_mpi": False}
    code = orm.InstalledCode(computer, str(dp.executable), label="dp", **words).store()
    toy = toy_system(FRAMES, 1)
    labels = {"energies": toy.energies, "forces": toy.forces, "virials": toy.virials}
    theory = {"hash": "0" * 16, "line": "Gaussians that repel each other"}
    block = LabelledFramesData(toy.symbols, toy.positions, toy.cells, **labels, level_of_theory=theory, system="toy")
    process = {"num_machines": 1, "num_mpiprocs_per_machine": 1, "num_cores_per_mpiproc": 1}
    return {
        "dataset": {"toy": block.store()},
        "seeds": {f"model_{index}": orm.Int(index + 1).store() for index in range(MODELS)},
        "train": {
            "code": code,
            "parameters": orm.Dict(training_input(TYPE_MAP, 5.0, steps)).store(),
            "metadata": {"options": {"resources": process, "max_wallclock_seconds": 3600}},
        },
    }


def train(inputs: dict[str, Any], lanes: int, concurrent: int) -> dict[str, Any]:
    """Return wall time, jobs and bytes sent of one committee."""
    from aiida.engine import run_get_node
    from aiida.plugins import WorkflowFactory

    begin = time.monotonic()
    chain = WorkflowFactory("zif.train_committee")
    _, node = run_get_node(chain, **inputs, lanes=lanes, concurrent=concurrent)
    wall = time.monotonic() - begin
    assert node.is_finished_ok, node.exit_message
    jobs = [job for job in node.called if "Train" in job.process_label]
    folders = [Path(job.get_remote_workdir()) for job in jobs]
    sent = sum(file.stat().st_size for folder in folders for file in (folder / "data").rglob("*") if file.is_file())
    return {"lanes": lanes, "concurrent": concurrent, "n_jobs": len(jobs), "wall_s": round(wall, 1), "data_bytes": sent}


if __name__ == "__main__":
    main()
