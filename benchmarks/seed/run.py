"""The committee of the published frames: imported, trained and tested by a campaign that only trains.

``python benchmarks/seed/run.py --reference FOLDER`` takes one to two hours on two idle cores. FOLDER holds the sets of
OxideGlassGroupAAU/DeepZIF (Du et al., Natl Sci Rev 2024, nwae023), of which nothing is part of this package. It works
in ``.aiida/benchmarks/seed``, in a profile of its own, and may be stopped and started again. Errors on the held-out
iteration go to ``benchmarks/results/seed.json`` under ``committee``, the models to ``models`` below the work folder.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
RESULTS = ROOT / "benchmarks" / "results" / "seed.json"
SITE = ROOT / ".aiida" / "benchmarks" / "seed"
LEVEL = "DFT of Du et al., Natl Sci Rev 2024, nwae023: GTH pseudopotentials, functional not stated"
SOURCE = "github OxideGlassGroupAAU/DeepZIF; Natl Sci Rev 2024, nwae023"
ACE_BAR = 0.21
"""eV/Å; force RMSE of the ACE models for disordered ZIFs of Nicholas et al., arXiv:2503.24367, on their own frames."""

sys.path.insert(0, str(HERE))

from sets import HELD_OUT, LEARNT, clean_sets  # noqa: E402 - beside this file


def main() -> None:
    """Import the frames, run the campaign, and write what came of it."""
    asked = parse()
    if not (asked.reference / HELD_OUT).is_dir():
        print(f"--reference {asked.reference}: no {HELD_OUT} there; nothing was measured. Fix: give the folder.")
        return
    begun = time.time()
    counts = clean_sets(asked.reference, asked.site / "sets")
    zif(asked.site, "setup", "profile")
    for name in (*LEARNT, HELD_OUT):
        said = ("--level", LEVEL, "--source", SOURCE, "--system", name)
        zif(asked.site, "import", str(asked.site / "sets" / name), *said)
    out = asked.site / "result"
    zif(asked.site, "run", str(HERE / "campaign.yaml"), "--foreground", "--dir", str(out))
    summary = json.loads((out / "summary.json").read_text())
    shutil.rmtree(asked.site / "models", ignore_errors=True)
    zif(asked.site, "export", str(summary["pk"]), "--format", "models", "--output", str(asked.site / "models"))
    entry = committee(summary, counts) | {
        "command": "python benchmarks/seed/run.py --reference FOLDER",
        "machine": f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}",
        "versions": {"deepmd-kit": version("deepmd-kit"), "python": platform.python_version()},
        "duration_s": round(time.time() - begun, 1),
    }
    known = json.loads(RESULTS.read_text()) if RESULTS.is_file() else {}
    RESULTS.write_text(json.dumps(known | {"committee": entry}, indent=2, ensure_ascii=False) + "\n")
    print(json.dumps(entry, indent=2, ensure_ascii=False))


def committee(summary: dict[str, Any], counts: dict[str, dict[str, int]]) -> dict[str, Any]:
    """Return what the test of the committee found, beside the published bar.

    :param counts: frames of every set, with and without repeats.
    """
    (iteration,) = summary["iterations"]
    low, high = iteration["force_rmse_interval_eV_per_A"]
    return {
        "frames": counts,
        "n_train_frames": iteration["n_train_frames"],
        "n_held_out_frames": summary["held_out"]["n_frames"],
        "force_rmse": {
            "value": iteration["force_rmse_eV_per_A"],
            "error": (high - low) / 4,  # half of a 95 % interval is two standard errors
            "unit": "eV/Å",
            "reference": ACE_BAR,
            "source": "ACE of Nicholas et al., arXiv:2503.24367",
            "comparable": False,
            "why": "other frames of other temperatures; the order of magnitude is the bar",
        },
        "force_rms_of_the_labels_eV_per_A": summary["held_out"]["force_rms_eV_per_A"],
        "energy_rmse_meV_per_atom": iteration["energy_rmse_meV_per_atom"],
        "virial_rmse_meV_per_atom": iteration["virial_rmse_meV_per_atom"],
        "seconds_of_training": iteration["wall_s"]["train"],
    }


def zif(site: Path, *arguments: str) -> None:
    """Run a command of the package in the profile of the benchmark; its failure ends this program."""
    command = [sys.executable, "-c", "from aiida_zif.cli.main import main; main()", *arguments]
    subprocess.run(command, env={**os.environ, "AIIDA_PATH": str(site)}, check=True)


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reference", type=Path, required=True, help="folder of the published sets")
    parser.add_argument("--site", type=Path, default=SITE, help="work folder")
    return parser.parse_args()


if __name__ == "__main__":
    main()
