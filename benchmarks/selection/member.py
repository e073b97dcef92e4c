"""Train one member of a committee and let it predict: ``python member.py FOLDER`` with a ``job.json`` in it.

Training, freezing and predicting share one process, so that TensorFlow starts once.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path
from typing import Any

ONE_CORE = ("OMP_NUM_THREADS", "DP_INTRA_OP_PARALLELISM_THREADS", "DP_INTER_OP_PARALLELISM_THREADS")
os.environ.update(dict.fromkeys(ONE_CORE, "1"), TF_CPP_MIN_LOG_LEVEL="3")

import numpy as np  # noqa: E402 - after the environment that it reads

BATCH = 16


def main(folder: Path) -> None:
    """Write ``errors.npz``: squared force error of every held-out frame, and for the pool forces of every frame."""
    from frames import read_frames

    from aiida_zif.plugins.deepmd.data.dataset import write_system
    from aiida_zif.plugins.deepmd.inputs import complete_input, training_input

    job: dict[str, Any] = json.loads((folder / "job.json").read_text())
    root, type_map = Path(job["data"]), job["type_map"]
    held_out = read_frames(root, job["held_out"])
    pool = read_frames(root, job["pool"], without=held_out)
    os.chdir(folder)
    write_system(Path("training"), pool.take(job["rows"]), type_map)
    parameters = training_input(type_map, job["rcut"], job["steps"], **job.get("net", {}))
    parameters |= job.get("optimisation", {})
    Path("input.json").write_text(json.dumps(complete_input(parameters, ["training"], job["seed"], job["sel"])))
    train_and_freeze()
    forces = predicted_forces(held_out.system, type_map)
    arrays = {"held_out": np.mean((forces - held_out.system.forces) ** 2, axis=(1, 2))}
    if job["ask"]:
        arrays["pool_forces"] = predicted_forces(pool.system, type_map).astype(np.float32)
    np.savez("errors.npz", **arrays)  # type: ignore[arg-type]
    shutil.rmtree("training")
    for leftover in [*Path().glob("model.ckpt*"), Path("checkpoint")]:
        leftover.unlink(missing_ok=True)


def train_and_freeze() -> None:
    """Train as ``dp train`` does and freeze as ``dp freeze`` does."""
    from deepmd.tf.entrypoints.freeze import freeze
    from deepmd.tf.entrypoints.train import train

    train(
        INPUT="input.json",
        init_model=None,
        restart=None,
        init_frz_model=None,
        output="out.json",
        mpi_log="master",
        log_level=30,
        log_path=None,
        skip_neighbor_stat=True,
    )
    freeze(checkpoint_folder=".", output="model.pb")


def predicted_forces(system: Any, type_map: list[str]) -> np.ndarray:
    """Return forces in eV/Å, shape (N, n, 3)."""
    from deepmd.infer import DeepPot

    model, types = DeepPot("model.pb"), [type_map.index(symbol) for symbol in system.symbols]
    parts = range(0, len(system.energies), BATCH)
    return np.concatenate(
        [model.eval(system.positions[i : i + BATCH], system.cells[i : i + BATCH], types)[1] for i in parts]
    )


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent))
    main(Path(sys.argv[1]))
