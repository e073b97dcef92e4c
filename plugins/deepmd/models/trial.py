"""Let a model file prove that it computes, in a process of its own: a broken or hostile one ends that process only.

The process has a time limit, an empty folder and no variables that name a profile (no AiiDA).
"""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from aiida_zif.plugins.deepmd.argument_check import is_installed
from aiida_zif.plugins.deepmd.models.foreign import ForeignModel, printable, refused

LONGEST_TRIAL = 300.0
"""s."""

SPACING = 0.35
"""Distance between the atoms of the trial, as a share of the cut-off."""

PROGRAM = """
import json, sys
import numpy as np
from deepmd.infer import DeepPot
import deepmd
model = DeepPot(sys.argv[1])
types = list(range(len(model.get_type_map())))
rcut = float(model.get_rcut())
length = rcut * max(3.0, float(sys.argv[2]) * (len(types) + 1))
positions = np.zeros((1, len(types), 3))
positions[0, :, 0] = np.arange(len(types)) * rcut * float(sys.argv[2])
energy, forces = model.eval(positions, np.eye(3)[None] * length, types)[:2]
print(json.dumps({"type_map": model.get_type_map(), "rcut": rcut, "energy": float(energy.ravel()[0]),
                  "force": float(np.abs(forces).max()), "version": deepmd.__version__}))
"""
"""One atom of each element in a row."""

ANSWERED = {"type_map", "rcut", "energy", "force", "version"}


def tried(path: Path, model: ForeignModel) -> str:
    """Return in words which DeePMD-kit loaded a model and found it to compute; empty if none is installed here.

    :param model: what the file says of itself.
    :raises FormatError: if DeePMD-kit cannot load it, finds another model in it, or gets no numbers from it.
    """
    if not is_installed():
        return ""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-c", PROGRAM, str(path.resolve()), str(SPACING)]
        try:
            run = subprocess.run(
                command,
                cwd=folder,
                env=environment(),
                capture_output=True,
                text=True,
                timeout=LONGEST_TRIAL,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise refused(path, f"no answer within {LONGEST_TRIAL:.0f} s", "is this the right file?") from error
    answer = last_json(run.stdout)
    if run.returncode or answer is None:
        last = (run.stderr.strip().splitlines() or ["no message"])[-1]
        found = f"a file that DeePMD-kit cannot load ({printable(last)})"
        raise refused(path, found, "convert it to the format of this version with `dp convert-from`")
    if answer["type_map"] != model.type_map or not math.isclose(answer["rcut"], model.rcut, abs_tol=1e-4):
        found = (
            f"{answer['type_map']} and {answer['rcut']} Å as DeePMD-kit loads it, {model.type_map} and {model.rcut} Å"
        )
        raise refused(path, found, "give a whole model", "a file that says what it holds")
    if not all(math.isfinite(answer[name]) for name in ("energy", "force")):
        fix = "get a model whose training ended well"
        raise refused(path, "no number for the energy or a force of one atom of each element", fix, "finite numbers")
    return f"DeePMD-kit {printable(answer['version'])}, finite energy and forces of one atom of each element"


def environment() -> dict[str, str]:
    """Return the variables of the trial: one core, and nothing of AiiDA."""
    cores = ("OMP_NUM_THREADS", "DP_INTRA_OP_PARALLELISM_THREADS", "DP_INTER_OP_PARALLELISM_THREADS")
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG", "LD_LIBRARY_PATH")}
    return {**kept, **dict.fromkeys(cores, "1"), "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": ""}


def last_json(text: str) -> dict[str, Any] | None:
    """Return what the last line of an output holds, None if that is not :data:`ANSWERED`."""
    lines = text.strip().splitlines()
    try:
        answer = json.loads(lines[-1]) if lines else None
    except ValueError:
        return None
    return answer if isinstance(answer, dict) and answer.keys() >= ANSWERED else None
